"""Words: split the lines of a text into words with their character offsets.

First stage of the search in text. A word that a line's end may have cut in two is also offered as one word.
"""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import pairwise
from operator import add, attrgetter
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from holdgate.core.names.fields.separators import MAX_PHRASE_WORDS, group_at, is_separator, plain_word
from holdgate.core.names.matching.compounds import may_be_legal_form
from holdgate.core.names.words.analysis import MAX_PIECE
from holdgate.core.names.words.readings import respellings
from holdgate.core.names.words.word_classes import LEGAL, PARTICLES

MIN_CUT_LINE_LENGTH = 34
"""Characters from which a line's end may cut a word: SWIFT MT lines hold 35."""
MIN_COMPLETE_WORD = 4
"""Letters from which a listed word is complete; two such words are not joined: Abdul Karim, Abdulkarim."""
MAX_CONTEXT_AT_CUT = 60
"""Characters searched on each side of such a cut."""

_PUNCTUATION = (
    r"\s\x00-\x08\x0e-&(-/:-@\[-_{-\x9f\xa1-\xa9\xab-\xac\xae-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7"
    r"\u055a-\u055f\u0589\u05be\u05c0\u05c3\u060c\u061b\u061f\u066a-\u066d\u06d4\u2010-\u2017\u201a-\u2027"
    r"\u2030-\u205e\u20a0-\u20cf\u2100-\u2bff\u3000-\u303f\u30fb\uff01-\uff06\uff08-\uff0f\uff1a-\uff20"
)
_SYLLABLES = r"\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}(?:[^\W\d_](?!\w))?|[mM]/[vVtT]\b|[{_SYLLABLES}]|"
    rf"[^{_PUNCTUATION}{_SYLLABLES}]{{1,{MAX_PIECE}}}"
)
"""A word is a run of characters between white space and punctuation. Han and Hangul write names without
spaces, so each of their syllables is a word. Combining marks, apostrophes and invisible characters stay in
the word."""


Bounds = Literal["", "bounded", "announced"]
"""What stands around words of a text: something that may belong to a name, or nothing; and before them, what
says that a name follows (`FFC`, `final beneficiary`)."""
ANNOUNCING = frozenset(("for", "alias", "label"))
"""Groups of separators that announce a name, but for particles: what is paid `for` may be anything."""
_INSIDE_NAMES = frozenset(" \t-'\"&.")
"""Characters between the words of one name."""


class LineSpan(NamedTuple):
    """The part of a span in one line: line number, and start and end (exclusive) in characters."""

    line: int
    start: int
    end: int


class Word(Struct, gc=False):
    """A word as written, with line and character of its start and of its end (exclusive)."""

    text: str
    line: int
    start: int
    last_line: int
    end: int


class Text(NamedTuple):
    """The words of a text in reading order; `line_separator` replaces the end of a line in a span."""

    lines: Sequence[str]
    words: list[Word]
    line_separator: str

    def original(self, first: int, last: int) -> str:
        """Return the words from first to last as written."""
        begin, end = self.words[first], self.words[last]
        if begin.line == end.last_line:
            return self.lines[begin.line][begin.start : end.end]
        cut_lines = {word.line for word in self.words[first : last + 1] if word.last_line > word.line}
        return "".join(
            self.lines[span.line][span.start : span.end]
            + ("" if span.line == end.last_line or span.line in cut_lines else self.line_separator)
            for span in self._lines(first, last)
        )

    def bounds(self, first: int, last: int) -> Bounds:
        """Return whether nothing that could belong to a name stands right before or after these words.

        Lines, marks other than hyphens, numbers, the words of `separators` and misspelt legal forms bound a
        name, and so does its own legal form. A label or the words for whom somebody acts announce it.
        """
        if not self._is_bounded(first, last):
            return ""
        return "announced" if self._is_announced(first) else "bounded"

    def _is_announced(self, first: int) -> bool:
        begin = max(0, first - MAX_PHRASE_WORDS)
        before = [plain_word(word.text) for word in self.words[begin:first]]
        for position, word in enumerate(before):
            group, size = group_at(before, position)
            if position + size == len(before) and group in ANNOUNCING and word not in PARTICLES:
                return True
        return False

    def _is_bounded(self, first: int, last: int) -> bool:
        words = self.words
        return (
            first == 0
            or plain_word(words[first].text) in LEGAL
            or self._is_boundary(words[first - 1], words[first], words[first - 1])
        ) and (
            last + 1 == len(words)
            or plain_word(words[last].text) in LEGAL
            or self._is_boundary(words[last], words[last + 1], words[last + 1])
        )

    def _is_boundary(self, left: Word, right: Word, neighbour: Word) -> bool:
        if left.last_line != right.line or any(char.isdigit() for char in neighbour.text):
            return True
        between = self.lines[right.line][left.end : right.start]
        if not _INSIDE_NAMES.issuperset(between):
            return True
        word = plain_word(neighbour.text)
        return is_separator(word) or may_be_legal_form(word)

    def line_spans(self, first: int, last: int) -> tuple[LineSpan, ...]:
        """Return the characters of the words from first to last, one span per line that is not empty."""
        return tuple(span for span in self._lines(first, last) if span.start < span.end)

    def _lines(self, first: int, last: int) -> list[LineSpan]:
        begin, end = self.words[first], self.words[last]
        return [
            LineSpan(
                line,
                begin.start if line == begin.line else 0,
                end.end if line == end.last_line else len(self.lines[line]),
            )
            for line in range(begin.line, end.last_line + 1)
        ]


def split_words(lines: Sequence[str], first: int = 0) -> list[Word]:
    """Return the words of the lines, the first of which has the number `first`."""
    return [
        Word(text[start:end], line, start, line, end)
        for line, text in enumerate(lines, start=first)
        for start, end in map(re.Match.span, _WORD.finditer(text))
    ]


def join_lines(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each word that a line's end may have cut in two, and the number of that line."""
    for line, (text, next_text) in enumerate(pairwise(lines)):
        if len(text) < MIN_CUT_LINE_LENGTH:
            continue
        right = _WORD.match(next_text[:MAX_CONTEXT_AT_CUT])
        if right is None:
            continue
        tail = text[-MAX_CONTEXT_AT_CUT:]
        left = list(_WORD.finditer(tail))
        if left and left[-1].end() == len(tail):
            yield left[-1].group() + right.group(), line


def text_at_cut(lines: Sequence[str], line: int) -> Text:
    """Return the words around the end of a line, the two at its end joined as `join_lines` does."""
    text = lines[line]
    shift = max(0, len(text) - MAX_CONTEXT_AT_CUT)
    left = [
        replace(word, line=line, last_line=line, start=word.start + shift, end=word.end + shift)
        for word in split_words([text[-MAX_CONTEXT_AT_CUT:]])
    ]
    right = split_words([lines[line + 1][:MAX_CONTEXT_AT_CUT]], first=line + 1)
    joined = Word(left[-1].text + right[0].text, line, left[-1].start, line + 1, right[0].end)
    return Text(lines, [*left[:-1], joined, *right[1:]], "")


def join_split_words(text: Text, is_listed: Callable[[str], bool], listed: Set[str]) -> Text:
    """Return the text with each two words joined that together are a listed one, else the same text.

    A line's end, or the end of a piece of an MT field, may cut a word in two. Across a line's end `is_listed`
    says whether a word is a listed one; within a line, where every two words are tried, it is if it is in
    `listed` and one of the two is not.
    """
    words = text.words
    forms = " ".join([word.text for word in words]).casefold().split(" ")
    pairs = list(map(add, forms, forms[1:]))
    spelt: Set[str] = listed & set(pairs)
    if not spelt and words and words[0].line == words[-1].line:
        return text
    if spelt:
        complete = {form for form in listed & set(forms) if len(form) >= MIN_COMPLETE_WORD}
        spelt = spelt & {
            left + right for left, right in pairwise(forms) if left not in complete or right not in complete
        }
    joined: list[Word] = []
    for pair, (left, right) in zip(pairs, pairwise(words), strict=True):
        if (
            (pair in spelt or right.line > left.line)
            and (not joined or joined[-1].end <= left.start or joined[-1].last_line < left.line)
            and _may_be_cut(text.lines, left, right)
            and (pair in spelt or is_listed(pair))
        ):
            joined.append(Word(left.text + right.text, left.line, left.start, right.last_line, right.end))
    return _with_words(text, joined) if joined else text


def _may_be_cut(lines: Sequence[str], left: Word, right: Word) -> bool:
    """Return whether there is only a blank or a line's end between two words."""
    if left.line == right.line:
        return right.start == left.end + 1 and lines[left.line][left.end].isspace()
    return right.line == left.line + 1 and right.start == 0 and left.end == len(lines[left.line])


def _with_words(text: Text, joined: Sequence[Word]) -> Text:
    """Return a text with words that were joined of two each, in place of these."""
    by_start = {(word.line, word.start): word for word in joined}
    words: list[Word] = []
    for word in text.words:
        if not (words and words[-1].end == word.end and words[-1].last_line == word.line):
            words.append(by_start.get((word.line, word.start), word))
    return Text(text.lines, words, text.line_separator)


def respell_words(text: Text) -> tuple[list[Word], Text]:
    """Return the words of a text that may be read in another way, and the text with these readings."""
    respelt = [
        Word(word, line, start, line, end)
        for line, content in enumerate(text.lines)
        for word, start, end in respellings(content)
    ]
    if not respelt:
        return respelt, text
    covered = {(word.line, place) for word in respelt for place in range(word.start, word.end)}
    words = [
        word
        for word in text.words
        if (word.line, word.start) not in covered and (word.line, word.end - 1) not in covered
    ]
    words = sorted([*words, *respelt], key=attrgetter("line", "start"))
    return respelt, Text(text.lines, words, text.line_separator)
