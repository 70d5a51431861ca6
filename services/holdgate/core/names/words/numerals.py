"""Numbers in names of companies and ships: II and 2, No. 2, N2 and 002 are one number.

Called by the analysis of listed names and of queries, so all of these meet as the same token.
"""

import re

from holdgate.core.names.words.tokens import Token, make_token
from holdgate.core.names.words.word_classes import LEGAL_FORMS

MAX_NUMBER_DIGITS = 5
"""Digits of a number that belongs to a name (military unit 25979); longer ones are of accounts and taxes."""
_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {"x" * tens + unit: str(10 * tens + i) for tens in range(4) for i, unit in enumerate(_UNITS)}
_WORDS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
"""Numbers in words, behind the first word of a name: Nord Stream Two."""
_ORDINALS = dict(
    zip("1st 2nd 3rd 4th 5th 6th".split(), "first second third fourth fifth sixth".split(), strict=True)
)
"""Ordinals are words, wherever they stand: 1st East Export Bank."""
_ALSO_WORDS = frozenset("i v x vi xi".split())
"""Roman numerals that are letters or words too; they are numbers as the last word only."""
_SIGNS = frozenset("n no nr nro num nomer numero".split())
_WITH_SIGN = re.compile(r"(?:n|no|nr)?0*([1-9]\d{0,3})")
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")


def comparable_number(form: str) -> str:
    """Return a number behind other words as it is compared: 2 for ii, n2, 002; else the form."""
    return _number(form) or form


def is_number(form: str) -> bool:
    """Return whether a word is a number wherever it stands."""
    return form.isdigit() or (form in _ROMAN and form not in _ALSO_WORDS)


def is_number_sign(form: str) -> bool:
    """Return whether a word says that a number follows."""
    return form in _SIGNS


def normalise_numbers(tokens: list[Token], truncated: bool) -> list[Token]:
    """Write the numbers behind the first word in Arabic digits, without a sign and leading zeros.

    The last letter of a truncated name is no number. A word alone, as the search in text looks it up, is one
    if it is nothing else (III).
    """
    if len(tokens) == 1 and is_number(tokens[0].form):
        return [_as_number(tokens[0], comparable_number(tokens[0].form))]
    if any(token.form in _ORDINALS for token in tokens):
        tokens = [
            make_token(_ORDINALS[token.form], _ORDINALS[token.form], "Latin")
            if token.form in _ORDINALS
            else token
            for token in tokens
        ]
    if not any(
        token.form in _ROMAN or token.form in _WORDS or token.form[-1].isdigit() for token in tokens[1:]
    ):
        return tokens
    out = tokens[:1]
    for i, token in enumerate(tokens[1:], 1):
        number = _number(token.form)
        if number is None or (token.form in _ALSO_WORDS and (truncated or not _ends_name(tokens[i + 1 :]))):
            out.append(token)
            continue
        if len(out) > 1 and out[-1].form in _SIGNS:
            out.pop()
        out.append(_as_number(token, number))
    return out


def _as_number(token: Token, number: str) -> Token:
    return token._replace(form=number, phonetic_key=number, readings=())


def _number(form: str) -> str | None:
    if form in _ROMAN:
        return _ROMAN[form]
    if form in _WORDS:
        return _WORDS[form]
    match = _WITH_SIGN.fullmatch(form)
    return match[1] if match else None


def _ends_name(tokens: list[Token]) -> bool:
    return all(token.form in LEGAL_FORMS for token in tokens)


def digits_of(form: str) -> list[str]:
    """Return the numbers in a word that belong to a name: 51 of 51st. A year is rather that of a document."""
    return [
        digits
        for digits in _DIGITS.findall(form)
        if len(digits) <= MAX_NUMBER_DIGITS and not _YEAR.fullmatch(digits)
    ]
