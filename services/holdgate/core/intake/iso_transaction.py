"""A transaction of an ISO 20022 message, element by element, to the members of a payment.

Elements are known by their names, wherever they stand: the same ones carry the same in every message and
version. What is nearer to the transaction is read first, so that a group's parties are inherited where
the transaction names none, and kept beside where it names others.
"""

import re
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import PaymentDraft
from holdgate.core.intake.iso_parties import PartyReader
from holdgate.core.intake.iso_values import currency, is_agent, text
from holdgate.core.intake.not_screened import LOOKS
from holdgate.core.intake.xml import RefusedElementError, steps

PARTY_ELEMENTS = {
    "Dbtr": "debtor",
    "Cdtr": "creditor",
    "UltmtDbtr": "ultimate_debtor",
    "UltmtCdtr": "ultimate_creditor",
    "InitgPty": "initiating_party",
}
AGENT_ELEMENTS = {
    "DbtrAgt": "debtor_agent",
    "CdtrAgt": "creditor_agent",
    "InstgAgt": "instructing_agent",
    "InstdAgt": "instructed_agent",
    "Assgnr": "instructing_agent",
    "Assgne": "instructed_agent",
    "Fr": "instructing_agent",
    "To": "instructed_agent",
}
ACCOUNT_ELEMENTS = {"DbtrAcct": "debtor", "CdtrAcct": "creditor"}
UNDERLYING_ELEMENTS = frozenset({"OrgnlTxRef", "UndrlygCstmrCdtTrf"})
"""The transfer that a message is about or that it covers: screened with it, under `underlying`."""

AMOUNTS = frozenset({"IntrBkSttlmAmt", "InstdAmt", "OrgnlIntrBkSttlmAmt", "OrgnlInstdAmt", "EqvtAmt"})
RETURNED = frozenset({"RtrdIntrBkSttlmAmt", "RvsdIntrBkSttlmAmt"})
DATES = frozenset({"IntrBkSttlmDt", "ReqdExctnDt", "ReqdColltnDt"})
REFERENCE_ELEMENTS = {
    "OrgnlMsgId": "message_id",
    "OrgnlMsgNmId": "message_type",
    "OrgnlInstrId": "instruction_id",
    "OrgnlEndToEndId": "end_to_end_id",
    "OrgnlTxId": "transaction_id",
    "OrgnlUETR": "uetr",
}
VALUES = {"EndToEndId": "end_to_end_id", "UETR": "uetr"}
PURPOSES = {"Purp": "purpose", "CtgyPurp": "category_purpose"}
TRANSACTION_IDS = frozenset({"TxId", "RtrId", "RvslId", "CxlId", "CxlStsId", "StsId", "StsReqId"})
REMITTANCE = frozenset({"RmtInf", "RltdRmtInf"})
ROLELESS = frozenset({"Tax", "InstrForCdtrAgt", "InstrForNxtAgt", "RgltryRptg", "SplmtryData"})
"""Subtrees whose Dbtr and Cdtr, if any, are not the payment's own."""

CONTAINERS = frozenset(
    {"PmtId", "GrpHdr", "SttlmInf", "PmtTpInf", "AppHdr", "RtrChain", "Amt", "OrgnlGrpInf", "Rltd"}
)
"""Known to hold fields and nobody of themselves; what other elements hold is told by their structure."""

ROLES = PARTY_ELEMENTS.keys() | AGENT_ELEMENTS.keys() | ACCOUNT_ELEMENTS.keys()
"""What a transaction has at most once of each."""

IDENTIFYING_ELEMENTS = frozenset({"FinInstnId", "Nm", "PstlAdr", "Pty", "OrgId", "PrvtId", "IBAN"})
"""Elements by which a container is somebody, or somebody's account."""

_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T Z+-].*)?")


class IsoTransaction:
    """Reads elements into a draft."""

    def __init__(self, draft: PaymentDraft) -> None:
        self._draft = draft
        self._party_reader = PartyReader(draft)

    def read(self, element: Element, step: str, path: str) -> None:
        """Read one element; raises `RefusedElementError`."""
        reader = _READERS.get(step)
        if reader is None:
            reader = IsoTransaction._container if len(element) else _LEAVES.get(step, IsoTransaction._text)
        reader(self, element, step, path)

    def children(self, element: Element, path: str) -> None:
        """Read an element's children; a role that is given twice among them is refused."""
        seen = set()
        for step, child, place in steps(element):
            if step in ROLES:
                if step in seen:
                    raise RefusedElementError("wrong_structure", f"{step} is given twice", child)
                seen.add(step)
            looks = _UNREAD_LEAVES.get(step)
            if looks is None or len(child) or child.get("Ccy") or not looks(child.text or ""):
                self.read(child, step, f"{path}/{place}")

    def text(self, element: Element, path: str) -> None:
        """Read an element of which nothing is known but its text: one of an envelope."""
        self._party_reader.read_other(element, path)

    def _party(self, element: Element, step: str, path: str) -> None:
        self._draft.set_role(PARTY_ELEMENTS[step], *self._party_reader.party(element, path), "other_parties")

    def _account(self, element: Element, step: str, path: str) -> None:
        role = ACCOUNT_ELEMENTS[step]
        owner = self._draft.members.get(role, {}).get("name", "")
        self._draft.set_account(role, *self._party_reader.account(element, path, owner))

    def _remittance(self, element: Element, _step: str, path: str) -> None:
        self._party_reader.read_other(element, path, "remittance")

    def _underlying(self, element: Element, _step: str, path: str) -> None:
        IsoTransaction(self._draft.underlying()).children(element, path)

    def _text(self, element: Element, _step: str, path: str) -> None:
        self._party_reader.read_other(element, path)

    def _fields(self, element: Element, step: str, path: str) -> None:
        """A container that is known to hold fields, and nobody of itself."""
        if len(element):
            self.children(element, path)
        else:
            _LEAVES.get(step, IsoTransaction._text)(self, element, step, path)

    def _container(self, element: Element, step: str, path: str) -> None:
        inner = [child.tag for child in element]
        if not IDENTIFYING_ELEMENTS.isdisjoint(inner) or ("Id" in inner and step.endswith(("Acct", "Cretr"))):
            self._party_reader.read_other(element, path)
        else:
            self.children(element, path)

    def _case_assignment(self, element: Element, step: str, path: str) -> None:
        for inner, child, place in steps(element):
            if inner == "Id" and step == "Assgnmt":
                self._message_id(text(child), f"{path}/{place}")
            elif (looks := LOOKS.get(f"{step}/{inner}")) is None or len(child):
                self.read(child, inner, f"{path}/{place}")
            elif not looks(child.text or ""):
                self._draft.add_unexpected(text(child), f"{path}/{place}")

    def _agent(self, element: Element, step: str, path: str) -> None:
        """An agent; the assigner of a case and the ends of a message may be a party instead."""
        draft, party_reader = self._draft, self._party_reader
        first = element[0] if len(element) else element
        if first.tag != "FinInstnId":
            if first.tag == "Pty":
                draft.add_other("other_parties", *party_reader.party(element, path))
                return
            if (
                first.tag == "OrgId"
            ):  # a whole party in a header, not the numbers that the name means elsewhere
                draft.add_other("other_parties", *party_reader.party(first, f"{path}/OrgId"))
                return
            if first.tag in ("Agt", "FIId") and len(element) == 1:
                element, path = first, f"{path}/{first.tag}"
            if len(element) and not is_agent(element):
                party_reader.read_other(element, path)
                return
        members, origins = party_reader.agent(element, path)
        if members not in draft.members.get("intermediary_agents", ()):
            draft.set_role(AGENT_ELEMENTS[step], members, origins, "intermediary_agents")

    def _value(self, element: Element, step: str, path: str) -> None:
        self._draft.set_value(VALUES[step], text(element), path)

    def _referred(self, element: Element, step: str, path: str) -> None:
        self._draft.set_reference(REFERENCE_ELEMENTS[step], text(element), path)

    def _transaction_id(self, element: Element, step: str, path: str) -> None:
        value = text(element)
        self._draft.transaction_id = self._draft.transaction_id or value
        if not LOOKS[step](value):
            self._draft.add_unexpected(value, path)

    def _message_id_element(self, element: Element, _step: str, path: str) -> None:
        self._message_id(text(element), path)

    def _message_id(self, value: str, path: str) -> None:
        self._draft.message_id = self._draft.message_id or value
        self._draft.set_value("message_id", value, path)

    def _purpose(self, element: Element, step: str, path: str) -> None:
        member = PURPOSES[step]
        for inner, child, place in steps(element):
            if member in self._draft.members or len(child):
                self._party_reader.read_other(child, f"{path}/{place}")
            elif inner in ("Cd", "Prtry"):
                self._draft.set_value(member, text(child), f"{path}/{place}")
            else:
                self._party_reader.read_other(child, f"{path}/{place}")

    def _amount(self, element: Element, step: str, path: str) -> None:
        members = self._draft.members
        amount, currency_code = text(element), currency(element)
        if not _AMOUNT.fullmatch(amount) or not _CURRENCY.fullmatch(currency_code):
            raise RefusedElementError("wrong_value", f"{step} is not an amount with its currency", element)
        if "amount" not in members or step in RETURNED:
            members["amount"], members["currency"] = amount, currency_code
            self._draft.origins[self._draft.path("amount")] = path

    def _date(self, element: Element, _step: str, path: str) -> None:
        choices = [(inner, f"{path}/{at}") for _, inner, at in steps(element)]
        for child, place in choices or [(element, path)]:
            if value := text(child):
                match = _DATE.fullmatch(value)
                if match is None:
                    raise RefusedElementError("wrong_value", f"{child.tag} is not a date", child)
                self._draft.set_value("value_date", match[1], place)


_Reader = Callable[[IsoTransaction, Element, str, str], None]

_READERS: Mapping[str, _Reader] = (
    dict.fromkeys(PARTY_ELEMENTS, IsoTransaction._party)
    | dict.fromkeys(AGENT_ELEMENTS, IsoTransaction._agent)
    | dict.fromkeys(ACCOUNT_ELEMENTS, IsoTransaction._account)
    | dict.fromkeys(REMITTANCE, IsoTransaction._remittance)
    | dict.fromkeys(UNDERLYING_ELEMENTS, IsoTransaction._underlying)
    | dict.fromkeys(ROLELESS, IsoTransaction._text)
    | dict.fromkeys(PURPOSES, IsoTransaction._purpose)
    | dict.fromkeys(DATES, IsoTransaction._date)
    | dict.fromkeys(("Assgnmt", "Case", "RslvdCase"), IsoTransaction._case_assignment)
    | dict.fromkeys(CONTAINERS, IsoTransaction._fields)
)
"""Element to how it is read, whatever it holds."""

_LEAVES: Mapping[str, _Reader] = (
    dict.fromkeys(AMOUNTS | RETURNED, IsoTransaction._amount)
    | dict.fromkeys(VALUES, IsoTransaction._value)
    | dict.fromkeys(("MsgId", "BizMsgIdr"), IsoTransaction._message_id_element)
    | dict.fromkeys(REFERENCE_ELEMENTS, IsoTransaction._referred)
    | dict.fromkeys(TRANSACTION_IDS, IsoTransaction._transaction_id)
)
"""Element to how it is read where it holds none; every other one is a text."""

_UNREAD_LEAVES = {step: LOOKS[step] for step in LOOKS.keys() - _LEAVES.keys() - _READERS.keys()}
"""Elements that are passed over if they hold no elements and look like what they are for."""
