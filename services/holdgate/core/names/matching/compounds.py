"""Compounds: query words that write several listed tokens together, and words that nearly spell a legal form.

The query builder asks `spell_out` for a word of a query (Abdulkarim for `abdul` + `karim`).
"""

from functools import lru_cache

from rapidfuzz.distance import OSA

from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.words.token_weights import ordinary_share
from holdgate.core.names.words.word_classes import GROUPS, LEGAL, LEGAL_VARIANTS, PARTICLES

_MAX_PARTS = 16
_MAX_STEPS = 1500
_BROKEN_FORMS = {"abd": "abdul", "abdel": "abdul", "abdal": "abdul", "el": "al", "ibn": "bin", "ben": "bin"}
_LEGAL_SYNONYMS = {
    word: legal for word, legal in LEGAL_VARIANTS.items() if len(word) > 6 and not legal.startswith(word)
}
"""Legal words in other spellings, but those that are cut: companies, kompania."""
_LIGHT_WORDS = PARTICLES | LEGAL
_COMPANY_PARTS = _BROKEN_FORMS | _LEGAL_SYNONYMS
_UNLISTED_PARTS = {
    True: _LIGHT_WORDS | _BROKEN_FORMS.keys(),
    False: _LIGHT_WORDS | _COMPANY_PARTS.keys(),
}
"""Words that may be parts of a compound though no listed name has them, for persons and for others."""
_SHORT_LEGAL = tuple(sorted(word for word in LEGAL if 3 <= len(word) <= 4))


@lru_cache(maxsize=8192)
def may_be_legal_form(word: str) -> bool:
    """Return whether a word is in no ordinary company's name and one edit from (a part of) a legal form."""
    return (
        len(word) > 2
        and not ordinary_share(word, "entity")
        and any(OSA.distance(word, form, score_cutoff=1) <= 1 for form in LEGAL)
    )


def is_nearly_legal(form: str) -> bool:
    """Return whether the word is one edit from a short legal form: EODO, JCS."""
    return any(OSA.distance(form, word, score_cutoff=1) <= 1 for word in _SHORT_LEGAL)


def _is_optional(word: str, is_person: bool, is_inner: bool) -> bool:
    """Return whether a part of a compound need not be in the listed name.

    That is an article in a person's name, and in a company's name a legal form, or an article between other
    parts (terrain is not Terra, Isybank is not IS Bank).
    """
    if is_person:
        return word in PARTICLES
    return word in LEGAL or (is_inner and len(word) > 1 and word in PARTICLES)


def spell_out(form: str, index: Index, group: int) -> tuple[dict[int, tuple[int, ...]], bool]:
    """Find the records whose tokens, written together, spell the form.

    Return record -> its tokens, and whether legal forms alone spell the form. Legal forms and articles
    between the tokens need not be in the record. Articles are not most of a person's name: Terminal is not
    `min`. The search is depth first and bounded in steps.
    """
    ids, forms = index.vocabulary.ids, index.vocabulary.forms
    tokens_by_record: dict[int, tuple[int, ...]] = {}
    only_legal_forms = False
    steps = 0
    is_person = GROUPS[group] == "person"
    other_forms = _BROKEN_FORMS if is_person else _COMPANY_PARTS
    unlisted_parts = _UNLISTED_PARTS[is_person]

    def is_enough(parts: tuple[int, ...]) -> bool:
        return not is_person or 2 * sum(len(forms[part]) for part in parts) > len(form)

    # start in the form, number of parts, listed tokens among them, records that carry all of these
    stack: list[tuple[int, int, tuple[int, ...], frozenset[int] | None]] = [(0, 0, (), None)]
    while stack and steps < _MAX_STEPS:
        start, count, parts, records = stack.pop()
        steps += len(form) - start
        for end in range(start + 1, len(form) + 1):
            word = form[start:end]
            if word not in ids and word not in unlisted_parts:  # nearly all
                continue
            if end == start + 1 and records is None and not word.isdigit():
                continue
            listed = word
            if word in other_forms:
                listed = other_forms[word]
            token = ids.get(listed)
            is_inner = records is not None and end < len(form)
            optional = word in _LIGHT_WORDS and _is_optional(word, is_person, is_inner)
            if (token is None and not optional) or count >= _MAX_PARTS:
                continue
            carriers = index.record_set(group, token) if token is not None else frozenset()
            common = carriers if records is None else records & carriers
            if common and token is not None:
                if end < len(form):
                    stack.append((end, count + 1, (*parts, token), common))
                elif count and is_enough((*parts, token)):
                    for record in common:
                        if len(tokens_by_record.get(record, ())) <= len(parts):
                            tokens_by_record[record] = (*parts, token)
            if optional:
                if end < len(form):
                    stack.append((end, count + 1, parts, records))
                elif records is None:
                    only_legal_forms = only_legal_forms or (len(word) > 3 and form.isalpha())
                elif count and is_enough(parts):
                    for record in records:
                        tokens_by_record.setdefault(record, parts)
    return tokens_by_record, only_legal_forms
