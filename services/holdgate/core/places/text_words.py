"""The words of a text that is searched for places, with their lines, and how several of them may be read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Letters of scripts with few or no spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese, Korean."""
JOINED_BY = frozenset(".'\u2019\u02bc")
"""Characters at which folding joins words: `D.P.R.K.`, `P'yongyang`."""


_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}


class WordInLine(NamedTuple):
    """A word of a text: its line, start and end in characters."""

    line: int
    start: int
    end: int
    text: str


def ascii_words(text: str) -> list[str]:
    """Return the case-folded words of an ASCII text."""
    return text.lower().translate(_BLANKS).split()


def is_unspaced(text: str) -> bool:
    """Return whether a text has letters of a script that is written without spaces."""
    return _UNSPACED.search(text) is not None


def runs_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern that cuts the unspaced ones of these phrases out of a run of characters."""
    unspaced = {phrase for phrase in phrases if is_unspaced(phrase)}
    return re.compile("|".join(sorted(map(re.escape, unspaced), key=len, reverse=True)) or r"(?!)")


def split_words(lines: Sequence[str], runs: re.Pattern[str]) -> Iterator[WordInLine]:
    """Yield the words of the lines. A run without spaces is split before and after each phrase of `runs`."""
    for number, line in enumerate(lines):
        is_spaced = line.isascii() or not is_unspaced(line)
        for match in _WORD.finditer(line):
            start, text = match.start(), match.group()
            if is_spaced or not is_unspaced(text):
                yield WordInLine(number, start, match.end(), text)
                continue
            end = 0
            for run in runs.finditer(text):
                if end < run.start():
                    yield WordInLine(number, start + end, start + run.start(), text[end : run.start()])
                end = run.end()
                yield WordInLine(number, start + run.start(), start + end, run.group())
            if end < len(text):
                yield WordInLine(number, start + end, match.end(), text[end:])


def original_text(
    words: Sequence[WordInLine], first: int, end: int, lines: Sequence[str], break_as: str = " "
) -> str:
    """Return words[first:end] as written; `break_as` replaces each end of a line."""
    start, last = words[first], words[end - 1]
    if start.line == last.line:
        return lines[start.line][start.start : last.end]
    pieces = [lines[start.line][start.start :].rstrip()]
    pieces += [lines[number].strip() for number in range(start.line + 1, last.line)]
    pieces.append(lines[last.line][: last.end].lstrip(" /"))
    return break_as.join(pieces)
