"""Other ways to compare names, each at its recommended threshold, asked the same questions as Holdgate.

Where a whole search would take hours the rival is given the benefit of the doubt: logic-v2 is shown the right
entry for a listed name (its recall here is the most it could be), and for an ordinary name only the entries
that rapidfuzz or Holdgate's own index find nearest (its alerts here are the least they could be).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from followthemoney import EntityProxy
from followthemoney import model as schemata
from nomenklatura.matching import LogicV2, ScoringConfig
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from holdgate.core.engine.screener import Screener
from holdgate.core.model.listed_entry import Entry, EntryType
from holdgate.core.names.matcher import Query

NEAREST = 20
"""Entries shown to logic-v2 for an ordinary name, by each of the two ways to find them."""
SCHEMA: Mapping[EntryType, str] = {
    "person": "Person",
    "entity": "Organization",
    "vessel": "Vessel",
    "aircraft": "Airplane",
    "unknown": "LegalEntity",
}


class Answer(NamedTuple):
    """The best score found, the listed name that it was found for, whether it alerts, and whether that name
    is a weak alias, which does not alert alone."""

    score: float
    listed: str
    alerts: bool
    weak: bool = False


NO_ANSWER = Answer(0.0, "", False)


class Rival(Protocol):
    """A way to compare a name with a list."""

    name: str

    def against(self, query: Query, entry: int) -> Answer:
        """The name against one entry."""

    def search(self, query: Query) -> Answer:
        """The name against the whole list."""


class Holdgate:
    """What a payment with this name alone would be held for."""

    name = "Holdgate"

    def __init__(self, screener: Screener) -> None:
        self._screener = screener

    def against(self, query: Query, entry: int) -> Answer:
        """The best hit on the entry among all hits of the name."""
        return self._best(query, [entry])

    def search(self, query: Query) -> Answer:
        """The best hit."""
        return self._best(query, None)

    def nearest(self, query: Query) -> list[int]:
        """Entries that share anything with the name."""
        return [hit.entry for hit in self._screener.matcher.match([query], min_score=0.3, limit=NEAREST)[0]]

    def _best(self, query: Query, entries: Iterable[int] | None) -> Answer:
        best = NO_ANSWER
        for hit in self._screener.matcher.match([query], min_score=0.3, limit=100)[0]:
            if entries is None or hit.entry in entries:
                holds = self._screener.judge(hit).holds
                if (holds, hit.score) > (best.alerts, best.score):
                    best = Answer(hit.score, hit.matched_name, holds, hit.name_kind == "weak")
        return best


class Ratio:
    """One of rapidfuzz's ratios over every listed name of the same type, case and punctuation aside."""

    def __init__(
        self, name: str, ratio: Callable[..., float], entries: Sequence[Entry], threshold: float
    ) -> None:
        self.name = name
        self._ratio = ratio
        self._threshold = threshold
        self._names = [[(default_process(name.text), name.text) for name in entry.names] for entry in entries]
        self._searched = {
            type: _of_type(entries, self._names, type) for type in {entry.type for entry in entries}
        }

    def against(self, query: Query, entry: int) -> Answer:
        """The best of the entry's names."""
        asked = default_process(query.name)
        score, listed = max((self._ratio(asked, plain), text) for plain, text in self._names[entry])
        return Answer(score, listed, score >= self._threshold)

    def search(self, query: Query) -> Answer:
        """The best of all names; below the threshold none is told."""
        asked = default_process(query.name)
        choices, texts = self._searched[query.type]
        found = process.extractOne(asked, choices, scorer=self._ratio, score_cutoff=self._threshold)
        return NO_ANSWER if found is None else Answer(found[1], texts[found[2]], True)


def _of_type(
    entries: Sequence[Entry], names: Sequence[Sequence[tuple[str, str]]], type: EntryType
) -> tuple[list[str], list[str]]:
    """The names of entries of a type, plain and as listed; an entry of unknown type is of every type."""
    found = [
        pair
        for entry, pairs in zip(entries, names, strict=True)
        if entry.type in (type, "unknown")
        for pair in pairs
    ]
    return [plain for plain, _ in found], [text for _, text in found]


class Nomenklatura:
    """logic-v2 of nomenklatura, as OpenSanctions and yente run it."""

    name = "logic-v2"

    def __init__(self, entries: Sequence[Entry], threshold: float, holdgate: Holdgate) -> None:
        self._entries = entries
        self._threshold = threshold
        self._holdgate = holdgate
        self._config = ScoringConfig.defaults()
        self._names = [
            (at, default_process(name.text)) for at, entry in enumerate(entries) for name in entry.names
        ]
        self._choices = [plain for _, plain in self._names]
        self._listed = cache(self._proxy)

    def against(self, query: Query, entry: int) -> Answer:
        """The score of the pair."""
        score = self._score(_entity(query.name, query.type, query.name), entry)
        return Answer(score, self._entries[entry].name, score >= self._threshold)

    def search(self, query: Query) -> Answer:
        """The best of the nearest entries: never more than a search over all of them would alert."""
        asked = default_process(query.name)
        near = process.extract(
            asked, self._choices, scorer=fuzz.token_set_ratio, score_cutoff=60.0, limit=NEAREST
        )
        entries = dict.fromkeys([self._names[place][0] for _, _, place in near])
        entries |= dict.fromkeys(self._holdgate.nearest(query))
        name = _entity(query.name, query.type, query.name)
        best = NO_ANSWER
        for entry in entries:
            score = self._score(name, entry)
            if score > best.score:
                best = Answer(score, self._entries[entry].name, score >= self._threshold)
        return best

    def _score(self, query: EntityProxy, entry: int) -> float:
        if not query.schema.can_match(self._listed(entry).schema):
            return 0.0
        score: float = LogicV2.compare(query, self._listed(entry), self._config).score
        return score

    def _proxy(self, entry: int) -> EntityProxy:
        listed = self._entries[entry]
        proxy: EntityProxy = _entity(listed.id, listed.type, listed.name)
        for name in listed.names:
            proxy.add("weakAlias" if name.kind == "weak" else "alias", name.text)
        return proxy


def _entity(id: str, type: EntryType, name: str) -> Any:
    """An entity of a name; nomenklatura caches by id, so no two names may share one."""
    proxy = schemata.make_entity(SCHEMA[type])
    proxy.id = id
    proxy.add("name", name)
    return proxy


def rivals(screener: Screener) -> tuple[Rival, ...]:
    """Holdgate first, then the others, at the thresholds that their users are told."""
    entries = screener.snapshot.entries
    holdgate = Holdgate(screener)
    return (
        holdgate,
        Nomenklatura(entries, 0.70, holdgate),
        Ratio("WRatio", fuzz.WRatio, entries, 90.0),
        Ratio("token_set", fuzz.token_set_ratio, entries, 90.0),
    )
