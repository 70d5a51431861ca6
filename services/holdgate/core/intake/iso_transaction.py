"""A transaction of an ISO 20022 message, element by element, to the members of a payment.

Elements are known by their names, wherever they stand: the same ones carry the same in every message and
version. What is nearer to the transaction is read first, so that a group's parties are inherited where
the transaction names none, and kept beside where it names others.
"""

import re
from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import Draft
from holdgate.core.intake.iso_parties import Parties
from holdgate.core.intake.iso_values import currency, is_agent, text
from holdgate.core.intake.leftovers import NOT_SCREENED
from holdgate.core.intake.xml import RefusedElementError, steps

PARTIES = {
    "Dbtr": "debtor",
    "Cdtr": "creditor",
    "UltmtDbtr": "ultimate_debtor",
    "UltmtCdtr": "ultimate_creditor",
    "InitgPty": "initiating_party",
}
AGENTS = {
    "DbtrAgt": "debtor_agent",
    "CdtrAgt": "creditor_agent",
    "InstgAgt": "instructing_agent",
    "InstdAgt": "instructed_agent",
    "Assgnr": "instructing_agent",
    "Assgne": "instructed_agent",
    "Fr": "instructing_agent",
    "To": "instructed_agent",
}
ACCOUNTS = {"DbtrAcct": "debtor", "CdtrAcct": "creditor"}
UNDERLYING = frozenset({"OrgnlTxRef", "UndrlygCstmrCdtTrf"})
"""The transfer that a message is about or that it covers: screened with it, under `underlying`."""

AMOUNTS = frozenset({"IntrBkSttlmAmt", "InstdAmt", "OrgnlIntrBkSttlmAmt", "OrgnlInstdAmt", "EqvtAmt"})
RETURNED = frozenset({"RtrdIntrBkSttlmAmt", "RvsdIntrBkSttlmAmt"})
DATES = frozenset({"IntrBkSttlmDt", "ReqdExctnDt", "ReqdColltnDt"})
REFERRED = {
    "OrgnlMsgId": "message_id",
    "OrgnlMsgNmId": "message_type",
    "OrgnlInstrId": "instruction_id",
    "OrgnlEndToEndId": "end_to_end_id",
    "OrgnlTxId": "transaction_id",
    "OrgnlUETR": "uetr",
}
TRANSACTION_IDS = frozenset({"TxId", "RtrId", "RvslId", "CxlId", "CxlStsId", "StsId", "StsReqId"})
REMITTANCE = frozenset({"RmtInf", "RltdRmtInf"})
ROLELESS = frozenset({"Tax", "InstrForCdtrAgt", "InstrForNxtAgt", "RgltryRptg", "SplmtryData"})
"""Subtrees whose Dbtr and Cdtr, if any, are not the payment's own."""

CONTAINERS = frozenset(
    {"PmtId", "GrpHdr", "SttlmInf", "PmtTpInf", "AppHdr", "RtrChain", "Amt", "OrgnlGrpInf", "Rltd"}
)
"""Known to hold fields and nobody of themselves; what other elements hold is told by their structure."""

KINDS = (
    dict.fromkeys(PARTIES, "party")
    | dict.fromkeys(AGENTS, "agent")
    | dict.fromkeys(ACCOUNTS, "account")
    | dict.fromkeys(REMITTANCE, "remittance")
    | dict.fromkeys(UNDERLYING, "underlying")
    | dict.fromkeys(ROLELESS, "roleless")
    | dict.fromkeys(("Purp", "CtgyPurp"), "purpose")
    | dict.fromkeys(DATES, "date")
    | dict.fromkeys(("Assgnmt", "Case", "RslvdCase"), "case")
    | dict.fromkeys(CONTAINERS, "container")
)

_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T Z+-].*)?")


class Transaction:
    """Reads elements into a draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._parties = Parties(draft)

    def read(self, element: Element, step: str, path: str) -> None:
        """Read one element; raises `RefusedElementError`."""
        draft, parties = self._draft, self._parties
        match KINDS.get(step):
            case "party":
                draft.role(PARTIES[step], *parties.party(element, path), "other_parties")
            case "agent":
                self._agent(AGENTS[step], element, path)
            case "account":
                role = ACCOUNTS[step]
                owner = draft.members.get(role, {}).get("name", "")
                draft.account(role, *parties.account(element, path, owner))
            case "remittance":
                parties.rest(element, path, "remittance")
            case "underlying":
                Transaction(draft.under()).children(element, path)
            case "roleless":
                parties.rest(element, path)
            case "purpose":
                self._purpose("purpose" if step == "Purp" else "category_purpose", element, path)
            case "date":
                self._date(element, path)
            case "case":
                self._case(element, step, path)
            case _ if not len(element):
                self._leaf(element, step, path)
            case "container":
                self.children(element, path)
            case _:
                self._container(element, step, path)

    def text(self, element: Element, path: str) -> None:
        """Read an element of which nothing is known but its text: one of an envelope."""
        self._parties.rest(element, path)

    def children(self, element: Element, path: str) -> None:
        """Read an element's children; a role that is given twice among them is refused."""
        seen = set()
        for step, child, place in steps(element):
            if KINDS.get(step) in ("party", "agent", "account"):
                if step in seen:
                    raise RefusedElementError("wrong_structure", f"{step} is given twice", child)
                seen.add(step)
            self.read(child, step, f"{path}/{place}")

    def _container(self, element: Element, step: str, path: str) -> None:
        inner = {child.tag for child in element}
        if inner & {"FinInstnId", "Nm", "PstlAdr", "Pty", "OrgId", "PrvtId", "IBAN"} or (
            "Id" in inner and step.endswith(("Acct", "Cretr"))
        ):
            self._parties.rest(element, path)
            return
        self.children(element, path)

    def _case(self, element: Element, step: str, path: str) -> None:
        for inner, child, place in steps(element):
            if inner == "Id" and step == "Assgnmt":
                self._message_id(text(child), f"{path}/{place}")
            elif f"{step}/{inner}" not in NOT_SCREENED:
                self.read(child, inner, f"{path}/{place}")

    def _agent(self, role: str, element: Element, path: str) -> None:
        """An agent; the assigner of a case and the ends of a message may be a party instead."""
        parties = self._parties
        first = element[0] if len(element) else element
        if first.tag == "Pty":
            self._draft.among("other_parties", *parties.party(element, path))
            return
        if first.tag == "OrgId":  # a whole party in a header, not the numbers that the name means elsewhere
            self._draft.among("other_parties", *parties.party(first, f"{path}/OrgId"))
            return
        if first.tag in ("Agt", "FIId") and len(element) == 1:
            element, path = first, f"{path}/{first.tag}"
        if is_agent(element) or not len(element):
            found, places = parties.agent(element, path)
            if found not in self._draft.members.get("intermediary_agents", ()):
                self._draft.role(role, found, places, "intermediary_agents")
        else:
            parties.rest(element, path)

    def _leaf(self, element: Element, step: str, path: str) -> None:
        draft = self._draft
        if step in AMOUNTS or step in RETURNED:
            self._amount(element, step, path)
        elif step == "EndToEndId":
            draft.value("end_to_end_id", text(element), path)
        elif step == "UETR":
            draft.value("uetr", text(element), path)
        elif step in ("MsgId", "BizMsgIdr"):
            self._message_id(text(element), path)
        elif member := REFERRED.get(step):
            draft.refer(member, text(element), path)
        elif step in TRANSACTION_IDS:
            draft.transaction_id = draft.transaction_id or text(element)
        else:
            self._parties.rest(element, path)

    def _message_id(self, value: str, path: str) -> None:
        self._draft.message_id = self._draft.message_id or value
        self._draft.value("message_id", value, path)

    def _purpose(self, member: str, element: Element, path: str) -> None:
        for step, child, place in steps(element):
            if member in self._draft.members or len(child):
                self._parties.rest(child, f"{path}/{place}")
            elif step in ("Cd", "Prtry"):
                self._draft.value(member, text(child), f"{path}/{place}")
            else:
                self._parties.rest(child, f"{path}/{place}")

    def _amount(self, element: Element, step: str, path: str) -> None:
        members = self._draft.members
        amount, unit = text(element), currency(element)
        if not _AMOUNT.fullmatch(amount) or not _CURRENCY.fullmatch(unit):
            raise RefusedElementError("wrong_value", f"{step} is not an amount with its currency", element)
        if "amount" not in members or step in RETURNED:
            members["amount"], members["currency"] = amount, unit
            self._draft.origins[self._draft.path("amount")] = path

    def _date(self, element: Element, path: str) -> None:
        choices = [(inner, f"{path}/{at}") for _, inner, at in steps(element)]
        for child, place in choices or [(element, path)]:
            if value := text(child):
                found = _DATE.fullmatch(value)
                if found is None:
                    raise RefusedElementError("wrong_value", f"{child.tag} is not a date", child)
                self._draft.value("value_date", found[1], place)
