"""The fields of an MT transaction to the members of a payment.

Ordering and beneficiary institution of an MT202 are debtor and creditor, as in the pacs.009 that took its
place. The fields of a cover payment's sequence B are the underlying customer transfer.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from holdgate.core.intake import InvalidEventError
from holdgate.core.intake.draft import Members, Origins, PaymentDraft
from holdgate.core.intake.mt_party import MtParty, join_continued_lines, read_agent, read_party
from holdgate.core.intake.mt_types import (
    COVER_MESSAGE,
    FIELDS_BEFORE_COPY,
    INTERMEDIARIES,
    SINGLE_LINE_FIELDS,
    TEXTS,
    MessageType,
    type_of_copy,
)
from holdgate.core.intake.not_screened import LOOKS_MT


class MtField(NamedTuple):
    """A field: number and option, its lines, and the line of the message where it begins."""

    tag: str
    line: int
    lines: tuple[str, ...]


_AMOUNT = re.compile(r"([0-9]{6})?([A-Z]{3})([0-9]{1,15}),([0-9]{0,10})")
_INSTRUCTING = re.compile(r"/INS/([A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\s*")
_REFERRED = re.compile(r"/(MREF|TREF)/(\S{1,35})")
_REFERRED_UETR = re.compile(r"/UETR/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_INSTRUCTION_CODE = re.compile(r"[A-Z]{4}")
_REFERRING = frozenset({"72", "77A", "79"})
"""Texts of returns, recalls and answers that tell by codes which payment they are about."""

_RESIDENCE = re.compile(r"/(ORDERRES|BENEFRES)/([A-Z]{2})(?![A-Z0-9])")
_RESIDENT = {"ORDERRES": "debtor", "BENEFRES": "creditor"}


class MtTransaction:
    """Reads fields into a draft."""

    def __init__(self, draft: PaymentDraft, kind: MessageType) -> None:
        self._draft = draft
        self._kind = kind
        self._residences: list[tuple[str, str, str]] = []

    def read(self, fields: Sequence[MtField]) -> None:
        """Read a transaction's fields; raises `InvalidEventError` with the line of what is wrong."""
        kind, draft = self._kind, self._draft
        cover_start = next((at for at, field in enumerate(fields) if field.tag.startswith("50")), None)
        if kind.name in ("202", "205") and cover_start is not None:
            MtTransaction(draft.underlying(), COVER_MESSAGE).read(fields[cover_start:])
            fields = fields[:cover_start]
        if kind.refers_to_message:
            fields, copy = _split_copy(fields)
            MtTransaction(draft.underlying(), type_of_copy(_type_of(fields))).read(copy)
        numbers = {field.tag[:2] for field in fields}
        for number in kind.required:
            if number not in numbers:
                line = fields[0].line if fields else 1
                raise InvalidEventError(
                    "wrong_structure", f"line {line}: field {number} is missing", line=line
                )
        for field in fields:
            self._read_field(field)
        for role, country, place in self._residences:
            self._set_residence(role, country, place)

    def _read_field(self, field: MtField) -> None:
        draft, number = self._draft, field.tag[:2]
        if number == "50" and field.tag[2:] in ("C", "L") and self._kind.first_field:
            self._party("initiating_party", field)
        elif role := self._kind.parties.get(number):
            self._party(role, field)
        elif role := self._kind.agents.get(number):
            self._agent(role, field)
        elif number == "32":
            self._amount(field)
        elif field.tag == "30":
            draft.set_value("value_date", _date(field.lines[0].strip(), field), field.tag)
        elif field.tag == "20":
            draft.message_id = field.lines[0].strip()
            draft.set_value("message_id", draft.message_id, "20")
        elif field.tag == "21":
            self._reference(field)
        elif number == "11":
            draft.set_reference("message_type", f"MT{field.lines[0].strip()}", field.tag)
        elif number == "25" and field.lines[0].strip() and (self._kind.name, field.tag) != ("101", "25"):
            account = {"other": field.lines[0].strip().lstrip("/")}
            draft.add_other("other_parties", {"account": account}, {"account.other": field.tag})
        elif (looks := LOOKS_MT.get(field.tag)) is None:
            self._text(TEXTS.get(field.tag, "instructions"), field)
        else:
            self._unexpected(field, [line if looks(line) else "" for line in field.lines])
            return
        if number in SINGLE_LINE_FIELDS and len(field.lines) > 1:
            self._unexpected(field, field.lines[:1])

    def _party(self, role: str, field: MtField) -> None:
        party = _read_with_line(field, read_party)
        others = party.others
        account = party.members.pop("account", None)
        origins = {at: place for at, place in party.origins.items() if not at.startswith("account.")}
        self._draft.set_role(role, party.members, origins, "other_parties")
        if account:
            at = {"account." + name: party.origins["account." + name] for name in account}
            self._draft.set_account(
                role, account, {name.removeprefix("account."): place for name, place in at.items()}
            )
        self._others(others, party.notes)

    def _agent(self, role: str, field: MtField) -> None:
        agent = _read_with_line(field, read_agent)
        account = agent.members.pop("account", None)
        if role == INTERMEDIARIES:
            self._draft.add_other(INTERMEDIARIES, agent.members, _without_account(agent.origins))
        else:
            self._draft.set_role(role, agent.members, _without_account(agent.origins), INTERMEDIARIES)
        if account:
            origins = {at: place for at, place in agent.origins.items() if at.startswith("account.")}
            self._draft.add_other("other_parties", {"account": account}, origins)
        self._others(agent.others, agent.notes)

    def _others(self, others: Sequence[tuple[Members, Origins]], notes: Sequence[tuple[str, str]]) -> None:
        for members, places in others:
            self._draft.add_other("other_parties", members, places)
        for note, place in notes:
            self._draft.add_line("instructions", note, place)

    def _amount(self, field: MtField) -> None:
        match = _AMOUNT.fullmatch(field.lines[0].strip())
        if match is None:
            raise _wrong_value(field, "is not an amount with its currency")
        draft = self._draft
        if match[1]:
            draft.set_value("value_date", _date(match[1], field), field.tag)
        draft.set_value("amount", f"{match[3]}.{match[4]}" if match[4] else match[3], field.tag)
        draft.set_value("currency", match[2], field.tag)

    def _reference(self, field: MtField) -> None:
        reference = field.lines[0].strip()
        if self._kind.first_field:
            self._draft.transaction_id = reference
            self._draft.set_value("end_to_end_id", reference, "21")
        elif reference != "NONREF":
            self._draft.set_reference("message_id", reference, "21")

    def _text(self, member: str, field: MtField) -> None:
        for text, number in join_continued_lines(field.lines):
            place = f"{field.tag} line {number}"
            if field.tag == "23E" and _INSTRUCTION_CODE.fullmatch(text):
                continue
            if instructing := _INSTRUCTING.fullmatch(text):
                self._draft.add_other(INTERMEDIARIES, {"bic": instructing[1]}, {"bic": place})
                continue
            for referred in _REFERRED.finditer(text) if field.tag in _REFERRING else ():
                self._draft.set_reference(
                    "message_id" if referred[1] == "MREF" else "transaction_id", referred[2], place
                )
            if resident := _RESIDENCE.match(text) if field.tag == "77B" else None:
                self._residences.append((_RESIDENT[resident[1]], resident[2], place))
            self._draft.add_line(member, text, place)
        joined = "".join(line.strip().removeprefix("//") for line in field.lines)
        if field.tag in _REFERRING and (uetr := _REFERRED_UETR.search(joined)):
            self._draft.set_reference("uetr", uetr[1], field.tag)

    def _unexpected(self, field: MtField, read: Sequence[str]) -> None:
        """Search the lines of a field as text that are not among those that were read."""
        for number, line in enumerate(field.lines, start=1):
            if line not in read:
                self._draft.add_unexpected(line.strip(), f"{field.tag} line {number}")

    def _set_residence(self, role: str, country: str, place: str) -> None:
        """Where ordering customer or beneficiary lives, as the report to an authority says it."""
        resident = self._draft.members.setdefault(role, {})
        if "country_of_residence" not in resident:
            resident["country_of_residence"] = country
            self._draft.origins[self._draft.path(f"{role}.country_of_residence")] = place


def _split_copy(fields: Sequence[MtField]) -> tuple[Sequence[MtField], Sequence[MtField]]:
    """The fields of a message about another one, and the copy of that one's."""
    seen = set()
    for at, field in enumerate(fields):
        if field.tag[:2] not in FIELDS_BEFORE_COPY or (field.tag in ("20", "21") and field.tag in seen):
            return fields[:at], fields[at:]
        seen.add(field.tag)
    return fields, ()


def _type_of(fields: Sequence[MtField]) -> str:
    """The type of the message that another one is about: field 11."""
    return next((field.lines[0].strip() for field in fields if field.tag.startswith("11")), "")


def _read_with_line(field: MtField, reader: Callable[[str, Sequence[str]], MtParty]) -> MtParty:
    try:
        return reader(field.tag, field.lines)
    except ValueError as error:
        raise _wrong_value(field, str(error)) from error


def _without_account(places: Origins) -> Origins:
    return {at: place for at, place in places.items() if not at.startswith("account.")}


def _date(text: str, field: MtField) -> str:
    """YYMMDD; years from 80 are of the last century, as SWIFT has it."""
    if not re.fullmatch(r"[0-9]{6}", text):
        raise _wrong_value(field, "is not a date")
    return f"{'19' if text >= '80' else '20'}{text[:2]}-{text[2:4]}-{text[4:]}"


def _wrong_value(field: MtField, what: str) -> InvalidEventError:
    return InvalidEventError("wrong_value", f"line {field.line}: field {field.tag} {what}", line=field.line)
