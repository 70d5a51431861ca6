"""Listed names inside free text: remittance, instructions, purpose.

A text is not a name: it holds words that name nobody, and a name in it begins and ends anywhere. So each
word is first asked which listed names it could be part of (a look-up, cached by word); where words that
stand close together nearly complete a listed name, that span alone is matched as a name, by the same
scorer as every other. A span was chosen out of many, so it has to convince beside its score: what agrees
must be rarer than a name in a field of its own needs to be.
"""

from collections.abc import Collection, Iterator, Sequence, Set
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from holdgate.core.clues import CACHED_WORDS, LEAST, LEAST_NAMED, MOST_NEW_WORDS, Clue, Clues
from holdgate.core.convincing import convincing
from holdgate.core.folding import fold
from holdgate.core.index import GROUPS
from holdgate.core.lines import Place, Text, glued, words
from holdgate.core.matching import Hit, Matcher, Query
from holdgate.core.scoring import could_reach
from holdgate.core.spots import Both, Partners, Spots, shortest
from holdgate.core.words import LEGAL, Group

NEAR = 2
"""Words from one part of a name to the next: one other may stand between."""
AROUND = 4
"""Parts looked at before a weighty one; behind it, one fewer."""
GROWS = 8
"""Words by which a span grows at most on each side, to take in particles and legal forms."""
ROUNDING = 1e-9
"""Nats: far above what the order of a sum changes, far below what tells two names apart."""
CACHED_PAIRS = 200_000
CACHED_SPANS = 50_000
CACHED_NAMES = 4_000
MAX_FOUND = 50
"""Listed names told of one text: it is held by the first."""

_SHIP = frozenset(
    "mv mt vessel vsl ship tanker imo ss motor судно танкер теплоход navire buque schiff".split()
)
_FIRM = LEGAL - frozenset(
    "as ca ei ip mit open public private closed joint stock est sp pt lp gp se sl cv rl ab cia firma tbk pk "
    "assoc coop co ag ao sa pty sro company compania compagnie gesellschaft establishment".split()
) | {"fzc", "sal", "ооо", "оао", "зао", "пао", "тоо"}
_BESIDE: dict[Group, frozenset[str]] = {"person": frozenset(), "entity": _FIRM, "vessel": _SHIP}
"""Words beside a name that say what bears it: there a common word is a firm's or a ship's name."""


class Found(NamedTuple):
    """A listed name found in a text: the hit, the words as written, and their places, one a line."""

    hit: Hit
    value: str
    places: tuple[Place, ...]


class TextFinder:
    """Finds the names of a matcher's index in texts.

    Counters: `words` read, `clues.new_words` among them looked up first, `spans` matched as names.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.words = 0
        self.spans = 0
        self.clues = Clues(matcher.index, [matcher.terms[group] for group in GROUPS])
        self._spelt: dict[tuple[str, Group, bool, float], tuple[Hit, ...]] = {}
        self._partners: tuple[dict[int, Partners], dict[int, Partners]] = ({}, {})
        """By the number of a word; where no word beside says what bears the name, and where one does."""
        self._pairs = 0
        self._own: dict[int, Set[str]] = {}

    def find(self, lines: Sequence[str], min_score: float) -> list[Found]:
        """The listed names in the lines of one text, best first, one an entry; never raises on any string.

        Lines are read as one text, for payment formats break a name at the end of a line, between words
        or inside one. Work grows with the number of words and not faster.
        """
        best: dict[int, Found] = {}
        new = self.clues.new_words + MOST_NEW_WORDS
        for text in (Text(lines, words(lines), " "), *glued(lines)):
            for found in self._search(text, min_score, new):
                known = best.get(found.hit.entry)
                if known is None or known.hit.score < found.hit.score:
                    best[found.hit.entry] = found
                if len(best) >= MAX_FOUND:
                    break
        return sorted(best.values(), key=lambda found: (-found.hit.score, found.hit.entry))

    def _search(self, text: Text, min_score: float, new: int) -> Iterator[Found]:
        known = self.clues.known
        spots = [Spots() for _ in GROUPS]
        written = [word.text for word in text.words]
        for at, word in enumerate(written):
            clues = known.get(word)
            if clues is None:
                clues = self.clues.of(word, new)
            for group, clue in clues:
                spots[group].add(at, clue)
        self.words += len(written)
        plain = [_plain(word) for word in written]
        for kind, here in zip(GROUPS, spots, strict=True):
            if not here.at:
                continue
            beside = _BESIDE[kind]
            named = (
                frozenset[int]()
                if beside.isdisjoint(plain)
                else {at for at, word in enumerate(plain) if word in beside}
            )
            for first, last in self._spans(here, text, bool(named), min_score):
                yield from self._match(kind, text, first, last, min_score, named)

    def _spans(self, here: Spots, text: Text, named: bool, min_score: float) -> list[tuple[int, int]]:
        """First and last word of the spans that nearly complete a listed name of the group, in order."""
        need, ats, numbers, clues = self.clues.need, here.at, here.numbers, here.clues
        found: set[tuple[int, int]] = set()
        done: dict[int, int] = {}
        size = len(ats)
        known = self._partners[named]
        least = LEAST_NAMED if named else LEAST
        start = end = 0  # of words that stand close together, each to the next
        for n, clue in enumerate(clues):
            for record in clue.alone:
                found.add(self._grown(record, n, n, here, text))
            if n == end:
                start, end = n, n + 1
                while end < size and ats[end] - ats[end - 1] <= NEAR:
                    end += 1
            if end - start == 1 or not (clue.anchors_named if named else clue.anchors):
                continue
            low = max(start, n - AROUND)
            high = min(end, n + AROUND)
            around = numbers[low:n] + numbers[n + 1 : high]
            partners = known.get(clue.number)
            if partners is None:
                partners = known[clue.number] = Partners()
            if partners.barren.issuperset(around):
                continue
            reach = sum([near.ceiling for near in clues[low:high]])
            if reach < least:
                continue
            candidates: Set[int] = frozenset()
            hopeful: set[int] = set()  # two words complete them, or a third one is part of them too
            for near in (*clues[low:n], *clues[n + 1 : high]):
                if near.number in partners.barren:
                    continue
                both = partners.shared.get(near.number) or self._share(partners, clue, near, named)
                if both is not None:
                    hopeful.update(candidates & both.records, both.enough)
                    candidates = candidates | both.records if candidates else both.records
            for record in candidates:
                if need[record] > reach or done.get(record, 0) > n:
                    continue
                done[record] = high
                if record not in hopeful:
                    continue
                gains = [near.post.get(record, 0.0) for near in clues[low:high]]
                wanted = max(need[record], least)
                if sum(gains) < wanted:
                    continue
                before = (
                    [at - low for at in here.before[low:high]] if record not in self.clues.repeating else []
                )
                span = shortest(gains, before, wanted)
                if span is not None:
                    first, last = low + span[0], low + span[1]
                    if self._could_match(record, first, last, here, text, min_score):
                        found.add(self._grown(record, first, last, here, text))
        return sorted(found)

    def _share(self, partners: Partners, clue: Clue, other: Clue, named: bool) -> Both | None:
        """What two words share; a word said again is the same part, but of names that say it twice."""
        self._pairs += 1
        if self._pairs > CACHED_PAIRS:
            for known in self._partners:
                known.clear()
            self._pairs = 0
        anchors = clue.anchors_named if named else clue.anchors
        records: Set[int] = anchors & self.clues.repeating if other is clue else other.post.keys() & anchors
        if not records:
            partners.barren.add(other.number)
            return None
        least = LEAST_NAMED if named else LEAST
        need, post, others = self.clues.need, clue.post, other.post
        enough = frozenset(
            record
            for record in records
            if post[record] + others[record] + ROUNDING >= max(need[record], least)
        )
        both = partners.shared[other.number] = Both(frozenset(records), enough)
        return both

    def _could_match(
        self, record: int, first: int, last: int, here: Spots, text: Text, min_score: float
    ) -> bool:
        """Whether a listed name could score that much on a span: other words in it count against it."""
        evidence = extra = 0.0
        apart: list[int] = []
        for at, clue in zip(here.at[first : last + 1], here.clues[first : last + 1], strict=True):
            gain = clue.post.get(record)
            if gain is None:
                extra += clue.weight
                apart.append(at)
            else:
                evidence += gain
        if not extra or could_reach(min_score, evidence, extra, self.matcher.index.total[record] - evidence):
            return True
        return any(
            right == left + 1 and self._may_be_one(text.words[left].text, text.words[right].text)
            for left, right in pairwise(apart)
        )

    def _may_be_one(self, left: str, right: str) -> bool:
        """Whether two words may be a listed word that was written in two."""
        form = (left + right).casefold()
        vocabulary = self.matcher.index.vocabulary
        return not form.isascii() or form in vocabulary.ids or fold(form) in vocabulary.by_fold

    def _grown(self, record: int, first: int, last: int, here: Spots, text: Text) -> tuple[int, int]:
        """Neighbouring words that are also in the name belong to the span: its particles, its legal form."""
        ats, clues = here.at, here.clues
        size = len(ats)
        while first and ats[first - 1] == ats[first] - 1 and record in clues[first - 1].post:
            first -= 1
        while last + 1 < size and ats[last + 1] == ats[last] + 1 and record in clues[last + 1].post:
            last += 1
        own = self._own.get(record) or self._words_of(record)
        low, high = ats[first], ats[last]
        low_end, high_end = max(0, low - GROWS), min(len(text.words), high + 1 + GROWS)
        while low > low_end and _plain(text.words[low - 1].text) in own:
            low -= 1
        while high + 1 < high_end and _plain(text.words[high + 1].text) in own:
            high += 1
        return low, high

    def _words_of(self, record: int) -> Set[str]:
        """The words of a listed name; where it has a legal form, any legal form."""
        index = self.matcher.index
        own: Set[str] = frozenset(index.vocabulary.forms[token] for token in index.tokens_of(record))
        if own & LEGAL:
            own |= LEGAL
        if len(self._own) >= CACHED_NAMES:
            self._own.clear()
        self._own[record] = own
        return own

    def _match(
        self, group: Group, text: Text, first: int, last: int, min_score: float, named: Collection[int]
    ) -> Iterator[Found]:
        self.spans += 1
        value = text.written(first, last)
        beside = bool(named) and any(at in named for at in range(first - 1, last + 2))
        for hit in self._convincing(value, group, beside, min_score):
            yield Found(hit, value, text.places(first, last))

    def _convincing(self, value: str, group: Group, beside: bool, min_score: float) -> tuple[Hit, ...]:
        """The hits on a span that convince, cached: the same words stand in text after text."""
        key = value, group, beside, min_score
        hits = self._spelt.get(key)
        if hits is None:
            found = self.matcher.match([Query(value, group)], min_score)[0]
            hits = tuple(hit for hit in found if convincing(hit, group, beside))
            if len(self._spelt) >= CACHED_SPANS:
                self._spelt.clear()
            self._spelt[key] = hits
        return hits


@lru_cache(CACHED_WORDS)
def _plain(word: str) -> str:
    return word.casefold().replace(".", "").replace("/", "")
