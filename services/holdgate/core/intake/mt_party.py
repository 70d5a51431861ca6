"""Party and agent fields of MT messages: options A, B, C, D, F, G, H, K, L and none.

Source: SWIFT User Handbook, field formats of 50a, 52a-58a and 59a. A line has at most 35 characters, in
option F 33 after its number; a longer name continues on the next line.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from holdgate.core.intake.draft import Members, Origins

FULL_LINE = 35
"""Characters of a line; one that is full may break a word."""

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_NUMBERED = re.compile(r"([1-8])/(.*)")
_DOCUMENT = re.compile(r"([A-Z]{4})/([A-Z]{2})/(.+)")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CODES = {"CCPT": "passport", "NIDN": "national_id", "SOSE": "national_id", "TXID": "tax"}
_WITH_ISSUER = frozenset({"CUST", "DRLC", "EMPL"})
"""Codes of identifiers whose issuer precedes the number."""

_PLACEHOLDERS = frozenset({"NOTPROVIDED", "-", ""})

_ACCOUNT_LABEL = re.compile(
    r"(?:IBAN|A/?C|ACC(?:OUN)?T|ACC|KONTO|CUENTA|COMPTE|CONTO)(?![A-Z])[ .:]*"
    r"(?:(?:NO|NR|NUM)(?![A-Z])[ .:]*)?",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(
    r"(?=(?:[^0-9]*[0-9]){6})[A-Z]{0,4}[0-9][A-Z0-9]*(?:[ .\-/][A-Z]{0,4}[0-9][A-Z0-9]*)*"
)
"""Words with at least six digits in all, each of which holds a digit: `1234567 ONTARIO INC` is a name."""

WITHOUT_NAME = frozenset({"A", "B", "C", "G"})
"""Options whose format has no name: a BIC, a place or a code says who it is. All others have one, and a party
without it is held."""


class MtParty(NamedTuple):
    """The content of a field: the party's members, other parties it may name, and free-text notes."""

    members: Members
    origins: Origins
    others: list[tuple[Members, Origins]]
    notes: list[tuple[str, str]]


def read_party(tag: str, lines: Sequence[str]) -> MtParty:
    """Read a customer, or an institution in the role of one. Raises ValueError for an invalid BIC."""
    party = MtParty({}, {}, [], [])
    rest = _read_party_identifier(tag, lines, party)
    option = tag[2:]
    if option == "F":
        _read_option_f(tag, rest, party)
    elif option in ("A", "C", "G"):
        _read_institution(tag, rest, party)
    elif option == "B":
        for number, line in rest:
            _add_address_line(party, line.strip(), f"{tag} line {number}")
    elif option == "L":
        _set_once(party, "name", " ".join(line.strip() for _, line in rest), f"{tag} line 1")
    else:
        _read_name_and_address(tag, rest, party)
    if option not in WITHOUT_NAME and "name" not in party.members:
        party.members["name"] = ""
        party.origins["name"] = tag
    if tag[:2] in ("52", "58"):
        party.members["kind"] = "entity"
    return party


def read_agent(tag: str, lines: Sequence[str]) -> MtParty:
    """Read a financial institution. Raises ValueError for an invalid BIC."""
    agent = read_party(tag, lines)
    ids = agent.members.pop("ids", [])
    agent.members.pop("kind", None)
    other_ids: list[Members] = []
    for position, identifier in enumerate(ids):
        origin = agent.origins.pop(f"ids[{position}].value")
        member = {"bic": "bic", "other": "clearing_id"}.get(identifier["type"])
        if member and member not in agent.members:
            agent.members[member] = identifier["value"]
            agent.origins[member] = origin
        else:
            agent.origins[f"ids[{len(other_ids)}].value"] = origin
            other_ids.append(identifier)
    if other_ids:
        agent.members["ids"] = other_ids
    return agent


def join_continued_lines(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield lines of text and their numbers; continued lines (after `//` or a full line) are joined."""
    text, start, full = "", 1, False
    for number, line in enumerate(lines, start=1):
        is_continuation = line.startswith("//")
        if text and (is_continuation or (full and not line.startswith("/"))):
            text += ("" if full else " ") + line.removeprefix("//")
        else:
            if text.strip():
                yield text.strip(), start
            text, start = line, number
        full = len(line) >= FULL_LINE
    if text.strip():
        yield text.strip(), start


def _read_party_identifier(tag: str, lines: Sequence[str], party: MtParty) -> list[tuple[int, str]]:
    """Read the party identifier, if the first line is one; returns the other lines with their numbers."""
    rest = list(enumerate(lines, start=1))
    first = lines[0].strip()
    origin = f"{tag} line 1"
    if document := _DOCUMENT.fullmatch(first) if tag[2:] == "F" else None:
        issuer, number = _split_issuer(document[3]) if document[1] in _WITH_ISSUER else ("", document[3])
        _add_identifier(party, _CODES.get(document[1], "other"), number, document[2], origin)
        if issuer.strip():
            party.notes.append((issuer.strip(), origin))
        return rest[1:]
    if not first.startswith("/"):
        account = None if tag[2:] == "F" and _NUMBERED.match(first) else _account_without_slash(first)
        if account is None or (account[0] == "other" and not any(line.strip() for line in lines[1:])):
            return rest
        party.members["account"] = {account[0]: account[1]}
        party.origins[f"account.{account[0]}"] = origin
        return rest[1:]
    if first.startswith("//"):
        _add_identifier(party, "other", first[2:], None, origin)
    else:
        number = re.sub(r"^/(?:[CD](?:/|$))?", "", first).strip()
        if number not in _PLACEHOLDERS:
            kind = "iban" if _IBAN.fullmatch(number.replace(" ", "")) else "other"
            party.members["account"] = {kind: number}
            party.origins[f"account.{kind}"] = origin
    return rest[1:]


def _account_without_slash(line: str) -> tuple[str, str] | None:
    """Return kind and number if the line is an account without its slash, which would be taken for a name.

    It is an IBAN, or groups of digits between blanks, dots, hyphens or slashes, behind a label or not.
    """
    if len(line) > 2 * FULL_LINE:
        return None
    label = _ACCOUNT_LABEL.match(line)
    number = line[label.end() :].strip() if label else line
    compact = re.sub(r"[ .\-]", "", number)
    if _IBAN.fullmatch(compact) and 2 * sum(map(str.isdigit, compact)) >= len(compact):
        return "iban", number
    return ("other", number) if _BARE_NUMBER.fullmatch(number) else None


def _read_institution(tag: str, lines: Sequence[tuple[int, str]], party: MtParty) -> None:
    for number, line in lines:
        text = line.strip()
        if not text:
            continue
        if not _BIC.fullmatch(text):
            raise ValueError("does not hold a BIC")
        _add_identifier(party, "bic", text, None, f"{tag} line {number}")


def _read_name_and_address(tag: str, lines: Sequence[tuple[int, str]], party: MtParty) -> None:
    """Read name and address by line. The name may continue in the address, where it is looked for too."""
    for number, line in lines:
        origin = f"{tag} line {number}"
        if "name" not in party.members:
            _set_once(party, "name", line.strip(), origin)
        else:
            _add_address_line(party, line.strip(), origin)


def _read_option_f(tag: str, lines: Sequence[tuple[int, str]], party: MtParty) -> None:
    """Read option F: numbers say what a line contains. A second name line may be another party's name."""
    name, last_length = "", 0
    for number, line in lines:
        origin = f"{tag} line {number}"
        if not line.strip():
            continue
        numbered = _NUMBERED.fullmatch(line)
        if numbered is None:
            raise ValueError(f"has a line {number} without its number")
        text = numbered[2]
        match numbered[1]:
            case "1":
                if last_length and len(text.split()) > 1:
                    party.others.append(({"name": text.strip()}, {"name": origin}))
                name, last_length = (
                    (_join(name, text, FULL_LINE - 2), len(text)) if last_length else (text, len(text))
                )
                party.origins.setdefault("name", origin)
            case "2":
                _add_address_line(party, text.strip(), origin)
            case "3":
                country, _, town = text.partition("/")
                address = party.members.setdefault("address", {})
                if re.fullmatch("[A-Z]{2}", country) and "country" not in address:
                    address["country"] = country
                    party.origins["address.country"] = origin
                    if town.strip():
                        address["town"] = town.strip()
                        party.origins["address.town"] = origin
                else:
                    _add_address_line(party, text.strip(), origin)
            case "4" if re.fullmatch(r"[0-9]{8}", text):
                _set_once(party, "birth_date", f"{text[:4]}-{text[4:6]}-{text[6:]}", origin)
            case "5":
                _set_once(party, "birth_place", text.strip(), origin)
            case "6" | "7":
                country, _, value = text.partition("/")
                issuer, given = _split_issuer(value) if numbered[1] == "6" else ("", value)
                kind = "other" if numbered[1] == "6" else "national_id"
                _add_identifier(party, kind, given or text, country or None, origin)
                if issuer.strip():
                    party.notes.append((issuer.strip(), origin))
            case "8" if "ids" in party.members:
                party.members["ids"][-1]["value"] += text.strip()
                party.notes.append((text.strip(), origin))
            case _:
                party.notes.append((text.strip(), origin))
    if name.strip():
        party.members["name"] = name.strip()


def _split_issuer(text: str) -> tuple[str, str]:
    """Issuer and number of `ABC BANK/123456789/8-12`: only a number has slashes of its own."""
    issuer, slash, number = text.partition("/")
    return (issuer, number) if slash else ("", issuer)


def _join(first: str, second: str, room: int) -> str:
    """Two lines of a name: a full line may break a word, another one ends with one."""
    return (first + second if len(first.rstrip()) >= room else f"{first.strip()} {second.strip()}").strip()


def _add_address_line(party: MtParty, text: str, origin: str) -> None:
    if text:
        lines = party.members.setdefault("address", {}).setdefault("lines", [])
        party.origins[f"address.lines[{len(lines)}]"] = origin
        lines.append(text)


def _add_identifier(party: MtParty, kind: str, value: str, country: str | None, origin: str) -> None:
    if value.strip():
        ids = party.members.setdefault("ids", [])
        party.origins[f"ids[{len(ids)}].value"] = origin
        ids.append({"type": kind, "value": value.strip()} | ({"country": country} if country else {}))


def _set_once(party: MtParty, member: str, value: str, origin: str) -> None:
    if value and member not in party.members:
        party.members[member] = value
        party.origins[member] = origin
