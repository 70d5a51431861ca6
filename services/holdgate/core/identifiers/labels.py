"""Find identifiers by their label: `INN7720649916.AO ARGUMENT`, `passport no. A1234567`, `BIK 044525187`.

`data/labels.toml` has the labels. A label says which type of number follows, so a number with a label is
evidence inside a name, an address or a text, where a number without one could be anything.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any, NamedTuple

from holdgate.core.model.listed_entry import IdType

MIN_LABELLED = 6
"""Letters and digits that a labelled number has at least; of them three are digits. OFAC's list of 2023-12-28
has .35 % of all numbers of five digits, .041 % of those of six, .0077 % of seven and .0010 % of eight."""

_MAX_NUMBER = 48
_MIN_DIGITS = 3
_MAX_SERIES = 4
"""Letters of a passport's series, which a space may separate from its number (`AB 1234567`)."""
_MAX_GROUP = 4
"""Digits of a group in a number that is written in groups (`823 026 0248`)."""

_WORD = re.compile(r"[^\W\d_]+")
_ASCII_WORD = re.compile("[a-z]+")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_SEPARATORS = re.compile(r"[\W_]+")
_CHUNK = re.compile(r"[^\W_]+")
_BETWEEN_CHUNKS = re.compile(r" ?(?:[./\\\u2010-\u2015-]|(?:N[o°]\.?|№|number|номер) ?)| ", re.IGNORECASE)
_DIGITS = re.compile(r"(?:[A-Z](?:[-.] ?| )?)?\d(?:[ ./\u2010-\u2015-]{0,2}\d)*", re.IGNORECASE)
_BIC = re.compile(r"[A-Z]{4} ?[A-Z]{2} ?[A-Z0-9]{2}(?: ?[A-Z0-9]{3})?(?![^\W_])", re.IGNORECASE)
_GLUED_WORD = re.compile(r"(?<=\d)[^\W\d_]{4,}$")


class LabelledIdentifier(NamedTuple):
    """An identifier with its label: the type (None for a number that companies share), the number as written,
    the start of the label, and start and end of the number, in characters."""

    type: IdType | None
    value: str
    label_start: int
    start: int
    end: int


class _Label(NamedTuple):
    type: IdType | None
    lengths: tuple[int, ...]
    needs_filler: bool


def find_labelled(text: str) -> Iterator[LabelledIdentifier]:
    """Yield the identifiers of a text that have a label, from left to right and without overlap."""
    folded = text.casefold()
    words = folded.translate(_NO_LETTERS).split() if text.isascii() else _WORD.findall(folded)
    if _BY_FIRST_WORD.keys().isdisjoint(words):
        return
    end = 0
    for word in _ASCII_WORD.finditer(folded) if text.isascii() else _WORD.finditer(text):
        pattern = _BY_FIRST_WORD.get(word.group().casefold())
        match = pattern.match(text, word.start()) if pattern is not None and word.start() >= end else None
        if match is None:
            continue
        label = _LABELS[_fold(match[1])]
        filled = any(map(str.isalpha, match[2])) or not _MARKS.isdisjoint(match[2])
        number_end = _number_end(text, match.end(), label) if filled or not label.needs_filler else None
        if number_end is not None:
            value = text[match.end() : number_end]
            end = number_end
            yield LabelledIdentifier(label.type, value, word.start(), match.end(), number_end)


def names_bank_code(text: str) -> bool:
    """Return whether a text may label a BIC, the only identifier without digits."""
    return "SWIFT" in (upper := text.upper()) or "BIC" in upper


def labelled_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of each labelled identifier, the label included, in characters.

    Outside them are the words of a text: in `INN7720649916/772001001.AO ARGUMENT`, `AO ARGUMENT`.
    """
    spans: list[tuple[int, int]] = []
    for found in find_labelled(text):
        end = found.end
        while joined := _JOINED.match(text, end):
            end = joined.end()
        spans.append((found.label_start, end))
    return spans


def _number_end(text: str, start: int, label: _Label) -> int | None:
    """Return the end of the number that begins at `start`, or None if none does."""
    if label.type == "bic":
        match = _BIC.match(text, start)
        return match.end() if match else None
    return _digits_end(text, start, label.lengths) if label.lengths else _letters_end(text, start)


def _digits_end(text: str, start: int, lengths: tuple[int, ...]) -> int | None:
    """Return the end of a number with one of these numbers of digits.

    Digits without separators between them come first: in `7720649916 12 PCS` the number has ten.
    """
    match = _DIGITS.match(text, start, start + _MAX_NUMBER)
    if match is None:
        return None
    run = 0
    by_count: dict[int, int] = {}
    for count, position in enumerate((i for i in range(start, match.end()) if text[i].isdigit()), start=1):
        if not text[position + 1 : position + 2].isdigit():
            by_count[count] = position + 1
            run = run or count
    if run in lengths:
        return by_count[run]
    return next((by_count[length] for length in lengths if length in by_count), None)


def _letters_end(text: str, start: int) -> int | None:
    """Return the end of a number with letters: chunks that have digits, joined by single separators.

    A space ends the number once it is long enough, unless it separates groups of a few digits. A word that is
    glued to the end (`02012201010017OKPO`) is no part of it.
    """
    end, size, digits, grouped = start, 0, 0, True
    limit = start + _MAX_NUMBER
    while True:
        between = _BETWEEN_CHUNKS.match(text, end) if size else None
        if size and between is None:
            break
        chunk = _CHUNK.match(text, between.end() if between else end, limit)
        if chunk is None:
            break
        word = _GLUED_WORD.sub("", chunk.group())
        count = sum(map(str.isdigit, word))
        grouped = grouped and (count == len(word) <= _MAX_GROUP or (not size and not count))
        is_complete = size >= MIN_LABELLED and digits >= _MIN_DIGITS
        is_check_letter = len(word) == 1 and between is not None and between.group() == "-"
        if not count and not is_check_letter and (size or len(word) > _MAX_SERIES):
            break
        if is_complete and between and between.group() == " " and not grouped:
            break
        end, size, digits = chunk.start() + len(word), size + len(word), digits + count
        if len(word) < len(chunk.group()):
            break
    return end if size >= MIN_LABELLED and digits >= _MIN_DIGITS else None


def _fold(label: str) -> str:
    return _SEPARATORS.sub("", label).casefold()


def _label_pattern(words: str) -> str:
    """Return the pattern of a label: separators between its words, dots between the letters of an acronym."""
    if words.isupper() and " " not in words:  # an acronym
        return r"\.?".join(map(re.escape, words)) + r"\.?"
    return r"[\s./'+-]*".join(map(re.escape, re.split(r"[ '-]+", words)))


def _first_words(words: str) -> set[str]:
    first = re.split(r"[ '-]+", words)[0]
    return {first.casefold(), first[0].casefold()} if words.isupper() else {first.casefold()}


def _patterns(labels: dict[str, list[str]], fillers: list[str]) -> dict[str, re.Pattern[str]]:
    filler = "|".join(map(re.escape, sorted(fillers, key=len, reverse=True)))
    gap = rf"((?:(?:{filler})(?![^\W\d_])|[\s.:,;#=/()\"'№º°\u2010-\u2015-]){{0,8}})"
    return {
        first: re.compile(
            rf"(?<![^\W\d_])({'|'.join(sorted(map(_label_pattern, words), key=len, reverse=True))})"
            rf"(?![^\W\d_]){gap}",
            re.IGNORECASE,
        )
        for first, words in labels.items()
    }


def _read(table: dict[str, Any]) -> tuple[dict[str, _Label], dict[str, re.Pattern[str]]]:
    """Return the labels by their folded words, and the patterns by the first word of a label."""
    labels: dict[str, _Label] = {}
    by_first_word: dict[str, list[str]] = {}
    for group in table["labels"]:
        for words in group["words"]:
            needs_filler = words in group.get("needs_filler", ())
            labels[_fold(words)] = _Label(group.get("type"), tuple(group.get("lengths", ())), needs_filler)
            for first in _first_words(words):
                by_first_word.setdefault(first, []).append(words)
    return labels, _patterns(by_first_word, table["fillers"])


_MARKS = frozenset("#№º°")
_JOINED = re.compile(r"[/\\.]\d{5,15}(?![^\W_])")
_LABELS, _BY_FIRST_WORD = _read(
    tomllib.loads(resources.files(__package__).joinpath("data", "labels.toml").read_text("utf-8"))
)
