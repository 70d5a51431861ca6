"""Party and agent fields of MT messages: options A, B, C, D, F, G, H, K, L and none.

Source: SWIFT User Handbook, field formats of 50a, 52a-58a and 59a. A line holds 35 characters, in option F
33 after its number, and a name that is longer runs on in the next one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from holdgate.core.intake.draft import Members, Origins

FULL_LINE = 35
"""Characters of a line; one that is full may break a word."""

NEARLY_FULL_LINE = 28
"""From here on a name may run on in the next line: few words are longer than the room that is left."""

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_NUMBERED = re.compile(r"([1-8])/(.*)")
_DOCUMENT = re.compile(r"([A-Z]{4})/([A-Z]{2})/(.+)")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CODES = {"CCPT": "passport", "NIDN": "national_id", "SOSE": "national_id", "TXID": "tax"}
_ISSUED = frozenset({"CUST", "DRLC", "EMPL"})
"""Codes of identifiers that say their issuer before the number."""

_NOBODY = frozenset({"NOTPROVIDED", "-", ""})


class MtParty(NamedTuple):
    """What a field says: the party's members, others that it may name, and notes that are free text."""

    members: Members
    places: Origins
    others: list[tuple[Members, Origins]]
    notes: list[tuple[str, str]]


def party(tag: str, lines: Sequence[str]) -> MtParty:
    """A customer, or an institution in the place of one; raises ValueError for what is no BIC."""
    found = MtParty({}, {}, [], [])
    rest = _identified(tag, lines, found)
    option = tag[2:]
    if option == "F":
        _structured(tag, rest, found)
    elif option in ("A", "C", "G"):
        _institution(tag, rest, found)
    elif option == "B":
        for number, line in rest:
            _address_line(found, line.strip(), f"{tag} line {number}")
    elif option == "L":
        _set(found, "name", " ".join(line.strip() for _, line in rest), f"{tag} line 1")
    else:
        _name_and_address(tag, rest, found)
    if tag[:2] in ("52", "58"):
        found.members["kind"] = "entity"
    return found


def agent(tag: str, lines: Sequence[str]) -> MtParty:
    """A financial institution; raises ValueError for what is no BIC."""
    told = party(tag, lines)
    ids = told.members.pop("ids", [])
    told.members.pop("kind", None)
    kept: list[Members] = []
    for position, known in enumerate(ids):
        place = told.places.pop(f"ids[{position}].value")
        member = {"bic": "bic", "other": "clearing_id"}.get(known["type"])
        if member and member not in told.members:
            told.members[member] = known["value"]
            told.places[member] = place
        else:
            told.places[f"ids[{len(kept)}].value"] = place
            kept.append(known)
    if kept:
        told.members["ids"] = kept
    return told


def join_continued_lines(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Lines of text with those joined that run on (after `//`, or after a full line), and their numbers."""
    text, start, full = "", 1, False
    for number, line in enumerate(lines, start=1):
        slashed = line.startswith("//")
        if text and (slashed or (full and not line.startswith("/"))):
            text += ("" if full else " ") + line.removeprefix("//")
        else:
            if text.strip():
                yield text.strip(), start
            text, start = line, number
        full = len(line) >= FULL_LINE
    if text.strip():
        yield text.strip(), start


def _identified(tag: str, lines: Sequence[str], found: MtParty) -> list[tuple[int, str]]:
    """Read the party identifier, if the first line is one; returns the other lines with their numbers."""
    rest = list(enumerate(lines, start=1))
    first = lines[0].strip()
    place = f"{tag} line 1"
    if document := _DOCUMENT.fullmatch(first) if tag[2:] == "F" else None:
        issuer, number = _issued(document[3]) if document[1] in _ISSUED else ("", document[3])
        _identifier(found, _CODES.get(document[1], "other"), number, document[2], place)
        if issuer.strip():
            found.notes.append((issuer.strip(), place))
        return rest[1:]
    if not first.startswith("/"):
        return rest
    if first.startswith("//"):
        _identifier(found, "other", first[2:], None, place)
    else:
        number = re.sub(r"^/(?:[CD](?:/|$))?", "", first).strip()
        if number not in _NOBODY:
            kind = "iban" if _IBAN.fullmatch(number.replace(" ", "")) else "other"
            found.members["account"] = {kind: number}
            found.places[f"account.{kind}"] = place
    return rest[1:]


def _institution(tag: str, lines: Sequence[tuple[int, str]], found: MtParty) -> None:
    for number, line in lines:
        text = line.strip()
        if not text:
            continue
        if not _BIC.fullmatch(text):
            raise ValueError("does not hold a BIC")
        _identifier(found, "bic", text, None, f"{tag} line {number}")


def _name_and_address(tag: str, lines: Sequence[tuple[int, str]], found: MtParty) -> None:
    """Name and address by line. Where the name may run on, the two lines together are a name as well."""
    said = [(number, line) for number, line in lines if line.strip()]
    for position, (number, line) in enumerate(said):
        place = f"{tag} line {number}"
        if position == 0:
            _set(found, "name", line.strip(), place)
            if len(line) >= NEARLY_FULL_LINE and len(said) > 1:
                joined = _join(line, said[1][1], FULL_LINE)
                found.others.append(({"name": joined}, {"name": place}))
        else:
            _address_line(found, line.strip(), place)


def _structured(tag: str, lines: Sequence[tuple[int, str]], found: MtParty) -> None:
    """Option F: lines numbered by what they hold. A name's further lines may also be somebody else's name."""
    name, whole = "", 0
    for number, line in lines:
        place = f"{tag} line {number}"
        if not line.strip():
            continue
        numbered = _NUMBERED.fullmatch(line)
        if numbered is None:
            raise ValueError(f"has a line {number} without its number")
        text = numbered[2]
        match numbered[1]:
            case "1":
                if whole and len(text.split()) > 1:
                    found.others.append(({"name": text.strip()}, {"name": place}))
                name, whole = (_join(name, text, FULL_LINE - 2), len(text)) if whole else (text, len(text))
                found.places.setdefault("name", place)
            case "2":
                _address_line(found, text.strip(), place)
            case "3":
                country, _, town = text.partition("/")
                address = found.members.setdefault("address", {})
                if re.fullmatch("[A-Z]{2}", country) and "country" not in address:
                    address["country"] = country
                    found.places["address.country"] = place
                    if town.strip():
                        address["town"] = town.strip()
                        found.places["address.town"] = place
                else:
                    _address_line(found, text.strip(), place)
            case "4" if re.fullmatch(r"[0-9]{8}", text):
                _set(found, "birth_date", f"{text[:4]}-{text[4:6]}-{text[6:]}", place)
            case "5":
                _set(found, "birth_place", text.strip(), place)
            case "6" | "7":
                country, _, value = text.partition("/")
                issuer, given = _issued(value) if numbered[1] == "6" else ("", value)
                kind = "other" if numbered[1] == "6" else "national_id"
                _identifier(found, kind, given or text, country or None, place)
                if issuer.strip():
                    found.notes.append((issuer.strip(), place))
            case "8" if "ids" in found.members:
                found.members["ids"][-1]["value"] += text.strip()
                found.notes.append((text.strip(), place))
            case _:
                found.notes.append((text.strip(), place))
    if name.strip():
        found.members["name"] = name.strip()


def _issued(text: str) -> tuple[str, str]:
    """Issuer and number of `ABC BANK/123456789/8-12`: only a number has slashes of its own."""
    issuer, slash, number = text.partition("/")
    return (issuer, number) if slash else ("", issuer)


def _join(first: str, second: str, room: int) -> str:
    """Two lines of a name: a full line may break a word, another one ends with one."""
    return (first + second if len(first.rstrip()) >= room else f"{first.strip()} {second.strip()}").strip()


def _address_line(found: MtParty, text: str, place: str) -> None:
    if text:
        lines = found.members.setdefault("address", {}).setdefault("lines", [])
        found.places[f"address.lines[{len(lines)}]"] = place
        lines.append(text)


def _identifier(found: MtParty, kind: str, value: str, country: str | None, place: str) -> None:
    if value.strip():
        ids = found.members.setdefault("ids", [])
        found.places[f"ids[{len(ids)}].value"] = place
        ids.append({"type": kind, "value": value.strip()} | ({"country": country} if country else {}))


def _set(found: MtParty, member: str, value: str, place: str) -> None:
    if value and member not in found.members:
        found.members[member] = value
        found.places[member] = place
