"""Other name matchers, each at its recommended threshold, given the same names as Holdgate.

Searching the full lists with logic-v2 would take hours, so it gets the benefit of the doubt. For a listed
name it is given the right entry, so its recall here is an upper bound. For an ordinary name it is given only
the nearest entries by rapidfuzz and by Holdgate's index, so its alerts here are a lower bound.
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
from holdgate.core.names.matching.matcher import Query

MAX_CANDIDATES = 20
"""Entries shown to logic-v2 for an ordinary name, from each of the two searches."""
SCHEMA: Mapping[EntryType, str] = {
    "person": "Person",
    "entity": "Organization",
    "vessel": "Vessel",
    "aircraft": "Airplane",
    "unknown": "LegalEntity",
}


class Answer(NamedTuple):
    """The best score, its listed name, whether it alerts, and whether that name is a weak alias."""

    score: float
    listed: str
    alerts: bool
    weak: bool = False


NO_ANSWER = Answer(0.0, "", False)


class Rival(Protocol):
    """A name matcher."""

    name: str

    def against(self, query: Query, entry: int) -> Answer:
        """Compare the name with one entry."""

    def search(self, query: Query) -> Answer:
        """Search the whole list for the name."""


class Holdgate:
    """Holdgate, for a payment with only this name."""

    name = "Holdgate"

    def __init__(self, screener: Screener) -> None:
        self._screener = screener

    def against(self, query: Query, entry: int) -> Answer:
        """Return the best hit on the entry."""
        return self._best(query, [entry])

    def search(self, query: Query) -> Answer:
        """Return the best hit."""
        return self._best(query, None)

    def nearest(self, query: Query) -> list[int]:
        """Return entries that share anything with the name."""
        return [
            hit.entry for hit in self._screener.matcher.match([query], min_score=0.3, limit=MAX_CANDIDATES)[0]
        ]

    def _best(self, query: Query, entries: Iterable[int] | None) -> Answer:
        best = NO_ANSWER
        for hit in self._screener.matcher.match([query], min_score=0.3, limit=100)[0]:
            if entries is None or hit.entry in entries:
                holds = self._screener.judge(hit, query.type).holds
                if (holds, hit.score) > (best.alerts, best.score):
                    best = Answer(hit.score, hit.matched_name, holds, hit.name_kind == "weak")
        return best


class Ratio:
    """A ratio of rapidfuzz over every listed name of the type, ignoring case and punctuation."""

    def __init__(
        self, name: str, ratio: Callable[..., float], entries: Sequence[Entry], threshold: float
    ) -> None:
        self.name = name
        self._ratio = ratio
        self._threshold = threshold
        self._names = [[(default_process(name.text), name.text) for name in entry.names] for entry in entries]
        self._searched = {
            type: _names_of_type(entries, self._names, type) for type in {entry.type for entry in entries}
        }

    def against(self, query: Query, entry: int) -> Answer:
        """Return the best of the entry's names."""
        processed = default_process(query.name)
        score, listed = max((self._ratio(processed, plain), text) for plain, text in self._names[entry])
        return Answer(score, listed, score >= self._threshold)

    def search(self, query: Query) -> Answer:
        """Return the best of all names; none if it is below the threshold."""
        choices, texts = self._searched[query.type]
        best = process.extractOne(
            default_process(query.name), choices, scorer=self._ratio, score_cutoff=self._threshold
        )
        return NO_ANSWER if best is None else Answer(best[1], texts[best[2]], True)


def _names_of_type(
    entries: Sequence[Entry], names: Sequence[Sequence[tuple[str, str]]], type: EntryType
) -> tuple[list[str], list[str]]:
    """Return the names of entries of a type, processed and as listed; unknown types match every type."""
    matching = [
        pair
        for entry, pairs in zip(entries, names, strict=True)
        if entry.type in (type, "unknown")
        for pair in pairs
    ]
    return [plain for plain, _ in matching], [text for _, text in matching]


class Nomenklatura:
    """logic-v2 of nomenklatura, as OpenSanctions and yente run it."""

    name = "logic-v2"

    def __init__(self, entries: Sequence[Entry], threshold: float, holdgate: Holdgate) -> None:
        self._entries = entries
        self._threshold = threshold
        self._holdgate = holdgate
        self._config = ScoringConfig.defaults()
        self._names = [
            (number, default_process(name.text))
            for number, entry in enumerate(entries)
            for name in entry.names
        ]
        self._choices = [plain for _, plain in self._names]
        self._listed = cache(self._proxy)

    def against(self, query: Query, entry: int) -> Answer:
        """Return the score of the pair."""
        score = self._score(_entity(query.name, query.type, query.name), entry)
        return Answer(score, self._entries[entry].name, score >= self._threshold)

    def search(self, query: Query) -> Answer:
        """Return the best of the nearest entries; a search over all entries would alert at least as often."""
        nearest = process.extract(
            default_process(query.name),
            self._choices,
            scorer=fuzz.token_set_ratio,
            score_cutoff=60.0,
            limit=MAX_CANDIDATES,
        )
        entries = dict.fromkeys([self._names[position][0] for _, _, position in nearest])
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
    """Return an entity for a name. nomenklatura caches by id, so each name needs its own."""
    proxy = schemata.make_entity(SCHEMA[type])
    proxy.id = id
    proxy.add("name", name)
    return proxy


def rivals(screener: Screener) -> tuple[Rival, ...]:
    """Return Holdgate first, then the others at the thresholds that their documentation recommends."""
    entries = screener.snapshot.entries
    holdgate = Holdgate(screener)
    return (
        holdgate,
        Nomenklatura(entries, 0.70, holdgate),
        Ratio("WRatio", fuzz.WRatio, entries, 90.0),
        Ratio("token_set", fuzz.token_set_ratio, entries, 90.0),
    )
