"""Words written together that the lists write apart, and legal forms nearly spelt."""

from functools import lru_cache

from rapidfuzz.distance import OSA

from holdgate.core.names.inverted_index import GROUPS, Index
from holdgate.core.names.token_weights import ordinary_share
from holdgate.core.names.word_classes import LEGAL, PARTICLES

_MOST_PARTS = 16
_MOST_STEPS = 1500
_BROKEN_FORMS = {"abd": "abdul", "abdel": "abdul", "abdal": "abdul", "el": "al", "ibn": "bin", "ben": "bin"}
_SHORT_LEGAL = tuple(sorted(word for word in LEGAL if 3 <= len(word) <= 4))


@lru_cache(maxsize=8192)
def may_be_form(word: str) -> bool:
    """Whether one edit makes the word, which no ordinary company carries, a legal form or a part of one."""
    return not ordinary_share(word, "entity") and any(
        OSA.distance(word, form, score_cutoff=1) <= 1 for form in LEGAL
    )


def is_nearly_legal(form: str) -> bool:
    """Whether one edit makes the word a short legal form: EODO, JCS."""
    return any(OSA.distance(form, word, score_cutoff=1) <= 1 for word in _SHORT_LEGAL)


def _is_free(word: str, persons: bool, inside: bool) -> bool:
    """Whether a part need not be on the record: a company's legal form, or an article, which in a company's
    word stands after another part (terrain is not Terra, Isybank is not IS Bank)."""
    if persons:
        return word in PARTICLES
    return word in LEGAL or (inside and len(word) > 1 and word in PARTICLES)


def spell_out(form: str, index: Index, group: int) -> tuple[dict[int, tuple[int, ...]], bool]:
    """Records that hold the listed tokens which, written together, spell the form, and whether legal
    forms alone spell it.

    Legal forms and articles between them need not be on the record.
    """
    ids = index.vocabulary.ids
    found: dict[int, tuple[int, ...]] = {}
    hollow = False
    steps = 0
    persons = GROUPS[group] == "person"
    stack: list[tuple[int, int, tuple[int, ...], frozenset[int] | None]] = [(0, 0, (), None)]
    while stack and steps < _MOST_STEPS:
        start, count, parts, records = stack.pop()
        for end in range(start + 1, len(form) + 1):
            steps += 1
            word = form[start:end]
            if end == start + 1 and records is None and not word.isdigit():
                continue
            at = ids.get(_BROKEN_FORMS.get(word, word))
            inside = records is not None and end < len(form)
            free = _is_free(word, persons, inside)
            if (at is None and not free) or count >= _MOST_PARTS:
                continue
            carriers = index.carriers(group, at) if at is not None else frozenset()
            both = carriers if records is None else records & carriers
            if both and at is not None:
                if end < len(form):
                    stack.append((end, count + 1, (*parts, at), both))
                elif count:
                    for record in both:
                        if len(found.get(record, ())) <= len(parts):
                            found[record] = (*parts, at)
            if free:
                if end < len(form):
                    stack.append((end, count + 1, parts, records))
                elif records is None:
                    hollow = hollow or (len(word) > 3 and form.isalpha())
                elif count:
                    for record in records:
                        found.setdefault(record, parts)
    return found, hollow
