"""Find identifiers in names, addresses and free text: by their label, or by a form that nothing else has.

Without a label, a number is looked for only if it is long, or unique worldwide in a distinctive form (wallet
address, BIC, LEI, IBAN). A short passport number looks like any other one: an invoice may have the same.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from holdgate.core.identifiers.iban import iban_end
from holdgate.core.identifiers.keys import BIC_LENGTHS, LEI_LENGTH
from holdgate.core.identifiers.labels import find_labelled, names_bank_code
from holdgate.core.model.listed_entry import IdType
from holdgate.core.model.screened_fields import RULE_BY_ID_TYPE, CodeField, IdField

_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}(?:[ .-]?[A-Za-z0-9]){11,30}")
_MAY_BE_IBAN = re.compile(r"[0-9](?<=[A-Za-z]{2}[0-9])[0-9]")
"""The check digits of an IBAN: it begins with a digit, of which most lines have fewer than letters."""
_BEFORE_IBAN = re.compile(r"(?:^|[^A-Z0-9]|IBAN)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d(?:\D{0,3}\d){4}")
"""Five digits close together, which all identifiers have but BICs and wallet addresses; few names do."""
_TOKEN = re.compile(r"[A-Za-z0-9]{8,100}")

MIN_WALLET_LENGTH = 26
"""Length of the shortest wallet address on the lists (Bitcoin, Base58)."""
_WALLET_OR_BIC = re.compile(
    rf"(?<![A-Za-z0-9])(?:[A-Za-z0-9]{{{MIN_WALLET_LENGTH}}}"
    r"|[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9]))"
)

_MAY_BE_IDENTIFIER = re.compile(
    rf"{_NUMBER.pattern}|[A-Z]{{6}}[A-Z0-9]{{2}}|[A-Za-z0-9]{{{MIN_WALLET_LENGTH}}}|(?i:SWIFT|BIC)"
)

MIN_UNLABELLED = 10
"""Letters and digits of a number without label, five of them digits. OFAC's list of 2023-12-28 has .00002 %
of all numbers of ten digits, .00008 % of those of nine, and .001 % of those of eight, as dates have."""

_MIN_DIGITS = 5

CACHED_LINES, MAX_CACHED_LINE = 1 << 14, 140
"""Lines whose identifiers are cached, and their length: names, streets and towns come again and again."""

_Found = tuple[str, IdType | Literal["iban"], int, int]
"""An identifier as written, its type, and its start and end in the line."""


class IdentifierInText(NamedTuple):
    """An identifier in a text: the field to screen it as, and its start and end in the line in characters."""

    field: IdField | CodeField
    start: int
    end: int


def may_hold_identifiers(line: str) -> bool:
    """Return whether a line may hold an identifier: a cheap test that most names fail."""
    return _MAY_BE_IDENTIFIER.search(line) is not None


def find_identifiers(paths: Sequence[str], lines: Sequence[str]) -> Iterator[IdentifierInText]:
    """Yield the identifiers in lines of text; `paths` has the path of each line."""
    for path, line in zip(paths, lines, strict=True):
        for value, kind, start, end in (
            _find_in_short_line(line) if len(line) <= MAX_CACHED_LINE else _find_in_line(line)
        ):
            yield IdentifierInText(
                CodeField(path, value, "iban") if kind == "iban" else _field(path, value, kind), start, end
            )


@lru_cache(CACHED_LINES)
def _find_in_short_line(line: str) -> tuple[_Found, ...]:
    return tuple(_find_in_line(line))


def _find_in_line(line: str) -> Iterator[_Found]:
    has_number = _NUMBER.search(line) is not None
    if not (has_number or _WALLET_OR_BIC.search(line) or names_bank_code(line)):
        return
    spans: list[tuple[int, int]] = []
    for labelled in find_labelled(line) if has_number or names_bank_code(line) else ():
        spans.append((labelled.start, labelled.end))
        if labelled.type is not None:
            yield labelled.value, labelled.type, labelled.start, labelled.end
    tokens = _TOKEN.findall(line)
    if any(_type(token) for token in tokens if len(token) >= MIN_WALLET_LENGTH or not _is_word(token)):
        labelled_until = iter((*spans, (len(line), len(line) + 1)))
        span_start, span_end = next(labelled_until)
        for token in _TOKEN.finditer(line):
            while span_end <= token.start():
                span_start, span_end = next(labelled_until)
            kind = _type(token.group()) if token.end() <= span_start else None
            if kind:
                yield token.group(), kind, *token.span()
    for iban in _IBAN.finditer(line) if has_number and _MAY_BE_IBAN.search(line) else ():
        start, end = iban.start(), iban_end(iban.group())
        if end is not None and _BEFORE_IBAN.search(line, max(0, start - 4), start):
            yield iban.group()[:end], "iban", start, start + end


def _field(path: str, value: str, kind: IdType) -> IdField:
    return IdField(
        path, value, kind, None, "vessel" if kind == "imo" else RULE_BY_ID_TYPE.get(kind, "identifier")
    )


def _is_word(token: str) -> bool:
    """Return whether a token is letters alone that are not all capitals, as a BIC is."""
    return token.isalpha() and not token.isupper()


def _type(token: str) -> IdType | None:
    """Return the type that a token of letters and digits may have, None if it is no identifier."""
    size = len(token)
    if size >= MIN_WALLET_LENGTH:
        return "wallet"
    if size in BIC_LENGTHS and token.isupper() and token[:6].isalpha():
        return "bic"
    if size < MIN_UNLABELLED or sum(map(str.isdigit, token)) < _MIN_DIGITS:
        return None
    return "lei" if size == LEI_LENGTH and token[:1].isdigit() and not token.isdigit() else "other"
