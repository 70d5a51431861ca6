"""Manipulate listed names as evaders, clerks and message formats do, reproducibly from a seed.

Each manipulation takes a name as it would be written in a payment, and returns the altered name, or None if
the manipulation does not apply (a name of one word has no middle name to drop).
"""

import re
from collections.abc import Callable
from random import Random
from string import ascii_lowercase

Manipulation = Callable[[str, str, Random], str | None]
"""(name, entry type, random generator) -> altered name, or None."""

_LOOKS_LIKE = dict(zip("aceopxyisj", "асеорхуіѕј", strict=True))
_ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\u00ad")
_ACCENTS = {
    "a": "áàâãäå",
    "e": "éèêëę",
    "i": "íìîï",
    "o": "óòôõö",
    "u": "úùûü",
    "c": "çćč",
    "n": "ñń",
    "s": "šśş",
    "z": "žź",
}
_OCR = {"o": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"}
_HONORIFICS = ("Mr", "Mr.", "Mrs.", "Dr.", "Prof.", "Sheikh", "Haji", "General", "Sir", "Eng.", "Mullah")
_EXTRA = (
    "PAYMENT",
    "INVOICE 4711",
    "REF 20231",
    "BRANCH",
    "C/O",
    "TRADING",
    "GROUP",
    "OFFICE",
    "LONDON",
    "ACCOUNT",
    "DUBAI",
)
_SPELLINGS = (
    ("kh", "h"), ("sh", "sch"), ("zh", "j"), ("iy", "y"), ("ey", "ei"), ("y", "i"), ("ou", "u"),
    ("oo", "u"), ("q", "k"), ("ph", "f"), ("ck", "k"), ("w", "v"), ("dj", "j"), ("yu", "iu"),
    ("ya", "ia"), ("o", "u"), ("ee", "i"), ("al-", "el-"), ("ts", "tz"), ("mm", "m"), ("ss", "s"),
    ("x", "ks"), ("gh", "g"), ("ai", "ay"), ("ks", "x"), ("u", "ou"), ("h", "kh"),
)  # fmt: skip
_CYRILLIC = (
    ("shch", "щ"), ("kh", "х"), ("zh", "ж"), ("ch", "ч"), ("sh", "ш"), ("ts", "ц"), ("yu", "ю"),
    ("ya", "я"), ("yo", "ё"), ("ye", "е"), ("iy", "ий"), ("a", "а"), ("b", "б"), ("c", "к"), ("d", "д"),
    ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"), ("l", "л"),
    ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"),
    ("u", "у"), ("v", "в"), ("w", "в"), ("x", "кс"), ("y", "й"), ("z", "з"),
)  # fmt: skip
_FORMS = (
    (
        ("LIMITED LIABILITY COMPANY", "LLC", "OOO", "L.L.C.", "GMBH"),
        r"\b(limited liability company|llc|l\.l\.c\.|ooo)(?!\w)",
    ),
    (
        ("JOINT STOCK COMPANY", "JSC", "AO", "J.S.C.", "S.A."),
        r"\b(joint stock company|jsc|j\.s\.c\.|ojsc|oao)(?!\w)",
    ),
    (("LTD", "LIMITED", "LTD.", "Ltd"), r"\b(limited|ltd\.?)(?!\w)"),
    (("INC", "INCORPORATED", "Inc."), r"\b(incorporated|inc\.?)(?!\w)"),
    (("CO", "COMPANY", "Co."), r"\b(company|co\.?)(?!\w)"),
    (("CORP", "CORPORATION", "Corp."), r"\b(corporation|corp\.?)(?!\w)"),
    (("S.A.", "SA", "SOCIEDAD ANONIMA"), r"\b(s\.a\.|sa)(?!\w)"),
)


def given_name_first(name: str, type: str) -> str:
    """Return a listed name as a payer writes it: `PUTIN, Vladimir` becomes `Vladimir PUTIN`."""
    if type == "person" and name.count(",") == 1:
        family, given = name.split(",")
        return f"{given.strip()} {family.strip()}"
    return name


def _letter_positions(name: str) -> list[int]:
    return [i for i, char in enumerate(name) if char.isalpha()]


def edit_letter(name: str, rng: Random) -> str:
    """Drop, change or add one letter, or swap it with the next."""
    i = rng.choice(_letter_positions(name))
    letter = rng.choice(ascii_lowercase)
    if name[i].isupper():
        letter = letter.upper()
    match rng.randrange(4):
        case 0:
            return name[:i] + name[i + 1 :]
        case 1:
            return name[:i] + letter + name[i + 1 :]
        case 2:
            return name[:i] + letter + name[i:]
        case _:
            if i + 1 < len(name) and name[i + 1].isalpha():
                return name[:i] + name[i + 1] + name[i] + name[i + 2 :]
            return name[:i] + letter + name[i + 1 :]


def single_edit(name: str, type: str, rng: Random) -> str | None:
    """Edit one letter of a name of six letters or more."""
    return edit_letter(name, rng) if len(_letter_positions(name)) >= 6 else None


def double_edit(name: str, type: str, rng: Random) -> str | None:
    """Make two edits anywhere in the name."""
    return edit_letter(edit_letter(name, rng), rng) if len(_letter_positions(name)) >= 8 else None


def word_order(name: str, type: str, rng: Random) -> str | None:
    """Move the first word to the end, or reverse the words."""
    words = name.replace(",", " ").split()
    if len(words) < 2:
        return None
    reordered = words[1:] + words[:1] if rng.random() < 0.5 else words[::-1]
    return " ".join(reordered)


def letter_case(name: str, type: str, rng: Random) -> str | None:
    """Change the case of the letters."""
    return rng.choice([name.lower(), name.upper(), name.title(), name.swapcase()])


def punctuation(name: str, type: str, rng: Random) -> str | None:
    """Drop hyphens, apostrophes and commas, or add commas, dashes or a full stop."""
    words = re.split(r"[\s,]+", name)
    return rng.choice(
        [" ".join(words).replace("-", " ").replace("'", ""), ", ".join(words), " - ".join(words), name + "."]
    )


def homoglyph(name: str, type: str, rng: Random) -> str | None:
    """Replace one to four letters by Cyrillic letters that look the same."""
    positions = [i for i, char in enumerate(name) if char.lower() in _LOOKS_LIKE]
    if not positions:
        return None
    chosen = set(rng.sample(positions, min(len(positions), rng.randint(1, 4))))
    return "".join(
        (_LOOKS_LIKE[char.lower()].upper() if char.isupper() else _LOOKS_LIKE[char]) if i in chosen else char
        for i, char in enumerate(name)
    )


def zero_width(name: str, type: str, rng: Random) -> str | None:
    """Insert three invisible characters."""
    for _ in range(3):
        i = rng.randrange(1, len(name))
        name = name[:i] + rng.choice(_ZERO_WIDTH) + name[i:]
    return name


def diacritics(name: str, type: str, rng: Random) -> str | None:
    """Put an accent on each letter that can have one, with a probability of 0.4."""
    return "".join(
        rng.choice(_ACCENTS[char.lower()]) if char.lower() in _ACCENTS and rng.random() < 0.4 else char
        for char in name
    )


def ocr(name: str, type: str, rng: Random) -> str | None:
    """Misread one or two letters as digits."""
    positions = [i for i, char in enumerate(name) if char.lower() in _OCR]
    if not positions or len(_letter_positions(name)) < 6:
        return None
    chosen = set(rng.sample(positions, min(len(positions), rng.randint(1, 2))))
    return "".join(_OCR[char.lower()] if i in chosen else char for i, char in enumerate(name))


def join_words(name: str, type: str, rng: Random) -> str | None:
    """Join all words, or two of them."""
    words = name.replace(",", " ").split()
    if len(words) < 2:
        return None
    if rng.random() < 0.5 or len(words) == 2:
        return "".join(words)
    i = rng.randrange(len(words) - 1)
    return " ".join([*words[:i], words[i] + words[i + 1], *words[i + 2 :]])


def split_word(name: str, type: str, rng: Random) -> str | None:
    """Split a word of six or more letters in two."""
    words = name.split()
    long_words = [i for i, word in enumerate(words) if len(word) >= 6 and word.isalpha()]
    if not long_words:
        return None
    i = rng.choice(long_words)
    cut = rng.randint(2, len(words[i]) - 2)
    words[i] = words[i][:cut] + rng.choice([" ", "-"]) + words[i][cut:]
    return " ".join(words)


def initial_only(name: str, type: str, rng: Random) -> str | None:
    """Shorten the first given name to its initial."""
    words = given_name_first(name, type).split()
    if type != "person" or len(words) < 2 or not words[0][:1].isalpha():
        return None
    return " ".join([words[0][0] + rng.choice([".", ""]), *words[1:]])


def drop_middle(name: str, type: str, rng: Random) -> str | None:
    """Drop one word between the first and the last."""
    words = name.replace(",", " ").split()
    if type != "person" or len(words) < 3:
        return None
    del words[rng.randrange(1, len(words) - 1)]
    return " ".join(words)


def honorific(name: str, type: str, rng: Random) -> str | None:
    """Put a title before the name."""
    return f"{rng.choice(_HONORIFICS)} {name}" if type == "person" else None


def extra_words(name: str, type: str, rng: Random) -> str | None:
    """Put a word of payments or trade before or after the name."""
    if len(name.split()) < 2:
        return None
    extra = rng.choice(_EXTRA)
    return f"{name} {extra}" if rng.random() < 0.6 else f"{extra} {name}"


def legal_form(name: str, type: str, rng: Random) -> str | None:
    """Write the legal form differently, or add one if there is none."""
    if type != "entity":
        return None
    for forms, pattern in _FORMS:
        if re.search(pattern, name, re.I):
            return re.sub(pattern, rng.choice(forms), name, count=1, flags=re.I)
    return f"{name} {rng.choice(['LLC', 'Ltd', 'OOO', 'GmbH', 'S.A.', 'FZE'])}"


def transliteration(name: str, type: str, rng: Random) -> str | None:
    """Change at most two spelling conventions of the romanisation."""
    lower = name.lower()
    usable = [pair for pair in _SPELLINGS if pair[0] in lower]
    if not usable or len(_letter_positions(name)) < 6:
        return None
    for old, new in rng.sample(usable, min(len(usable), 2)):
        lower = lower.replace(old, new, 1)
    return lower.title()


def cyrillic(name: str, type: str, rng: Random) -> str | None:
    """Write the name in Cyrillic, letter by letter."""
    if type != "person" or not re.search(r"(ov|ev|in|sky|skiy|ich|ova|eva|enko|yan)\b", name, re.I):
        return None
    lower = name.lower()
    for old, new in _CYRILLIC:
        lower = lower.replace(old, new)
    return lower.title()


def truncated_35(name: str, type: str, rng: Random) -> str | None:
    """Truncate to 35 characters, the length of a line in an MT message."""
    return name[:35] if len(name) > 35 else None


def truncated_140(name: str, type: str, rng: Random) -> str | None:
    """Truncate to 140 characters, the length of a name in ISO 20022."""
    return name[:140] if len(name) > 140 else None


def unchanged(name: str, type: str, rng: Random) -> str | None:
    """Return the name unchanged."""
    return name


MANIPULATIONS: dict[str, tuple[Manipulation, float]] = {
    "control": (unchanged, 1.0),
    "case": (letter_case, 1.0),
    "punctuation": (punctuation, 1.0),
    "order": (word_order, 1.0),
    "homoglyph": (homoglyph, 1.0),
    "zero_width": (zero_width, 1.0),
    "diacritics": (diacritics, 1.0),
    "concatenated": (join_words, 1.0),
    "initial": (initial_only, 1.0),
    "honorific": (honorific, 1.0),
    "edit": (single_edit, 0.99),
    "split": (split_word, 0.99),
    "ocr": (ocr, 0.99),
    "legal_form": (legal_form, 0.99),
    "cyrillic": (cyrillic, 0.99),
    "truncated_35": (truncated_35, 0.99),
    "truncated_140": (truncated_140, 0.99),
    "extra_words": (extra_words, 0.99),
    "double_edit": (double_edit, 0.97),
    "transliteration": (transliteration, 0.97),
    "drop_middle": (drop_middle, 0.97),
}
"""The classes of manipulations, each with its target recall."""
