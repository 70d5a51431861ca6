"""Names of companies and vessels as documents and other languages write them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random

from holdgate.quality.spellings.tables import company_words, legal_forms

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_SMALL = {"the", "of", "and", "for", "de", "la", "el", "y", "&", "in", "del", "des", "du", "et", "und"}
MIN_ACRONYM = 3
"""Fewest letters of an acronym."""


def abbreviate_words(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Abbreviate every word that has a usual abbreviation; with `one`, only the first."""
    return _replaced(name, "english", "abbreviation", 1 if of == "one" else 9, rng)


def translate_word(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write the first common word in the language that `of` names, or one of another language in English."""
    return _replaced(name, "english", of, 1, rng) or _replaced(name, of, "english", 1, rng)


def acronym(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Return the first letters of the words, legal forms left out."""
    words = re.findall(r"[^\W\d_]+", _without_form(name) or name)
    letters = "".join(word[0] for word in words if word.lower() not in _SMALL).upper()
    return letters if len(letters) >= MIN_ACRONYM and letters not in name.upper().split() else None


def add_acronym(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write the name before its acronym in brackets."""
    letters = acronym(name, of, choices, rng)
    return f"{name} ({letters})" if letters else None


def rewrite_number(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write a number the other way: II as 2, 2 as II."""
    words = name.split()
    for i, word in enumerate(words[1:], 1):
        if word.lower() in _ROMAN and len(word) > 1:
            return " ".join((*words[:i], str(_ROMAN[word.lower()]), *words[i + 1 :]))
        arabic = [roman for roman, number in _ROMAN.items() if word.lstrip("0") == str(number)]
        if arabic:
            return " ".join((*words[:i], arabic[0].upper(), *words[i + 1 :]))
    return None


def form_changed(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write the legal form by another spelling of its group, leave it out, or move it: as `of` says."""
    for group, start, end in _forms_of(name):
        rest = f"{name[:start]} {name[end:]}".strip(" ,")
        if len(rest) < 4 or (of == "out" and " " not in rest):
            return None
        rest = " ".join(rest.split())
        if of == "out":
            return rest
        if of == "move":
            return f"{rest} {name[start:end]}" if start == 0 else f"{name[start:end]} {rest}"
        others = [form for form in legal_forms()[group] if form.lower() != name[start:end].lower()]
        form = rng.choice(others)
        return f"{rest} {form}" if rng.random() < 0.7 else f"{form} {rest}"
    return None


def form_added(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Add a legal form to a name that has none."""
    if next(_forms_of(name), None) is not None or len(name.split()) < 2:
        return None
    return f"{name} {rng.choice([form for forms in legal_forms().values() for form in forms])}"


def word_added(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Add one of the words behind the name, before its legal form if it has one at the end."""
    for _, start, end in _forms_of(name):
        if end == len(name) and start > 0:
            base = name[:start].strip(" ,")
            return f"{base} {rng.choice(choices)} {name[start:]}" if len(base.split()) >= 1 else None
    return f"{name} {rng.choice(choices)}"


def word_dropped(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Leave out the last common word of a name that keeps two others, at least."""
    words = name.split()
    common = [i for i, word in enumerate(words) if word.strip(",.").lower() in _english() and i]
    kept = [word for word in words if word.strip(",.").lower() not in _english()]
    if not common or len(kept) < 2:
        return None
    return " ".join(word for i, word in enumerate(words) if i != common[-1])


@cache
def _english() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return {row["english"][0]: row for row in company_words()}


@cache
def _by_column(column: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    return {word: row for row in company_words() for word in row.get(column, ())}


def _replaced(name: str, column: str, other: str, most: int, rng: Random) -> str | None:
    changed, count = [], 0
    for word in name.split():
        bare = word.strip(",.").lower()
        row = _by_column(column).get(bare)
        spellings = [spelling for spelling in (row or {}).get(other, ()) if spelling != bare]
        if spellings and count < most:
            count += 1
            changed.append(rng.choice(spellings).upper())
        else:
            changed.append(word)
    return " ".join(changed) if count else None


def _without_form(name: str) -> str | None:
    for _, start, end in _forms_of(name):
        return " ".join(f"{name[:start]} {name[end:]}".strip(" ,").split())
    return None


@cache
def _form_finder() -> re.Pattern[str]:
    forms = sorted({form for forms in legal_forms().values() for form in forms}, key=len, reverse=True)
    return re.compile(rf"(?i)(?<![\w.'])(?:{'|'.join(map(re.escape, forms))})(?![\w.'])")


def _forms_of(name: str) -> Iterator[tuple[str, int, int]]:
    """Yield group, start and end of the legal forms at an end of the name."""
    for match in _form_finder().finditer(name):
        if match.start() == 0 or match.end() == len(name):
            groups = (group for group, forms in legal_forms().items() if match[0].upper() in forms)
            yield next(groups), match.start(), match.end()
