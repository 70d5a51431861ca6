"""Listed names inside free text: remittance, instructions, purpose.

A text is not a name: it holds words that name nobody, and a name in it begins and ends anywhere. So each
word is first asked which listed names it could be part of (a look-up, cached by word); where words that
stand close together nearly complete a listed name, that span alone is matched as a name, by the same
scorer as every other. A span was chosen out of many, so it has to convince beside its score: what agrees
must be rarer than a name in a field of its own needs to be.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from itertools import chain, pairwise
from typing import NamedTuple

from holdgate.core.names.inverted_index import GROUPS
from holdgate.core.names.matcher import Matcher, NameHit, Query
from holdgate.core.names.phonetics import phonetic_key
from holdgate.core.names.scoring import SUBSTANCE, could_reach
from holdgate.core.names.word_classes import LEGAL, Group
from holdgate.core.text.acceptance import is_acceptable, min_evidence
from holdgate.core.text.cooccurrence import CooccurrenceFinder
from holdgate.core.text.occurrences import Occurrences
from holdgate.core.text.postings import MAX_NEW_WORDS, PostingCache, WordPostings
from holdgate.core.text.span_expansion import SpanExpander, plain_form
from holdgate.core.text.words import LineSpan, Text, join_lines, split_words

CACHED_SPANS = 50_000
MAX_NAMES = 50
"""Listed names told of one text: it is held by the first."""
MAX_SPANS = 24
"""Spans of one text that are matched as names once one of them is a listed name. Of 3,000 payments with texts
of up to 340 words none had more than 23. 13,000 characters of common Arabic given names have 2,500, nearly
every run of words, which took a worker 3.9 s."""

_SHIP = frozenset(
    "mv mt vessel vsl ship tanker imo ss motor судно танкер теплоход navire buque schiff".split()
)
_FIRM = LEGAL - frozenset(
    "as ca ei ip mit open public private closed joint stock est sp pt lp gp se sl cv rl ab cia firma tbk pk "
    "assoc coop co ag ao sa pty sro company compania compagnie gesellschaft establishment".split()
) | {"fzc", "sal", "ооо", "оао", "зао", "пао", "тоо"}
_BESIDE: dict[Group, frozenset[str]] = {"person": frozenset(), "entity": _FIRM, "vessel": _SHIP}
"""Words beside a name that say what bears it: there a common word is a firm's or a ship's name."""
_SAYS = _FIRM | _SHIP


class NameInText(NamedTuple):
    """A listed name found in a text: the hit, the words as written, and their places, one a line."""

    hit: NameHit
    value: str
    places: tuple[LineSpan, ...]


class TextSearch(NamedTuple):
    """The listed names in one text, best first, one an entry; `whole` says that all of it was searched."""

    names: list[NameInText]
    whole: bool


class Span(NamedTuple):
    """Words of a text to be matched as a name; `beside`: a word next to them says what bears the name."""

    value: str
    group: Group
    beside: bool
    text: Text
    first: int
    last: int


def accept_all(_found: NameInText) -> bool:
    """Any name counts."""
    return True


class TextFinder:
    """Finds the names of a matcher's index in texts.

    Counters: `words` read, `clues.new_words` among them looked up first, `spans` matched as names.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.words = 0
        self.spans = 0
        self.clues = PostingCache(matcher.index, [matcher.terms[group] for group in GROUPS])
        self._spelt: dict[tuple[str, Group, bool, float], tuple[NameHit, ...]] = {}
        self._cooccurrence = CooccurrenceFinder(self.clues)
        self._expander = SpanExpander(matcher.index)

    def find(
        self,
        lines: Sequence[str],
        min_score: float,
        counts: Callable[[NameInText], bool] = accept_all,
        to_its_end: bool = False,
    ) -> TextSearch:
        """The listed names in the lines of one text; never raises on any string.

        Lines are read as one text, for payment formats break a name at the end of a line, between words
        or inside one. Work grows with the number of words and not faster. `counts` says which names hold:
        only by one of these is a text settled, so that the rest of it need not be searched, unless that is
        asked by `to_its_end`.
        """
        best: dict[int, NameInText] = {}
        tried: set[tuple[str, Group, bool]] = set()
        for span in self._read(lines, min_score):
            settled = len(best) >= MAX_NAMES or (bool(best) and len(tried) >= MAX_SPANS)
            if settled and not to_its_end:
                return TextSearch(sorted(best.values(), key=_rank), False)
            tried.add(span[:3])
            self.spans += 1
            for hit in self._acceptable(span.value, span.group, span.beside, min_score):
                found = NameInText(hit, span.value, span.text.line_spans(span.first, span.last))
                known = best.get(hit.entry)
                if (known is None or _rank(found) < _rank(known)) and counts(found):
                    best[hit.entry] = found
        return TextSearch(sorted(best.values(), key=_rank), True)

    def _read(self, lines: Sequence[str], min_score: float) -> Iterator[Span]:
        """The spans to be matched as names, of the text as written and with words joined at lines' ends."""
        whole = Text(lines, split_words(lines), " ")
        late: Set[str] = frozenset()
        if len(whole.words) > MAX_NEW_WORDS:
            late = frozenset(list(dict.fromkeys(word.text for word in whole.words))[MAX_NEW_WORDS:])
        yield from self._search(whole, min_score, late)
        for joined, text in join_lines(lines):
            if self._is_part(joined.text):
                yield from self._search(text, min_score, late)

    def _is_part(self, word: str) -> bool:
        """Whether a word may be part of a listed name, or tells what bears one."""
        return bool(self.clues.postings(word)) or plain_form(word) in _SAYS or self.clues.is_listed(word)

    def _search(self, text: Text, min_score: float, late: Set[str]) -> Iterator[Span]:
        written = [word.text for word in text.words]
        self.words += len(written)
        spots = self._occurrences(written, late)
        said = [plain_form(word) for word in written]
        for kind, here in zip(GROUPS, spots, strict=True):
            if not here.positions:
                continue
            beside = _BESIDE[kind]
            named = (
                frozenset[int]()
                if beside.isdisjoint(said)
                else {at for at, word in enumerate(said) if word in beside}
            )
            for first, last in self._spans(here, text, bool(named), min_score):
                near = bool(named) and any(at in named for at in range(first - 1, last + 2))
                yield Span(text.original(first, last), kind, near, text, first, last)

    def _occurrences(self, written: Sequence[str], late: Set[str]) -> list[Occurrences]:
        """Where words of each group's listed names stand; of `late` words, only those that are listed."""
        known, look_up = self.clues.cached, self.clues.postings
        ats: list[list[int]] = [[] for _ in GROUPS]
        said: list[list[WordPostings]] = [[] for _ in GROUPS]
        for at, word in enumerate(written):
            postings = known.get(word)
            if postings is None or late:
                postings = look_up(word) if word not in late or self.clues.is_listed(word) else ()
            for group, clue in postings:
                ats[group].append(at)
                said[group].append(clue)
        return [Occurrences(at, clues) for at, clues in zip(ats, said, strict=True)]

    def _spans(
        self, here: Occurrences, text: Text, named: bool, min_score: float
    ) -> Iterator[tuple[int, int]]:
        """First and last word of the spans that nearly complete a listed name of the group, each once."""
        found: set[tuple[int, int]] = set()
        together = (
            {
                self._expander.expand(record, first, last, here, text)
                for record, first, last in complete
                if first == last or self._could_match(record, first, last, here, text, min_score)
            }
            for complete in self._cooccurrence.complete(here, named)
        )
        for spans in chain(self._expander.single_word_spans(here, text, named), together):
            yield from sorted(spans - found)  # a long text is left at some span: always at the same one
            found |= spans

    def _could_match(
        self, record: int, first: int, last: int, here: Occurrences, text: Text, min_score: float
    ) -> bool:
        """Whether a listed name could score that much on a span: other words in it count against it."""
        evidence = extra = most = 0.0
        apart: list[int] = []
        for at, clue in zip(here.positions[first : last + 1], here.postings[first : last + 1], strict=True):
            gain = clue.gain_by_record.get(record)
            if gain is None:
                extra += clue.weight
                apart.append(at)
            else:
                evidence += gain
                most = max(most, gain)
        missing = self.matcher.index.total[record] - evidence
        alone = most + SUBSTANCE * (last - first)
        if not extra or could_reach(min_score, evidence, extra, missing, alone):
            return True
        return any(
            right == left + 1 and self._may_be_one(text.words[left].text, text.words[right].text)
            for left, right in pairwise(apart)
        )

    def _may_be_one(self, left: str, right: str) -> bool:
        """Whether two words may be a listed word that was written in two."""
        form = (left + right).casefold()
        vocabulary = self.matcher.index.vocabulary
        return (
            not form.isascii() or form in vocabulary.ids or phonetic_key(form) in vocabulary.by_phonetic_key
        )

    def _acceptable(self, value: str, group: Group, beside: bool, min_score: float) -> tuple[NameHit, ...]:
        """The hits on a span that convince, cached: the same words stand in text after text."""
        key = value, group, beside, min_score
        hits = self._spelt.get(key)
        if hits is None:
            found = self.matcher.match([Query(value, group, min_evidence(group, beside))], min_score)[0]
            hits = tuple(hit for hit in found if is_acceptable(hit, group, beside))
            if len(self._spelt) >= CACHED_SPANS:
                self._spelt.clear()
            self._spelt[key] = hits
        return hits


def _rank(found: NameInText) -> tuple[float, int, tuple[LineSpan, ...]]:
    return -found.hit.score, found.hit.entry, found.places
