"""Listed names in the lines of an address: they are rare, so a prefilter precedes the search in text.

An address is searched in two ways: as a text (`TextFinder`), and each of its segments as a name, since a
payer may write the party's name in any element. A segment is a line, a run of words without punctuation and
numbers, or two of either around a line end. A prefilter says what is worth that: of 8,000 distinct addresses
(streets and towns of Germany, the United States, Turkey and Azerbaijan) 3 % as texts and 12 % for a segment;
2 are held (Ocean Estate, La Mirada). A new address of new words takes 0.4 ms, one of known words up to 0.2 ms
and a known address 7 us.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.fields.separators import group_at, plain_word, separators
from holdgate.core.names.matching.matcher import NameHit, Query
from holdgate.core.names.matching.scoring import SUBSTANCE
from holdgate.core.places.gazetteer import CACHED_NAMES
from holdgate.core.text.cues import ALL_CUES
from holdgate.core.text.finder import NameInText, TextFinder, TextSearch, accept_all, rank
from holdgate.core.text.postings import MIN_EVIDENCE, MIN_EVIDENCE_WITH_CUE
from holdgate.core.text.prefilter import MAX_WORDS
from holdgate.core.text.span_expansion import plain_form
from holdgate.core.text.words import Text, Word, split_words

MAX_SEGMENT_WORDS = 24
"""Words of a segment that is matched as a name."""
MIN_SEGMENT_EVIDENCE, MIN_SEGMENT_COVERAGE = 4.0, 0.8
"""Nats, and share of a listed name, from which a segment is matched as a name."""
MIN_SEGMENT_SCORE, MIN_PARTIAL_SCORE = 0.72, 0.85
"""Score from which a segment is a listed name, and the same if a word of either is missing in the other, as a
town is part of many names (Buenos Aires, La Crosse). Of 400 listed persons with a letter wrong as a line of
an address 99.7 % are found, of as many entities 95 %; at 0.78 and 0.85 it is 98 % and 93 %."""
MIN_MISSPELT_EVIDENCE = 7.5
"""Nats that have to agree below MIN_PARTIAL_SCORE: Finance Limited is no misspelt B-Finance Ltd."""
_BREAK = re.compile(r"[,;:()/]")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\s,;:]+")


class SearchPlan(NamedTuple):
    """Whether an address is searched as a text, and the listed names that segments of it are."""

    as_text: bool
    names: tuple[NameInText, ...]


class AddressFinder:
    """Finds listed names in addresses. Counters: `addresses` examined, and `searched` among them."""

    def __init__(self, text_finder: TextFinder) -> None:
        self.addresses = 0
        self.searched = 0
        self._text_finder = text_finder
        self._prefilter = text_finder.prefilter
        self._plans: BoundedCache[tuple[str, ...], SearchPlan] = BoundedCache(CACHED_NAMES)
        self._segment_hits: BoundedCache[str, tuple[NameHit, ...]] = BoundedCache(CACHED_NAMES)

    def prepare(self, addresses: Iterable[tuple[str, ...]]) -> None:
        """Look up the words of a batch of addresses together, which takes a quarter of the time."""
        new = [lines for lines in dict.fromkeys(addresses) if lines not in self._plans]
        self._prefilter.prepare(
            word.text.casefold() for lines in new for word in split_words(lines)[: MAX_WORDS + 1]
        )

    def find(
        self, lines: tuple[str, ...], min_score: float, counts: Callable[[NameInText], bool] = accept_all
    ) -> TextSearch:
        """Return the listed names in the lines of one address, as `TextFinder.find` does."""
        self.addresses += 1
        plan = self._plans.get(lines)
        if plan is None:
            plan = self._plans[lines] = self._plan(lines)
        if not plan.as_text and not plan.names:
            return TextSearch([], True)
        self.searched += 1
        search = TextSearch([], True)
        if plan.as_text:
            self._text_finder.prepare([lines])
            search = self._text_finder.find(lines, min_score, counts)
        names = {name.hit.entry: name for name in search.names}
        for name in plan.names:
            if name.hit.entry not in names and counts(name):
                names[name.hit.entry] = name
        return TextSearch(sorted(names.values(), key=rank), search.complete)

    def _plan(self, lines: tuple[str, ...]) -> SearchPlan:
        """Return whether an address is worth a search as a text, and the names that its segments are."""
        masked = tuple(map(_mask_announcers, lines))
        is_announced = masked != lines
        text = Text(lines, split_words(masked), " ")
        if len(text.words) > MAX_WORDS:
            return SearchPlan(True, ())
        words = [word.text.casefold() for word in text.words]
        has_cue = is_announced or not ALL_CUES.isdisjoint(map(plain_form, words))
        as_text = is_announced or self._prefilter.is_worth_search(
            lines, words, MIN_EVIDENCE_WITH_CUE if has_cue else MIN_EVIDENCE
        )
        if not self._prefilter.may_contain(words, MIN_SEGMENT_EVIDENCE, MIN_SEGMENT_COVERAGE):
            return SearchPlan(as_text, ())
        names = tuple(
            NameInText(hit, text.original(first, last), text.line_spans(first, last))
            for first, last in _segments(text.words, masked)
            if 2 <= last + 1 - first <= MAX_SEGMENT_WORDS
            and self._prefilter.may_be_listed(words[first : last + 1])
            and self._prefilter.may_contain(
                words[first : last + 1], MIN_SEGMENT_EVIDENCE, MIN_SEGMENT_COVERAGE
            )
            for hit in self._match_segment(text.original(first, last))
        )
        return SearchPlan(as_text, names)

    def _match_segment(self, segment: str) -> tuple[NameHit, ...]:
        """Return the listed names that a segment is; cached, as many addresses differ by a number alone."""
        hits = self._segment_hits.get(segment)
        if hits is None:
            matches = self._text_finder.matcher.match([Query(segment, "unknown")], MIN_SEGMENT_SCORE)[0]
            hits = self._segment_hits[segment] = tuple(filter(_is_whole_name, matches))
        return hits


def _mask_announcers(line: str) -> str:
    """Return a line with marks instead of the words that announce a name (`c/o`), so that they end a segment.

    An address with one of these is always searched.
    """
    if separators().first_words.isdisjoint(_WORD.findall(line.casefold().replace(".", ""))):
        return line
    words = list(_WORD.finditer(line))
    plain = [plain_word(word.group()) for word in words]
    position = 0
    while position < len(words):
        group, size = group_at(plain, position)
        if group == "for":
            start, end = words[position].start(), words[position + size - 1].end()
            line = line[:start] + ";" * (end - start) + line[end:]
        position += max(size, 1)
    return line


def _is_whole_name(hit: NameHit) -> bool:
    """Return whether a segment is a listed name, rather than a town or a street that is like part of one."""
    agreeing = [part.weight for part in hit.evidence if part.matched and part.weight > 0]
    is_partial = any(part.weight < -SUBSTANCE for part in hit.evidence)
    return (
        hit.name_kind != "weak"
        and len(agreeing) > 1
        and (hit.score >= MIN_PARTIAL_SCORE or (not is_partial and sum(agreeing) >= MIN_MISSPELT_EVIDENCE))
    )


def _segments(words: Sequence[Word], lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield first and last word of each line, of each run without punctuation and numbers, and of two of them
    around a line end."""
    by_line = [
        (positions[0], positions[-1])
        for _, group in groupby(range(len(words)), lambda position: words[position].line)
        if (positions := list(group))
    ]
    runs = list(_runs(words, lines))
    yield from dict.fromkeys(
        (
            *by_line,
            *runs,
            *(
                (first, last)
                for spans in (by_line, runs)
                for (first, end), (start, last) in pairwise(spans)
                if start == end + 1 and words[start].line > words[end].line
            ),
        )
    )


def _runs(words: Sequence[Word], lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield first and last word of each run of words within a line."""
    first = 0
    for position, word in enumerate(words, start=1):
        following = words[position] if position < len(words) else None
        if (
            following is None
            or following.line > word.line
            or _BREAK.search(lines[word.line], word.end, following.start)
            or _DIGIT.search(following.text)
            or _DIGIT.search(word.text)
        ):
            if not _DIGIT.search(word.text):
                yield first, position - 1
            first = position
