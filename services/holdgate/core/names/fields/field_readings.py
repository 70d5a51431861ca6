"""Readings of a name field: the whole, its parts, and the name with the lines that may continue it.

Each reading is matched as a name of its own. Evidence tells where in the payment it stands.
"""

import re
from functools import lru_cache
from itertools import takewhile
from typing import Literal, NamedTuple

from holdgate.core.model.evidence import Evidence, How
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.names.fields.parts import part_name
from holdgate.core.names.fields.separators import group_at, plain_word
from holdgate.core.names.matching.compounds import may_be_legal_form
from holdgate.core.names.matching.matcher import NameHit
from holdgate.core.names.matching.scoring import SUBSTANCE
from holdgate.core.names.matching.unmatched_words import MISSPELT_LEGAL_FORM_WEIGHT
from holdgate.core.names.words.trade_words import TRADE_WORD_PENALTY
from holdgate.core.names.words.word_classes import LEGAL, LEGAL_FORMS

CACHED_READINGS = 1 << 14
MAX_LENGTH_AS_NAMES = 2_000
"""Characters of a field that are matched as names; the rest of a longer one is searched as a text only."""
EXACT_SINGLE_WORD: frozenset[How] = frozenset(("exact", "joined", "split"))
"""Kinds of agreement that a single word needs."""
EXACT_SPELLINGS: frozenset[How] = EXACT_SINGLE_WORD | {"translit", "lost"}
"""Kinds of agreement that are not misspellings."""
MIN_EVIDENCE_MISSPELT_INSIDE = 14.5
"""Nats of a misspelt name of a person inside a name field: at 12, Ting Tsung (Foundation) was ASUNG, Sit."""
MIN_EVIDENCE_OTHER_LEGAL_FORM = 13.0
"""Nats of a company's name inside a name field, if its legal form is not the listed one: Import & Export Co.,
Ltd of another name was SAD IMPORT EXPORT COMPANY, with 11."""
MIN_SINGLE_WORD_WITH_LEGAL_FORM: dict[str, float] = {
    "first line": 4.0,
    "set apart": 4.0,
    "part": 6.0,
    "shared name": 6.0,
}
"""Nats of a part of one word that has its legal form and is spelt as listed. The figures here are from 7,230
ordinary names in contexts, 11,249 in plain fields, and 2,410 listed names with one edit in contexts. Without
this and the next constant 25 of the ordinary names are held (GAS LIMITED with 5.3, PCC LIMITED with 5.9)."""
MIN_MISSPELT_WITH_LEGAL_FORM = 6.5
"""The same if it is misspelt. At 9.5 parts find 14 listed names less; the ordinary names held for it are two
companies (INTERIORS LIMITED, INTERDORS, with 9.2). Service GmbH, ASERVICE has 3.6."""
MIN_SINGLE_WORD: dict[str, tuple[float, int]] = {
    "first line": (9.0, 5),
    "set apart": (6.5, 4),
    "part": (9.4, 8),
    "shared name": (9.4, 8),
}
"""Nats and letters of a part of one word that is spelt as listed. Without it 71 of the ordinary names are
held: 22 first lines (Christina, Lauren), 10 set apart (the Star), 36 parts (TERMINAL) and 3 shared names."""
MIN_SCORE_MISSPELT_PART = 0.68
"""Similarity of a part that is a person's name and not spelt as listed. Of 32,137 ordinary names, 9,640 of
them in contexts, 23 were held for a part, 6 of these for one below it (Ting Tsung, ASUNG, Sit Thaing). Of
1,230 listed persons with one edit in contexts none is found by such a part alone."""
MAX_WORDS_BEFORE_STREET = 2
"""Words of a name that may go on in the line of a street: it is cut short, not by the end of a full line."""

Role = Literal["whole", "first line", "joined", "set apart", "part", "shared name"]
"""What a reading is of its field: all of it; all of it, though the next line may go on; the field and lines
after it; a part that is clearly a name of its own; another part; a given name with the surname of another."""
ROLES_OF_PARTY: frozenset[Role] = frozenset(("whole", "first line", "joined"))
"""Roles of readings that name the party itself; a part of a field may name another one."""


class FieldReading(NamedTuple):
    """A name read from a field and perhaps the lines after it.

    `places` has line, start and end of it in characters: line 0 is the field, line 1 the first line after it.
    """

    value: str
    role: Role
    places: tuple[tuple[int, int, int], ...]


class FieldReadings(NamedTuple):
    """The readings of a field, the whole first; `is_complete`: no part was left out."""

    readings: tuple[FieldReading, ...]
    is_complete: bool


@lru_cache(CACHED_READINGS)
def read_name(value: str, following: tuple[str, ...] = ()) -> FieldReadings:
    """Return the readings of a name field and of the lines that may continue it."""
    is_complete = len(value) <= MAX_LENGTH_AS_NAMES
    if not is_complete:
        value, following = value[:MAX_LENGTH_AS_NAMES], ()
    goes_on = bool(following) and may_continue(following[0])
    readings = [FieldReading(value, "first line" if goes_on else "whole", ((0, 0, len(value)),))]
    parted = part_name(value)
    readings += [FieldReading(part.text, part.role, ((0, part.start, part.end),)) for part in parted.parts]
    is_complete = is_complete and parted.is_complete
    if goes_on and (cut := value.rstrip() + following[0].lstrip()) and _may_be_cut(value, following[0]):
        whole_lines = ((0, 0, len(value)), (1, 0, len(following[0])))
        readings.append(FieldReading(cut, "joined", whole_lines))
    text = value
    for line, continuation in enumerate(takewhile(may_continue, following), start=1):
        joined = f"{text.rstrip()} {continuation.lstrip()}"
        places = tuple((i, 0, len(written)) for i, written in enumerate((value, *following[:line])))
        readings.append(FieldReading(joined, "joined", places))
        readings += [
            FieldReading(part.text, part.role, places)
            for part in part_name(joined).parts
            if part.start < len(value) < part.end
        ]
        text = joined
    if following and not goes_on and len(value.split()) <= MAX_WORDS_BEFORE_STREET:
        rest = _words_before_street(following[0])
        if rest:
            begun = ((0, 0, len(value)), (1, 0, len(rest)))
            readings.append(FieldReading(f"{value} {rest.lstrip()}", "joined", begun))
    first_by_value = {reading.value: reading for reading in reversed(readings)}
    return FieldReadings(tuple(reversed(first_by_value.values())), is_complete)


def _words_before_street(line: str) -> str:
    """Return the words that may be the rest of a name, before a street or number: `SHOIGU 12 HIGH STREET`."""
    words = list(re.finditer(r"[^\s,;]+", line))
    plain = [plain_word(word.group()) for word in words]
    for position, word in enumerate(words):
        if re.search(r"\d", word.group()) or group_at(plain, position)[0] == "address":
            return line[: words[position - 1].end()] if position else ""
    return ""


@lru_cache(CACHED_READINGS)
def may_continue(line: str) -> bool:
    """Return whether a line may be the rest of a name: it has letters, no digits, and no street."""
    if not line.strip() or re.search(r"\d", line) or len(line) > 140:
        return False
    words = [plain_word(word.strip(",;")) for word in line.split()]
    return all(group_at(words, position)[0] != "address" for position in range(len(words)))


def _may_be_cut(line: str, continuation: str) -> bool:
    """Return whether the end of a line may cut a word in two: letters are on both sides of it."""
    left, right = line.rstrip()[-1:], continuation.lstrip()[:1]
    return left.isalpha() and right.isalpha() and left.isupper() == right.isupper()


def is_acceptable_reading(hit: NameHit, reading: FieldReading, type: EntryType) -> bool:
    """Return whether a hit on a reading names the entry, which is of this type.

    A part of a field is one of many candidates: it has to have all of a company's name, but for trade words
    beside rare ones, and a single word has to be rarer than in a field of its own.
    """
    if reading.role == "whole":
        return True
    if reading.role == "joined":
        return _begins_in_first_line(hit, reading)
    parts = [part for part in hit.evidence if part.weight > SUBSTANCE]
    if reading.role != "first line":
        if type == "person":
            is_misspelt = any(part.how not in EXACT_SPELLINGS for part in parts)
            if is_misspelt and hit.score < MIN_SCORE_MISSPELT_PART:
                return False
        elif reading.role == "shared name" or _is_partial(hit) or _is_in_other_order(hit, parts):
            return False
    if len(parts) != 1:
        return bool(parts)
    [part] = parts
    is_exact = part.how in EXACT_SINGLE_WORD
    if any(other.weight < -MISSPELT_LEGAL_FORM_WEIGHT for other in hit.evidence):
        return False
    if has_legal_form(hit):
        exact = MIN_SINGLE_WORD_WITH_LEGAL_FORM[reading.role]
        return part.weight >= (exact if is_exact else MIN_MISSPELT_WITH_LEGAL_FORM)
    weight, letters = MIN_SINGLE_WORD[reading.role]
    return is_exact and part.weight >= weight and len(part.matched) >= letters


def has_legal_form(hit: NameHit) -> bool:
    """Return whether a listed company's legal form is there, as listed or misspelt (`JOINT STOCK CMPANY`)."""
    if any(part.matched and is_legal_form(part) for part in hit.evidence):
        return True
    return any(not part.part and part.matched in LEGAL_FORMS for part in hit.evidence) and any(
        part.part and not part.matched and part.part not in LEGAL and may_be_legal_form(part.part)
        for part in hit.evidence
    )


def is_legal_form(part: Evidence) -> bool:
    """Return whether a part of the payment is a legal form; a misspelt one has four letters (JSW, JSC)."""
    is_misspelt = part.how == "edit" and len(part.part) <= 3
    return part.part in LEGAL_FORMS or bool(part.part and part.matched in LEGAL_FORMS and not is_misspelt)


def _begins_in_first_line(hit: NameHit, reading: FieldReading) -> bool:
    """Return whether a word that agrees begins in the field itself; later lines are searched anyway.

    A field of legal forms alone (`JSC`, `LIMITED LIABILITY`) begins the name of the next line.
    """
    size, text = reading.places[0][2], reading.value.casefold()
    words = (word.group() for word in re.finditer(r"\S+", text) if word.start() < size)
    if all(word in LEGAL or may_be_legal_form(word) for word in map(plain_word, words)):
        return True
    agreeing = (part.part.partition(" ")[0] for part in hit.evidence if part.weight > SUBSTANCE)
    return any(0 <= text.find(word) < size for word in agreeing)


def is_acceptable_inside(hit: NameHit, type: EntryType) -> bool:
    """Return whether a name found beside other words of a name field names the entry, of this type.

    Companies' names are made of each other's words: what is inside has to have all of the listed words, as
    they are listed, and no other. Ships are called by words that companies have.
    """
    if type in ("vessel", "aircraft"):
        return False
    parts = [part for part in hit.evidence if part.weight > SUBSTANCE]
    is_exact = all(part.how in EXACT_SPELLINGS for part in parts)
    if type == "person":
        return is_exact or sum(part.weight for part in parts) >= MIN_EVIDENCE_MISSPELT_INSIDE
    if any(part.how == "conflict" for part in hit.evidence):
        is_exact = is_exact and sum(part.weight for part in parts) >= MIN_EVIDENCE_OTHER_LEGAL_FORM
    return is_exact and all(part.weight >= -MISSPELT_LEGAL_FORM_WEIGHT for part in hit.evidence)


def _is_in_other_order(hit: NameHit, words: list[Evidence]) -> bool:
    """Return whether a company's words are in another order than listed (television and radio)."""
    listed = re.findall(r"\w+", hit.matched_name.casefold())
    positions = [listed.index(word.matched) for word in words if listed.count(word.matched) == 1]
    return positions != sorted(positions)


def _is_partial(hit: NameHit) -> bool:
    """Return whether the name lacks words of a company's, and has no other word that may be one misspelt."""
    has_other_word = any(part.part and part.weight < -SUBSTANCE for part in hit.evidence)
    return not has_other_word and any(
        part.matched and part.weight < -TRADE_WORD_PENALTY for part in hit.evidence
    )
