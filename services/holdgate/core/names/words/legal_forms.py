"""Legal forms in the names of companies: repair their words, reduce the forms of all countries to five."""

import re

from rigour.names import extract_org_types, replace_org_types_compare

from holdgate.core.names.words.company_phrases import join_phrases
from holdgate.core.names.words.phonetics import phonetic_key
from holdgate.core.names.words.tokens import LOST, LOST_LETTER, Token
from holdgate.core.names.words.word_classes import COMPANY_FORMS, LEGAL, LEGAL_VARIANTS, LONG_LEGAL

HALF_NORMALISED = ("llc liability company", "limited liability company")
"""What the first word of a damaged form becomes on its own, and what it was."""


def normalise_legal_forms(text: str) -> str:
    """Replace the company forms of any country with `llc`, `jsc`, `lp`, `llp` or `gp`.

    rigour's table also lists kinds of organisation whose abbreviations are words elsewhere (`is`, `na`, `ii`
    for state enterprise, fund, sole proprietor). In a text with one of these, company forms are replaced one
    by one and the rest is left as it is. Phrases of one meaning get the same words first.
    """
    text = join_phrases(text)
    org_types = extract_org_types(text, generic=True)
    if not org_types:
        return text
    if all(form in COMPANY_FORMS for _, form in org_types):
        return replace_org_types_compare(text, generic=True)
    for written, form in org_types:
        if form in COMPANY_FORMS:
            text = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", form, text)
    return text


def repair_legal_words(tokens: list[Token]) -> list[str]:
    """Return the forms of the tokens, those of legal words without misread letters and blanks inside."""
    forms: list[str] = []
    for token in tokens:
        form = _misread_legal_word(token) or token.form.replace(LOST, LOST_LETTER)
        if forms and forms[-1] + form in LONG_LEGAL:
            forms[-1] += form
        else:
            forms.append(form)
    return forms


def _misread_legal_word(token: Token) -> str:
    """Return the legal word of which letters were read as digits, else an empty string."""
    return next((form for form, how in token.readings if how == "ocr" and form in LEGAL), "")


def normalise_legal_word(token: Token) -> Token:
    """Return one variant for the variants of a legal word. Read L1MITED as LIMITED: such words are too short
    or too common to be recognised by an edit."""
    form = _misread_legal_word(token) or token.form
    form = LEGAL_VARIANTS.get(form, form)
    return token if form == token.form else token._replace(form=form, phonetic_key=phonetic_key(form))
