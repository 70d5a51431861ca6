"""Parts of a name field: the names in it, where it holds more than one name.

Payers write joint accounts, trading names, "on behalf of", titles, account descriptors and addresses into the
field of a name. The field is matched whole, and each part between such separators as a name of its own.
"""

import re
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from holdgate.core.names.fields.separators import (
    SeparatorGroup,
    group_at,
    may_be_separated,
    plain_word,
    separators,
)
from holdgate.core.names.words.analysis import MAX_PIECE
from holdgate.core.names.words.word_classes import LEGAL, PLACES

MAX_PARTS, MAX_PARTS_LENGTH = 24, 2_000
"""Parts of one field that are matched as names, and characters in all of them; further parts are only
searched for as in a text."""
CACHED_PARTED_NAMES = 1 << 14
MAX_RUNS_JOINED = 5
"""Parts beside `and` or `for` up to which the first ones, the last ones, and two neighbours are also matched
as one name."""
MAX_DIGITS_IN_NAME = 3
"""Digits of a number that may be a word of a name (ADVANCED PERSISTENT THREAT 39)."""
MIN_LETTERS_SET_APART, MIN_LETTERS_ALONE = 4, 8
"""Letters from which a single Latin word is matched as a name of its own: one that is set apart clearly, and
another, of which no shorter one is accepted (`field_readings.MIN_SINGLE_WORD`)."""

COMMA, BESIDE, AND, STRONG = 1, 2, 3, 4
"""How strongly separators separate: a comma stands inside names too, words of addresses and labels are beside
them, `and` is between them, and `formerly` is nothing else."""
STRENGTHS: dict[SeparatorGroup | None, int] = {
    "joint": AND,
    "for": STRONG,
    "alias": STRONG,
    "label": BESIDE,
    "honorific": STRONG,
    "address": BESIDE,
}
FIELD_EDGE = BESIDE
"""Strength of the beginning and the end of a field."""

_PIECE = re.compile(r"[,;:|^=()\[\]{}<>«»\n\t]|(?<=\s)[-–—]+(?=\s)|[^\s,;:|^=()\[\]{}<>«»]+")
_GLUED = re.compile(r"[/\\]+|(?<=[^\W\d_]{3})[&+](?=[^\W\d_]{3})|(?<=[A-Za-z])[和与與及](?=[A-Za-z])")
"""Between two names that are written without a blank; a company of initials (AT&T) is one name."""
_JOINS = frozenset("/\\&+和与與及")
_COMMA = frozenset(",")
_MARKS = frozenset(";:|^=\n\t")
_BRACKETS = frozenset("()[]{}<>«»")
_DASHES = frozenset("-–—")
_NUMBER = re.compile(r"\W*(?=[^\W_]*\d[^\W_]*\d|\d+\W*$)[^\W_]*(?:\W[^\W_]*)*")

PartRole = Literal["set apart", "part", "shared name"]


class Part(NamedTuple):
    """A part of a name field: its text, its role, and its place in the field.

    What stands behind `formerly` is set apart: it is a name even if it is one word. What stands behind `and`
    or a comma may be the rest of the name before it. Only the names of persons are shared in part.
    """

    text: str
    role: PartRole
    start: int
    end: int


class PartedName(NamedTuple):
    """The parts of a name field beside the whole; `is_complete`: none had to be left out."""

    parts: tuple[Part, ...]
    is_complete: bool


NO_PARTS = PartedName((), True)
NO_NAMES = PLACES | LEGAL


class _Piece(NamedTuple):
    """A word or mark of a field, and how strongly it separates: 0 not at all, to STRONG.

    `may_be_in_name`: it separates, and may be a word of a name as well: a label, a short number, or a title.
    """

    start: int
    end: int
    strength: int
    may_be_in_name: bool
    is_title: bool = False


@lru_cache(CACHED_PARTED_NAMES)
def part_name(value: str) -> PartedName:
    """Return the parts of a name field, in the order of the field, the longer ones first.

    A part longer than MAX_PIECE is not a name; the whole field is matched in pieces of that length.
    """
    if not may_be_separated(value):
        return NO_PARTS
    pieces = _split(value)
    if not any(piece.strength for piece in pieces):
        return NO_PARTS
    parts: dict[tuple[int, int], Part] = {}
    for strength in (STRONG, AND, BESIDE, COMMA):
        for run, is_set_apart in _runs(pieces, strength):
            start, end = run[0].start, run[-1].end
            if (start, end) in parts:
                continue
            text = value[start:end]
            if text == value.strip() or len(text) > MAX_PIECE or not _may_be_name(text, is_set_apart):
                continue
            is_party = is_set_apart or (strength == AND and _has_own_legal_form(run, pieces, value))
            parts[start, end] = Part(text, "set apart" if is_party else "part", start, end)
    for start, end in (*_joined_runs(pieces), *_beside_commas(pieces)):
        if (start, end) not in parts and end - start <= MAX_PIECE and value[start:end] != value.strip():
            parts[start, end] = Part(value[start:end], "part", start, end)
    shared = _with_shared_surnames(value, pieces)
    found = sorted({*parts.values(), *shared}, key=lambda part: (part.start - part.end, part.start))
    lengths = accumulate(part.end - part.start for part in found[:MAX_PARTS])
    size = sum(length <= MAX_PARTS_LENGTH for length in lengths)
    return PartedName(tuple(found[:size]), size == len(found))


def _split(value: str) -> list[_Piece]:
    """Split a field into its words and separators."""
    matches = list(_PIECE.finditer(value))
    words = [plain_word(match.group()) for match in matches]
    pieces: list[_Piece] = []
    position = 0
    while position < len(matches):
        match, text = matches[position], matches[position].group()
        strength, size, group = 0, 1, None
        if text in _COMMA or (text[0] in _DASHES and set(text) <= _DASHES):
            strength = COMMA
        elif text in _MARKS or text in _BRACKETS:
            strength = STRONG if text in _MARKS else BESIDE
        else:
            group, size = group_at(words, position)
            if group == "honorific" and pieces and not pieces[-1].strength:
                group = None  # Khalid Shaikh Mohammed
            if group == "joint" and text.isalpha() and len(text) == 1 and _is_spread(matches, position):
                group = None
            strength = STRENGTHS.get(group, 0)
            if not strength and group != "form":
                size = 1
                if _NUMBER.fullmatch(text):
                    strength = BESIDE
        if strength or not _GLUED.search(text):
            end = matches[position + size - 1].end()
            may_be_in_name = text[0].isalpha() or (text.isdigit() and len(text) <= MAX_DIGITS_IN_NAME)
            is_title = strength > 0 and group == "honorific"
            pieces.append(_Piece(match.start(), end, strength, may_be_in_name, is_title))
        else:
            pieces += _split_glued(match.start(), text)
        position += size
    return pieces


def _is_spread(matches: list[re.Match[str]], position: int) -> bool:
    """Return whether a word is one of four single letters in a row, which spell a name: K E V I N."""
    around = [match.group() for match in matches[max(0, position - 3) : position + 4]]
    is_letter = [len(word) == 1 and word.upper() != word.lower() for word in around]
    return any(all(is_letter[first : first + 4]) for first in range(len(around) - 3))


def _split_glued(start: int, text: str) -> list[_Piece]:
    """Split a word such as `IVANOV/PETROV` or `IVANOV&PETROV`; a slash may also stand alone."""
    pieces: list[_Piece] = []
    for match in re.finditer(rf"{_GLUED.pattern}|.(?:(?!{_GLUED.pattern}).)*", text):
        strength = AND if match.group()[0] in _JOINS else 0
        pieces.append(_Piece(start + match.start(), start + match.end(), strength, not strength))
    return pieces


def _runs(pieces: list[_Piece], strength: int) -> list[tuple[list[_Piece], bool]]:
    """Return the runs of pieces between separators of at least a strength, without separators at their ends.

    With each run: whether it is set apart: a strong separator is on one side, and another one on the other.
    """
    runs: list[tuple[list[_Piece], bool]] = []
    run: list[_Piece] = []
    left = FIELD_EDGE
    for piece in [*pieces, None]:
        if piece is not None and piece.strength < strength:
            run.append(piece)
            continue
        right = piece.strength if piece is not None else FIELD_EDGE
        untrimmed = list(run)
        edges = [run[0], run[-1]] if run else []
        labels = [piece for piece in edges if piece.strength == BESIDE and piece.may_be_in_name]
        while run and run[0].strength:
            left = max(left, run.pop(0).strength)
        while run and run[-1].strength:
            right = max(right, run.pop().strength)
        if run:
            is_set_apart = (left == STRONG and right > 0) or (right == STRONG and left >= BESIDE)
            runs.append((run, is_set_apart))
            if labels and strength > BESIDE:  # a label may be part of the name
                runs.append((untrimmed, is_set_apart))
            left = 0
        left = max(left, right)
        run = []
    return runs


def _joined_runs(pieces: list[_Piece]) -> list[tuple[int, int]]:
    """Return start and end of neighbouring parts that may be one name, with what stands between them.

    Names have `and` and `for` inside (Hamer and Nail; Society for Peace and Development), and begin with
    titles (Haji Basir and Zarjmil Company).
    """
    runs = [run for run, _ in _runs(pieces, AND)]
    size = len(runs)
    if not 2 < size <= MAX_RUNS_JOINED:
        return []
    first_and_last = {
        *((0, last) for last in range(1, size - 1)),
        *((first, size - 1) for first in range(1, size - 1)),
        *pairwise(range(size)),
    }
    return [
        (_start_with_titles(runs[first][0], pieces), runs[last][-1].end)
        for first, last in sorted(first_and_last)
    ]


def _start_with_titles(first: _Piece, pieces: list[_Piece]) -> int:
    """Return the start of a part with the titles before it."""
    position = pieces.index(first)
    while position and pieces[position - 1].is_title:
        position -= 1
    return pieces[position].start


def _beside_commas(pieces: list[_Piece]) -> list[tuple[int, int]]:
    """Return start and end of what is before or behind a comma, if other separators are in the field too."""
    commas = [i for i, piece in enumerate(pieces) if piece.strength == COMMA and 0 < i < len(pieces) - 1]
    if not commas or all(piece.strength < AND for piece in pieces):
        return []
    return [
        span
        for i in dict.fromkeys((commas[0], commas[-1]))
        for span in ((pieces[0].start, pieces[i - 1].end), (pieces[i + 1].start, pieces[-1].end))
    ]


def _has_own_legal_form(run: list[_Piece], pieces: list[_Piece], value: str) -> bool:
    """Return whether a party beside `and` has a legal form of its own (`LLC Synesis and Mary Brooks`).

    A legal form at the end of the field belongs to all of it, unless another one is before it (Smith and Sons
    Ltd, but Smith LLC and Sons Ltd).
    """
    words = [_is_legal_form(value[piece.start : piece.end]) for piece in (run[0], run[-1])]
    if not any(words):
        return False
    is_last = run[-1].end >= pieces[-1].end
    if words[0] or not is_last or run[0] is pieces[0]:
        return True
    before = (value[piece.start : piece.end] for piece in pieces if piece.end <= run[0].start)
    return any(map(_is_legal_form, before))


def _is_legal_form(text: str) -> bool:
    """Return whether a word or a run of single letters is (part of) a legal form."""
    word = plain_word(text)
    return word in LEGAL or separators().groups.get(word) == "form"


def _may_be_name(text: str, is_set_apart: bool) -> bool:
    """Return whether a part has letters enough for a name, and is no country, large city or legal form."""
    letters = sum(map(str.isalpha, text))
    needed = MIN_LETTERS_SET_APART if is_set_apart else MIN_LETTERS_ALONE
    if letters < 2 or (letters < needed and text.isascii() and " " not in text.strip()):
        return False
    return not NO_NAMES.issuperset(plain_word(text).split())


def _with_shared_surnames(value: str, pieces: list[_Piece]) -> list[Part]:
    """Return `Ali Hassan` of `Ali and Fatima Hassan`: parties of one name are written with it once."""
    parts: list[Part] = []
    runs = [(run, value[run[0].start : run[-1].end]) for run, _ in _runs(pieces, AND)]
    for (left, left_text), (right, _) in pairwise(runs):
        surname = value[right[-1].start : right[-1].end]
        between = (piece for piece in pieces if left[-1].end <= piece.start < right[0].start)
        if (
            len(left) == 1
            and 1 < len(right) < 4
            and left_text.isalpha()
            and plain_word(surname) not in LEGAL
            and any(piece.strength == AND for piece in between)
        ):
            parts.append(Part(f"{left_text} {surname}", "shared name", left[0].start, right[-1].end))
    return parts
