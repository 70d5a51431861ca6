"""A name as its comparable tokens: cleaned, romanised, split, with what each token is.

Bounds come before work: format characters and lone surrogates are dropped, combining marks are capped
(Unicode normalisation is quadratic in them), and a long name is handed out in overlapping pieces.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rigour.names import extract_org_types, replace_org_types_compare

from holdgate.core.names.phonetics import phonetic_key
from holdgate.core.names.tokens import ABJADS, SYLLABIC, Token, token_of, tokens_of, words_of
from holdgate.core.names.word_classes import COMPANY_FORMS, LEGAL, PARTICLES, Group, TokenClass, word_class

MAX_PIECE = 384
"""Characters matched at once. Longer names are screened in pieces of this size, never cut."""
PIECE_OVERLAP = 128
"""Characters two neighbouring pieces share: 99 names in 100 of OFAC and UN have under 80, all under 325."""
MAX_MARKS = 4
"""Combining marks kept on one base character: Vietnamese and pointed Hebrew need three."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\ud800-\udfff\U000e0000-\U000e0fff]"
)


_AL_BEFORE_SUN = {"ad", "an", "ar", "as", "ash", "at", "az", "adh"}
_ABDULLAH = re.compile(r"abd[aeiou]l+ah((?!i?$)[a-z]{3,})")
_ABD = re.compile(r"abd(?:[aeiou]l|[aeou](?=([rsznt])\1)[rsznt]|[aeiou])?(?![aeiou]*l*[ao]h?$)([a-z]{4,})")


class Name(NamedTuple):
    """A name of one group, analysed."""

    tokens: tuple[Token, ...]
    truncated: bool
    """Whether its length is one at which payment formats cut: 35, 70, 105 or 140 characters."""


def clean_name(text: str) -> str:
    """Drop what no eye sees and bound what normalisation must decompose; compatibility forms become plain."""
    if text.isascii():
        return _INVISIBLE.sub("", text) if not text.isprintable() else text
    text = _INVISIBLE.sub("", text)
    if any(map(unicodedata.combining, text)):
        kept: list[str] = []
        marks = 0
        for char in text:
            marks = marks + 1 if unicodedata.combining(char) else 0
            if marks <= MAX_MARKS:
                kept.append(char)
        text = "".join(kept)
    return unicodedata.normalize("NFKC", text)


def split_pieces(text: str) -> list[str]:
    """The text in overlapping pieces of at most MAX_PIECE characters."""
    if len(text) <= MAX_PIECE:
        return [text]
    step = MAX_PIECE - PIECE_OVERLAP
    return [text[at : at + MAX_PIECE] for at in range(0, max(1, len(text) - PIECE_OVERLAP), step)]


def _legal_forms(text: str) -> str:
    """Company forms of any country as `llc`, `jsc`, `lp`, `llp` or `gp`.

    The table also knows kinds of organisation by abbreviations that are words elsewhere (`is`, `na`, `ii`
    as state enterprise, fund, sole proprietor): a text with one of these has its company forms replaced
    one by one and keeps the rest.
    """
    found = extract_org_types(text, generic=True)
    if not found:
        return text
    if all(form in COMPANY_FORMS for _, form in found):
        return replace_org_types_compare(text, generic=True)
    for written, form in found:
        if form in COMPANY_FORMS:
            text = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", form, text)
    return text


def analyse(text: str, group: Group) -> Name:
    """One piece of a name (at most MAX_PIECE characters) as tokens of the group.

    Never raises on any string; a name of signs alone has no tokens.
    """
    text = clean_name(text)
    length = len(text.strip())
    truncated = length in (34, 35, 69, 70, 104, 105, 139, 140)
    text = text.casefold()
    if group == "person":
        text = text.replace(".", " ")
    elif group == "entity":
        text = _legal_forms(text)
    tokens = [token for word in words_of(text) for token in tokens_of(word)]
    if group == "entity" and not text.isascii():
        # Legal forms hidden by diacritics, homoglyphs or another alphabet show in the romanised text.
        romanised = " ".join(token.form for token in tokens)
        plain = _legal_forms(romanised)
        if plain != romanised:
            tokens = [token for word in plain.split() for token in tokens_of(word)]
    if not text.isascii() and any(token.script == "Latin" and token.form.isalpha() for token in tokens):
        tokens = [_disguised(token) for token in tokens]
    tokens = (
        _person(tokens) if group == "person" else [_legal_ocr(token) for token in _joined_letters(tokens)]
    )
    kinds = [_kind(token, group) for token in tokens]
    if "word" not in kinds:  # a name of titles or legal forms alone is taken at its word
        kinds = ["word" if kind in ("title", "legal", "filler") else kind for kind in kinds]
    return Name(
        tuple(
            token if kind == "word" else _as(token, kind) for token, kind in zip(tokens, kinds, strict=True)
        ),
        truncated,
    )


@lru_cache(1 << 13)
def _as(token: Token, kind: TokenClass) -> Token:
    return token._replace(kind=kind)


def _kind(token: Token, group: Group) -> TokenClass:
    """A word in a script of syllables or consonants may look like a title or particle without being one."""
    if token.script in SYLLABIC or (token.script in ABJADS and token.form not in PARTICLES):
        return "number" if token.form.isdigit() else "word"
    return word_class(token.form, group)


def _person(tokens: list[Token]) -> list[Token]:
    """`abd al-X`, `Abdul X` and `AbdelX` brought to `abdul` + X; the article before a sun letter to `al`."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        if not token.form.isalpha() and token.readings:  # a digit inside a person's name is a misread letter
            form = token.readings[0][0]
            token = token._replace(form=form, readings=token.readings[1:])
        form = token.form
        following = tokens[at + 1].form if at + 1 < len(tokens) else ""
        if form in ("al", "el", "ul") and out and out[-1].form == "abdul":
            continue
        if form == "allah" and out and out[-1].form == "abdul":
            out[-1] = token._replace(form="abdullah", phonetic_key=phonetic_key("abdullah"))
        elif form == "allah" and out and out[-1].script in ABJADS:  # Najib Allah is written Najibullah
            last = out[-1]
            out[-1] = token_of(f"{last.shown} {token.shown}", last.form + "ullah", last.script)
        elif form in ("el", "ul") or (form in _AL_BEFORE_SUN and following.startswith(form[1:])):
            out.append(token._replace(form="al", phonetic_key="al", readings=()))
        elif form in ("ibn", "ben"):
            out.append(token._replace(form="bin", phonetic_key="bin", readings=()))
        elif form.startswith("abd"):
            out.extend(_abdul(token))
        else:
            out.append(token)
    return out


def _abdul(token: Token) -> list[Token]:
    if token.form in ("abd", "abdul", "abdel", "abdal", "abdol", "abdoul", "abdu", "abdi"):
        return [token._replace(form="abdul", phonetic_key="abdul")]
    if found := _ABDULLAH.fullmatch(token.form):
        rest = found.group(1)
        return [
            token._replace(
                shown=token.shown[: -len(rest)],
                form="abdullah",
                phonetic_key=phonetic_key("abdullah"),
                readings=(),
            ),
            token_of(token.shown[-len(rest) :], rest, token.script),
        ]
    if found := _ABD.fullmatch(token.form):
        rest = found.group(2)
        return [
            token._replace(shown=token.shown[: -len(rest)], form="abdul", phonetic_key="abdul", readings=()),
            token_of(token.shown[-len(rest) :], rest, token.script),
        ]
    return [token]


def _disguised(token: Token) -> Token:
    """Beside Latin words, one of letters that all look Latin is taken for what it looks like."""
    for form, how in token.readings:
        if how == "homoglyph":
            return token_of(token.shown, form, "Latin", ((token.form, "translit"),))
    return token


def _legal_ocr(token: Token) -> Token:
    """L1MITED read as LIMITED: too short or too common a word to be recognised by its other letters."""
    for form, how in token.readings:
        if how == "ocr" and form in LEGAL:
            return token._replace(form=form, phonetic_key=phonetic_key(form))
    return token


def _joined_letters(tokens: list[Token]) -> list[Token]:
    """Runs of single letters as one token: A B C = ABC."""
    out: list[Token] = []
    run: list[Token] = []
    for token in tokens:
        if len(token.form) == 1 and not token.form.isdigit():
            run.append(token)
            continue
        out.extend(_joined(run))
        run.clear()
        out.append(token)
    return out + _joined(run)


def _joined(run: list[Token]) -> list[Token]:
    if len(run) < 2:
        return list(run)
    return [token_of("".join(token.shown for token in run), "".join(token.form for token in run), "Latin")]
