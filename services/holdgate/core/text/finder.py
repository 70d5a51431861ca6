"""Search for listed names inside free text: remittance, instructions, purpose.

A text is not a name: most of its words name nobody, and a name in it begins and ends anywhere. So the search
looks up each word first and matches only promising spans:

    words -> postings -> occurrences -> co-occurrence -> span expansion -> acceptance

Each word is looked up for the listed names that it could be part of (its postings, cached by word). Where
words close together nearly complete a listed name, that span alone is matched as a name, by the same scorer
as every other name. As a span was chosen from many, a score is not enough: the words that agree must be rarer
than in a name in a field of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import chain
from typing import NamedTuple

from holdgate.core.characters.passages import Excerpt, excerpt_of
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.matching.matcher import Matcher, NameHit, Query
from holdgate.core.names.words.word_classes import GROUPS, LEGAL, Group
from holdgate.core.text.acceptance import is_acceptable
from holdgate.core.text.cooccurrence import CooccurrenceFinder
from holdgate.core.text.cues import ALL_CUES, find_cues
from holdgate.core.text.occurrences import Occurrences
from holdgate.core.text.phrases import PhraseFinder
from holdgate.core.text.postings import (
    MAX_NEW_WORDS,
    PostingCache,
    WordPostings,
)
from holdgate.core.text.prefilter import Prefilter
from holdgate.core.text.span_bounds import SpanBounds
from holdgate.core.text.span_expansion import SpanExpander, is_legal_form, plain_form
from holdgate.core.text.words import (
    Bounds,
    LineSpan,
    Text,
    join_lines,
    join_split_words,
    respell_words,
    split_words,
    text_at_cut,
)

CACHED_SPANS = 50_000
MAX_NAMES = 50
"""Maximum names reported per text; the first already causes the hold."""
MAX_SPANS = 24
"""Maximum spans of one text that are matched as names once one of them is a listed name. Of 3,000 payments
with texts of up to 340 words none had more than 23. 13,000 characters of common Arabic given names have
2,500, nearly every run of words, which took a worker 3.9 s."""


class NameInText(NamedTuple):
    """A listed name found in a text: the hit, the words as written, and their place, one span per line."""

    hit: NameHit
    value: str
    line_spans: tuple[LineSpan, ...]


class TextSearch(NamedTuple):
    """The listed names in one text, best first, one per entry; `complete`: the whole text was searched."""

    names: list[NameInText]
    complete: bool


class Span(NamedTuple):
    """Words of a text to be matched as a name.

    `has_cue`: a word next to them tells the party type; `bounds`: what else stands next to them.
    """

    value: str
    group: Group
    has_cue: bool
    bounds: Bounds
    text: Text
    first: int
    last: int


SpanKey = tuple[str, Group, bool, Bounds, float]
"""The first four members of a span, and the minimum score."""


def accept_all(_name: NameInText) -> bool:
    """Count every name."""
    return True


class TextFinder:
    """Finds the names of a matcher's index in texts.

    Counters: `words` searched, `posting_cache.new_words` looked up among them, `spans` matched as names.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.words = 0
        self.spans = 0
        self.posting_cache = PostingCache(matcher.index, [matcher.query_builders[group] for group in GROUPS])
        self._span_hits: BoundedCache[SpanKey, tuple[NameHit, ...]] = BoundedCache(CACHED_SPANS)
        self.prefilter = Prefilter(matcher.index, matcher.variant_cache)
        self._cooccurrence = CooccurrenceFinder(self.posting_cache)
        self._bounds = SpanBounds(matcher.index, self.posting_cache)
        self._expander = SpanExpander(matcher.index)
        self._phrase_finder = PhraseFinder(matcher.index)

    def prepare(self, texts: Iterable[Sequence[str]]) -> None:
        """Look up the new words of many texts together, also those that a line's end may have cut in two."""
        all_texts = [*texts]
        self.posting_cache.prepare(line for lines in all_texts for line in lines)
        self.posting_cache.prepare_words(word for lines in all_texts for word, _ in join_lines(lines))

    def find(
        self,
        lines: Sequence[str],
        min_score: float,
        counts: Callable[[NameInText], bool] = accept_all,
        to_its_end: bool = False,
    ) -> TextSearch:
        """Return the listed names in the lines of one text; never raises on any string.

        A text with new words is searched much faster after `prepare`.

        Lines are searched as one text, as payment formats break a name at the end of a line, between words or
        inside one. The work grows at most linearly with the number of words. `counts` says which names hold a
        payment: once MAX_SPANS spans are matched and one of these names is found, the search stops, unless
        `to_its_end` is set.
        """
        excerpt = excerpt_of(lines)
        if excerpt is not None:
            lines, counts = excerpt.lines, _counts_in_excerpt(counts, excerpt)
        search = self._match_spans(self._candidate_spans(lines, min_score), min_score, counts, to_its_end)
        if excerpt is None:
            return search
        return TextSearch([_in_whole_text(name, excerpt) for name in search.names], search.complete)

    def find_phrases(
        self, lines: Sequence[str], min_score: float, counts: Callable[[NameInText], bool] = accept_all
    ) -> TextSearch:
        """Return the listed names that stand in the lines exactly as listed; much faster than `find`."""
        text = Text(lines, split_words(lines), " ")
        return self._match_spans(self._phrase_spans(text), min_score, counts)

    def _match_spans(
        self,
        spans: Iterable[Span],
        min_score: float,
        counts: Callable[[NameInText], bool],
        to_its_end: bool = False,
    ) -> TextSearch:
        best: dict[int, NameInText] = {}
        matched: set[tuple[str, Group, bool, Bounds]] = set()
        for span in spans:
            settled = len(best) >= MAX_NAMES or (bool(best) and len(matched) >= MAX_SPANS)
            if settled and not to_its_end:
                return TextSearch(sorted(best.values(), key=rank), False)
            matched.add(span[:4])
            self.spans += 1
            for hit in self._acceptable_hits((*span[:4], min_score)):
                name = NameInText(hit, span.value, span.text.line_spans(span.first, span.last))
                known = best.get(hit.entry)
                if (known is None or rank(name) < rank(known)) and counts(name):
                    best[hit.entry] = name
        return TextSearch(sorted(best.values(), key=rank), True)

    def _candidate_spans(self, lines: Sequence[str], min_score: float) -> Iterator[Span]:
        """Yield the spans to be matched: of the text as written, with words joined across line ends, and with
        words that were damaged or spread on their way."""
        text = Text(lines, split_words(lines), " ")
        late_words: Set[str] = frozenset()
        if len(text.words) > MAX_NEW_WORDS:
            late_words = frozenset(list(dict.fromkeys(word.text for word in text.words))[MAX_NEW_WORDS:])
        yield from self._search_text(text, min_score, late_words)
        for joined_word, line in join_lines(lines):
            if self._may_matter(joined_word):
                yield from self._search_text(text_at_cut(lines, line), min_score, late_words)
        whole_text = join_split_words(text, self._is_word_of_names, self.matcher.index.vocabulary.ids.keys())
        if whole_text is not text:
            yield from self._search_text(whole_text, min_score, late_words)
        respelt_words, respelt_text = respell_words(text)
        if any(self._may_matter(word.text) or is_legal_form(word.text) for word in respelt_words):
            yield from self._search_text(respelt_text, min_score, late_words)

    def _is_word_of_names(self, word: str) -> bool:
        """Return whether a word is spelt as one of a listed name, or is a legal form."""
        return plain_form(word) in LEGAL or self.posting_cache.is_listed(word)

    def _may_matter(self, word: str) -> bool:
        """Return whether a word may be part of a listed name, or is a cue."""
        return (
            bool(self.posting_cache.postings(word))
            or plain_form(word) in ALL_CUES
            or self.posting_cache.is_listed(word)
        )

    def _search_text(self, text: Text, min_score: float, late_words: Set[str]) -> Iterator[Span]:
        words = [word.text for word in text.words]
        self.words += len(words)
        occurrences_by_group = self._occurrences(words, late_words)
        plain_words = [plain_form(word) for word in words]
        for group, occurrences in zip(GROUPS, occurrences_by_group, strict=True):
            if not occurrences.positions:
                continue
            cue_positions = find_cues(plain_words, group)
            for first, last in self._spans(occurrences, text, bool(cue_positions), min_score):
                has_cue = bool(cue_positions) and any(
                    position in cue_positions for position in range(first - 1, last + 2)
                )
                bounds = text.bounds(first, last)
                yield Span(text.original(first, last), group, has_cue, bounds, text, first, last)
        yield from self._phrase_spans(text)

    def _phrase_spans(self, text: Text) -> Iterator[Span]:
        for group, *phrase in self._phrase_finder.find([word.text for word in text.words]):
            first, last = _with_legal_forms(text, *phrase) if group == "entity" else phrase
            bounds = text.bounds(first, last)
            yield Span(text.original(first, last), group, False, bounds, text, first, last)

    def _occurrences(self, words: Sequence[str], late_words: Set[str]) -> list[Occurrences]:
        """Return the occurrences by group; a late word counts only if a listed word is spelt like it."""
        cached, look_up = self.posting_cache.cached, self.posting_cache.postings
        positions: list[list[int]] = [[] for _ in GROUPS]
        postings_found: list[list[WordPostings]] = [[] for _ in GROUPS]
        for position, word in enumerate(words):
            postings = cached.get(word)
            if postings is None or late_words:
                postings = (
                    look_up(word) if word not in late_words or self.posting_cache.is_listed(word) else ()
                )
            for group, of_group in postings:
                positions[group].append(position)
                postings_found[group].append(of_group)
        return [Occurrences(*columns) for columns in zip(positions, postings_found, strict=True)]

    def _spans(
        self, occurrences: Occurrences, text: Text, has_cue: bool, min_score: float
    ) -> Iterator[tuple[int, int]]:
        """Yield (first, last) word of each span that nearly completes a listed name of the group, once."""
        yielded: set[tuple[int, int]] = set()
        multi_word_spans = (
            {
                self._expander.expand(record, first, last, occurrences, text)
                for record, first, last in completed
                if first == last
                or self._bounds.could_match(record, first, last, occurrences, text, has_cue, min_score)
            }
            for completed in self._cooccurrence.complete(occurrences, has_cue)
        )
        single_word_spans = self._expander.single_word_spans(occurrences, text, has_cue)
        for spans in chain(single_word_spans, multi_word_spans):
            yield from sorted(spans - yielded)  # in a fixed order, as the search may stop at any span
            yielded |= spans

    def _acceptable_hits(self, key: SpanKey) -> tuple[NameHit, ...]:
        """Return the acceptable hits on a span, cached: the same words occur in text after text."""
        hits = self._span_hits.get(key)
        if hits is None:
            value, group, has_cue, bounds, min_score = key
            hits = ()
            if has_cue or self._bounds.may_be_accepted(value, group):
                matches = self.matcher.match([Query(value, group, only_type=True)], min_score)[0]
                hits = tuple(hit for hit in matches if is_acceptable(hit, group, has_cue, bounds))
            self._span_hits[key] = hits
        return hits


def _in_whole_text(name: NameInText, excerpt: Excerpt) -> NameInText:
    """Return a name that was found in an excerpt with its position in the whole text."""
    spans = [(span, *excerpt.places[span.line]) for span in name.line_spans]
    return name._replace(
        line_spans=tuple(
            LineSpan(line, span.start + offset, span.end + offset) for span, line, offset in spans
        )
    )


def _counts_in_excerpt(
    counts: Callable[[NameInText], bool], excerpt: Excerpt
) -> Callable[[NameInText], bool]:
    return lambda name: counts(_in_whole_text(name, excerpt))


def _with_legal_forms(text: Text, first: int, last: int) -> tuple[int, int]:
    """Return a span of words with the legal forms in front of it and behind it."""
    words = text.words
    while first and is_legal_form(words[first - 1].text):
        first -= 1
    while last + 1 < len(words) and is_legal_form(words[last + 1].text):
        last += 1
    return first, last


def rank(name: NameInText) -> tuple[float, int, tuple[LineSpan, ...]]:
    """Return the key that sorts names best first."""
    return -name.hit.score, name.hit.entry, name.line_spans
