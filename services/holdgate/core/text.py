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
from holdgate.core.words import LEGAL, Group

NEAR = 2
"""Words from one part of a name to the next: one other may stand between."""
AROUND = 4
"""Parts looked at on each side of a weighty one."""
GROWS = 8
"""Words by which a span grows at most on each side, to take in particles and legal forms."""
CACHED_PAIRS = 200_000
CACHED_SPANS = 50_000
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


class Both(NamedTuple):
    """Records anchored by one word that another is part of too; `enough`: those that the two complete."""

    records: Set[int]
    enough: frozenset[int]


Pairs = dict[tuple[int, int], Both]
ROUNDING = 1e-9
"""Nats: far above what the order of a sum changes, far below what tells two names apart."""


class Spot(NamedTuple):
    """A word of the text that is part of listed names of a group; `before`: the spot of that word before."""

    at: int
    clue: Clue
    before: int


class TextFinder:
    """Finds the names of a matcher's index in texts.

    Counters: `words` read, `clues.new_words` among them looked up first, `spans` matched as names.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.words = 0
        self.spans = 0
        self.clues = Clues(matcher.index)
        self._spelt: dict[tuple[str, Group, bool, float], tuple[Hit, ...]] = {}
        self._both: tuple[Pairs, Pairs] = ({}, {})
        """By the numbers of two words; where no word beside says what bears the name, and where one does."""

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
        spots: list[list[Spot]] = [[] for _ in GROUPS]
        latest: dict[int, int] = {}
        for at, word in enumerate(text.words):
            clues = known.get(word.text)
            if clues is None:
                clues = self.clues.of(word.text, new)
            if clues:
                for group, clue in enumerate(clues):
                    if clue is not None:
                        here = spots[group]
                        here.append(Spot(at, clue, latest.get(clue.number, -1)))
                        latest[clue.number] = len(here) - 1
        self.words += len(text.words)
        for group, here in enumerate(spots):
            if not here:
                continue
            beside = _BESIDE[GROUPS[group]]
            named = (
                {at for at, word in enumerate(text.words) if _plain(word.text) in beside} if beside else set()
            )
            for first, last in self._spans(here, text, bool(named), min_score):
                yield from self._match(GROUPS[group], text, first, last, min_score, named)

    def _spans(self, here: list[Spot], text: Text, named: bool, min_score: float) -> set[tuple[int, int]]:
        """First and last word of the spans that nearly complete a listed name of the group."""
        need = self.clues.need
        found: set[tuple[int, int]] = set()
        done: dict[int, int] = {}
        size = len(here)
        known = self._both[named]
        least = LEAST_NAMED if named else LEAST
        for n, spot in enumerate(here):
            clue = spot.clue
            for record in clue.alone:
                found.add(self._grown(record, n, n, here, text))
            anchors = clue.anchors_named if named else clue.anchors
            if not anchors:
                continue
            low, high = n, n + 1
            reach, around = clue.ceiling, 0
            while low and here[low].at - here[low - 1].at <= NEAR and n - low < AROUND:
                low -= 1
                other = here[low].clue
                reach += other.ceiling
                around |= other.sieve
            while high < size and here[high].at - here[high - 1].at <= NEAR and high - n < AROUND:
                other = here[high].clue
                reach += other.ceiling
                around |= other.sieve
                high += 1
            if reach < least or not around & (clue.sieve_named if named else clue.sieve_anchors):
                continue
            candidates: set[int] = set()
            hopeful: set[int] = set()  # two words complete them, or a third one is part of them too
            for near in (*here[low:n], *here[n + 1 : high]):
                both = known.get((clue.number, near.clue.number))
                if both is None:
                    both = self._in_both(clue, near.clue, anchors, known, least)
                records = both.records
                if records:
                    hopeful |= candidates & records
                    hopeful |= both.enough
                    candidates |= records
            posts = [spot.clue.post for spot in here[low:high]]
            before = [spot.before - low for spot in here[low:high]]
            for record in candidates:
                if need[record] > reach or done.get(record, 0) > n:
                    continue
                done[record] = high
                if record not in hopeful:
                    continue
                gains = [post.get(record, 0.0) for post in posts]
                wanted = max(need[record], least)
                if sum(gains) < wanted:
                    continue
                span = _shortest(gains, before if record not in self.clues.repeating else [], wanted)
                if span is not None:
                    first, last = low + span[0], low + span[1]
                    if self._could_match(record, first, last, here, text, min_score):
                        found.add(self._grown(record, first, last, here, text))
        return found

    def _in_both(self, clue: Clue, other: Clue, anchors: frozenset[int], known: Pairs, least: float) -> Both:
        """What two words share; a word said again is the same part, but of names that say it twice."""
        if len(known) >= CACHED_PAIRS:
            known.clear()
        need, post, others = self.clues.need, clue.post, other.post
        records: Set[int] = anchors & self.clues.repeating if other is clue else others.keys() & anchors
        enough = frozenset(
            record
            for record in records
            if post[record] + others[record] + ROUNDING >= max(need[record], least)
        )
        both = Both(records, enough)
        known[clue.number, other.number] = both
        return both

    def _could_match(
        self, record: int, first: int, last: int, here: list[Spot], text: Text, min_score: float
    ) -> bool:
        """Whether a listed name could score that much on a span: other words in it count against it."""
        evidence = extra = 0.0
        apart: list[int] = []
        for spot in here[first : last + 1]:
            gain = spot.clue.post.get(record)
            if gain is None:
                extra += spot.clue.weight
                apart.append(spot.at)
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

    def _grown(self, record: int, first: int, last: int, here: list[Spot], text: Text) -> tuple[int, int]:
        """Neighbouring words that are also in the name belong to the span: its particles, its legal form."""
        forms = self.matcher.index.vocabulary.forms
        own = {forms[token] for token in self.matcher.index.tokens_of(record)}
        size = len(here)
        while first and here[first - 1].at == here[first].at - 1 and record in here[first - 1].clue.post:
            first -= 1
        while (
            last + 1 < size and here[last + 1].at == here[last].at + 1 and record in here[last + 1].clue.post
        ):
            last += 1
        low, high = here[first].at, here[last].at
        if own & LEGAL:
            own |= LEGAL
        low_end, high_end = max(0, low - GROWS), min(len(text.words), high + 1 + GROWS)
        while low > low_end and _plain(text.words[low - 1].text) in own:
            low -= 1
        while high + 1 < high_end and _plain(text.words[high + 1].text) in own:
            high += 1
        return low, high

    def _match(
        self, group: Group, text: Text, first: int, last: int, min_score: float, named: Collection[int]
    ) -> Iterator[Found]:
        self.spans += 1
        value = text.written(first, last)
        beside = any(at in named for at in range(first - 1, last + 2))
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


def _shortest(gains: list[float], before: Sequence[int], need: float) -> tuple[int, int] | None:
    """The shortest run of gains that reaches the need. A word said again counts once: `before` tells for each
    gain where the same word stood before, negative for nowhere."""
    best: tuple[int, int] | None = None
    gathered, first = 0.0, 0
    for last, gain in enumerate(gains):
        if before and before[last] >= 0:
            again = before[last]
            gathered -= gains[again] if again >= first else 0.0
            gains[again] = 0.0
        gathered += gain
        while gathered - gains[first] >= need or (not gains[first] and first < last):
            gathered -= gains[first]
            first += 1
        if gathered >= need and (best is None or last - first < best[1] - best[0]):
            best = first, last
    return best
