"""The words of a text's lines, each with its place: what a search in free text walks over."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from holdgate.core.names.analysis import MAX_PIECE

FULL_LINE = 34
"""Characters from which a line may have been cut inside a word: SWIFT MT lines hold 35."""
BESIDE_CUT = 60
"""Characters read on each side of such a cut."""

_SIGNS = (
    r"\s\x00-\x08\x0e-&(-/:-@\[-_{-\x9f\xa1-\xa9\xab-\xac\xae-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7"
    r"\u055a-\u055f\u0589\u05be\u05c0\u05c3\u060c\u061b\u061f\u066a-\u066d\u06d4\u2010-\u2017\u201a-\u2027"
    r"\u2030-\u205e\u20a0-\u20cf\u2100-\u2bff\u3000-\u303f\u30fb\uff01-\uff06\uff08-\uff0f\uff1a-\uff20"
)
_SYLLABLES = r"\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}(?:[^\W\d_](?!\w))?|[mM]/[vVtT]\b|[{_SYLLABLES}]|"
    rf"[^{_SIGNS}{_SYLLABLES}]{{1,{MAX_PIECE}}}"
)
"""A word is what stands between white space and signs; Han and Hangul write names without spaces, so that
each of their syllables is one. Combining marks, apostrophes and what no eye sees stay in the word."""


class LineSpan(NamedTuple):
    """Where a span stands: line, and characters of the line as written, the first and the one after."""

    line: int
    start: int
    end: int


class Word(Struct, gc=False):
    """A word as written, the line and character where it begins and those where it ends."""

    text: str
    line: int
    start: int
    last_line: int
    end: int


class Text(NamedTuple):
    """Words in reading order; `between` is what the end of a line stands for."""

    lines: Sequence[str]
    words: list[Word]
    between: str

    def original(self, first: int, last: int) -> str:
        """The words from first to last as written."""
        begin, end = self.words[first], self.words[last]
        if begin.line == end.last_line:
            return self.lines[begin.line][begin.start : end.end]
        places = self._lines(first, last)
        return self.between.join(self.lines[place.line][place.start : place.end] for place in places)

    def line_spans(self, first: int, last: int) -> tuple[LineSpan, ...]:
        """Where the words from first to last stand; of a line between them that is empty, nothing."""
        return tuple(place for place in self._lines(first, last) if place.start < place.end)

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
    """The words of the lines, the first of which is numbered `first`."""
    return [
        Word(found.group(), line, found.start(), line, found.end())
        for line, text in enumerate(lines, start=first)
        for found in _WORD.finditer(text)
    ]


def join_lines(lines: Sequence[str]) -> Iterator[tuple[Word, Text]]:
    """Each word that may have been cut in two by a line's end, and the words around it."""
    for line, (text, following) in enumerate(pairwise(lines)):
        if len(text) < FULL_LINE or not _WORD.match(following):
            continue
        left, right = split_words([text[-BESIDE_CUT:]]), split_words([following[:BESIDE_CUT]])
        shift = max(0, len(text) - BESIDE_CUT)
        if not left or not right or left[-1].end + shift < len(text) or right[0].start:
            continue
        left = [
            replace(word, line=line, last_line=line, start=word.start + shift, end=word.end + shift)
            for word in left
        ]
        right = [replace(word, line=line + 1, last_line=line + 1) for word in right]
        whole = Word(left[-1].text + right[0].text, line, left[-1].start, line + 1, right[0].end)
        yield whole, Text(lines, [*left[:-1], whole, *right[1:]], "")
