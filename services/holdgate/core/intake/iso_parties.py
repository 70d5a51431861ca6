"""Parties, agents, accounts and addresses of ISO 20022: one element each to one canonical member.

What has no place of its own in the canonical party (the owner's name of an account, a contact, whoever an
address is in care of) becomes a party of its own, so that it is screened as a name.
"""

from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import Members, Origins, PaymentDraft, prefix_origins
from holdgate.core.intake.iso_identifiers import read_generic_identification, read_identification
from holdgate.core.intake.iso_values import (
    BICS,
    SCHEMES,
    add_identifier,
    bic,
    currency,
    is_account,
    is_agent,
    is_party,
    set_once,
    sole_grandchild,
    text,
)
from holdgate.core.intake.not_screened import LOOKS
from holdgate.core.intake.xml import steps

ADDRESS = {
    "StrtNm": "street",
    "TwnNm": "town",
    "PstCd": "postcode",
    "CtrySubDvsn": "region",
    "Ctry": "country",
}


SCHEME_IDS = frozenset({"CdtrSchmeId", "OrgnlCdtrSchmeId"})
"""Creditors of direct debits: SEPA has their number in PrvtId, persons or not (EPC016-06, AT-02)."""


class PartyReader:
    """Reads parties and agents for one transfer; what they say besides goes to the draft's other members."""

    def __init__(self, draft: PaymentDraft) -> None:
        self._draft = draft

    def party(self, element: Element, path: str) -> tuple[Members, Origins]:
        """A PartyIdentification, a choice of party or agent, or an agent in a party's role."""
        members: Members = {}
        origins: Origins = {}
        self._party(element, path, members, origins)
        if element.tag in SCHEME_IDS:
            members.pop("kind", None)
        return members, origins

    def agent(self, element: Element, path: str) -> tuple[Members, Origins]:
        """A BranchAndFinancialInstitutionIdentification; most are a BIC and nothing else."""
        if (known := sole_grandchild(element, ("FinInstnId", "BICFI"))) is not None:
            return {"bic": bic(known)}, {"bic": f"{path}/FinInstnId/BICFI"}
        members: Members = {}
        origins: Origins = {}
        self._agent(element, path, members, origins)
        return members, origins

    def account(self, element: Element, path: str, owner: str = "") -> tuple[Members, Origins]:
        """A CashAccount; `owner` is the name it may repeat. Most are an IBAN and nothing else."""
        if (known := sole_grandchild(element, ("Id", "IBAN"))) is not None and (iban := text(known)):
            return {"iban": iban}, {"iban": f"{path}/Id/IBAN"}
        members: Members = {}
        origins: Origins = {}
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "Id":
                self._account_id(child, where, members, origins)
            elif step == "Nm":
                if not (owned := text(child)) or owned != owner:
                    self._add_other_party({"name": owned}, {"name": where})
            elif step == "Prxy":
                self._proxy(child, where)
            else:
                self.read_other(child, where)
        return members, origins

    def _party(self, element: Element, path: str, members: Members, origins: Origins) -> None:
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            match step:
                case "Nm":
                    set_once(child, members, origins, "name", text(child), where)
                case "PstlAdr" | "Adr":
                    self._address(child, where, members, origins)
                case "Id" | "OrgId" | "PrvtId" if len(child):
                    read_identification(child, where, members, origins, self.read_other)
                case "CtryOfRes":
                    set_once(child, members, origins, "country_of_residence", text(child), where)
                case "Pty" | "Agt" | "FIId":
                    self._party(child, where, members, origins)
                case "FinInstnId":
                    self._institution(child, where, members, origins)
                case "BrnchId":
                    self._branch(child, where)
                case "CtctDtls":
                    self._contact(child, where)
                case "TaxId" | "RegnId":
                    add_identifier(members, origins, SCHEMES[step], text(child), where)
                case _:
                    self.read_other(child, where)

    def _institution(self, element: Element, path: str, members: Members, origins: Origins) -> None:
        """A financial institution in the role of a party, as both ends of a pacs.009 are."""
        agent: Members = {}
        agent_origins: Origins = {}
        self._agent(element, path, agent, agent_origins)
        members["kind"] = "entity"
        for member, type_ in (("bic", "bic"), ("lei", "lei"), ("clearing_id", "clearing_code")):
            if member in agent:
                add_identifier(members, origins, type_, agent[member], agent_origins[member])
        for position, identifier in enumerate(agent.get("ids", ())):
            add_identifier(
                members,
                origins,
                identifier["type"],
                identifier["value"],
                agent_origins[f"ids[{position}].value"],
            )
        for member in ("name", "address"):
            if member in agent:
                members.setdefault(member, agent[member])
        origins |= {at: place for at, place in agent_origins.items() if at.startswith(("name", "address"))}

    def _agent(self, element: Element, path: str, members: Members, origins: Origins) -> None:
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            match step:
                case "FinInstnId" | "CmbndId" | "FIId" | "NmAndAdr":
                    self._agent(child, where, members, origins)
                case _ if step in BICS:
                    set_once(child, members, origins, "bic", bic(child), where)
                case "Nm":
                    set_once(child, members, origins, "name", text(child), where)
                case "LEI":
                    set_once(child, members, origins, "lei", text(child), where)
                case "ClrSysMmbId":
                    self._clearing(child, where, members, origins)
                case "PstlAdr":
                    self._address(child, where, members, origins)
                    if country := members.get("address", {}).get("country"):
                        members["country"], origins["country"] = country, origins["address.country"]
                case "Othr" | "PrtryId":
                    read_generic_identification(child, where, members, origins, self.read_other)
                case "BrnchId":
                    self._branch(child, where)
                case _:
                    self.read_other(child, where)

    def _clearing(self, element: Element, path: str, members: Members, origins: Origins) -> None:
        """ClrSysId says which clearing system; in the first versions the member's number stands in Id."""
        for step, child, place in steps(element):
            if step in ("MmbId", "Id") and not len(child):
                set_once(child, members, origins, "clearing_id", text(child), f"{path}/{place}")
            else:
                self.read_other(child, f"{path}/{place}")

    def _branch(self, element: Element, path: str) -> None:
        branch: Members = {}
        origins: Origins = {}
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "Nm":
                set_once(child, branch, origins, "name", text(child), where)
            elif step == "PstlAdr":
                self._address(child, where, branch, origins)
            elif step in ("Id", "LEI"):
                add_identifier(branch, origins, "lei" if step == "LEI" else "other", text(child), where)
            else:
                self.read_other(child, where)
        self._add_other_party(branch | {"kind": "entity"} if branch else branch, origins)

    def _contact(self, element: Element, path: str) -> None:
        for step, child, place in steps(element):
            if step == "Nm":
                self._add_other_party({"name": text(child)}, {"name": f"{path}/{place}"})
            else:
                self.read_other(child, f"{path}/{place}")

    def _address(self, element: Element, path: str, members: Members, origins: Origins) -> None:
        """A PostalAddress, or a NameAndAddress in the place of one, as where remittance is sent to."""
        address: Members = members.setdefault("address", {})
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "CareOf":
                self._add_other_party({"name": text(child)}, {"name": where})
            elif step == "Nm" and "name" not in members:
                set_once(child, members, origins, "name", text(child), where)
            elif step == "Adr" and len(child):
                self._address(child, where, members, origins)
            elif len(child):
                self.read_other(child, where)
            elif not (value := text(child)):
                continue
            elif (looks := LOOKS.get(step)) is not None:
                if not looks(value):
                    self._draft.add_unexpected(value, where)
            elif (member := ADDRESS.get(step)) and member not in address:
                address[member] = value
                origins[f"address.{member}"] = where
            else:
                lines = address.setdefault("lines", [])
                origins[f"address.lines[{len(lines)}]"] = where
                lines.append(value)
        if not address:
            members.pop("address", None)

    def _account_id(self, element: Element, path: str, members: Members, origins: Origins) -> None:
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "IBAN":
                set_once(child, members, origins, "iban", text(child), where)
            elif len(child):
                for inner, number, at in steps(child):
                    if inner == "Id":
                        set_once(number, members, origins, "other", text(number), f"{where}/{at}")
                    else:
                        self.read_other(number, f"{where}/{at}")
            else:
                set_once(child, members, origins, "other", text(child), where)

    def _proxy(self, element: Element, path: str) -> None:
        """An alias of an account: a telephone number, an e-mail address, a document."""
        for step, child, place in steps(element):
            if step == "Id" and (value := text(child)):
                self._draft.add_line("instructions", value, f"{path}/{place}")
            elif step != "Id":
                self.read_other(child, f"{path}/{place}")

    def _add_other_party(self, members: Members, origins: Origins) -> None:
        if any(members.values()) or "name" in members:
            self._draft.add_other("other_parties", members, origins)

    def _add_country(self, element: Element, path: str) -> None:
        """A country by itself, as in a report to an authority: somewhere that money goes."""
        self._add_other_party({"address": {"country": text(element)}}, {"address.country": path})

    def read_other(self, element: Element, path: str, member: str = "instructions") -> None:
        """What has no place of its own: somebody by its structure, a text by having one."""
        if not len(element):
            if element.get("Ccy"):
                currency(element)
            if element.tag == "Ctry":
                self._add_country(element, path)
            elif (looks := LOOKS.get(element.tag)) is None:
                self._draft.add_line(member, text(element), path)
            elif not looks(value := text(element)):
                self._draft.add_unexpected(value, path)
        elif is_agent(element):
            self._draft.add_other("intermediary_agents", *self.agent(element, path))
        elif is_party(element):
            self._draft.add_other("other_parties", *self.party(element, path))
        elif is_account(element):
            account, origins = self.account(element, path)
            self._draft.add_other("other_parties", {"account": account}, prefix_origins("account", origins))
        else:
            for _, child, place in steps(element):
                self.read_other(child, f"{path}/{place}", member)
