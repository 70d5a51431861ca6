"""Parties, agents, accounts and addresses of ISO 20022: one element each to one canonical member.

What has no place of its own in the canonical party (the owner's name of an account, a contact, whoever an
address is in care of) becomes a party of its own, so that it is screened as a name.
"""

from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import Members, Origins, PaymentDraft, below
from holdgate.core.intake.iso_identifiers import document, identifiers
from holdgate.core.intake.iso_values import (
    BICS,
    SCHEMES,
    add_identifier,
    alone,
    bic,
    currency,
    is_account,
    is_agent,
    is_party,
    set_once,
    text,
)
from holdgate.core.intake.not_screened import NOT_SCREENED
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


class Parties:
    """Reads parties and agents for one transfer; what they say besides goes to the draft's other members."""

    def __init__(self, draft: PaymentDraft) -> None:
        self._draft = draft

    def party(self, element: Element, path: str) -> tuple[Members, Origins]:
        """A PartyIdentification, a choice of party or agent, or an agent in a party's role."""
        found: Members = {}
        places: Origins = {}
        self._party(element, path, found, places)
        if element.tag in SCHEME_IDS:
            found.pop("kind", None)
        return found, places

    def agent(self, element: Element, path: str) -> tuple[Members, Origins]:
        """A BranchAndFinancialInstitutionIdentification; most are a BIC and nothing else."""
        if (known := alone(element, ("FinInstnId", "BICFI"))) is not None:
            return {"bic": bic(known)}, {"bic": f"{path}/FinInstnId/BICFI"}
        found: Members = {}
        places: Origins = {}
        self._agent(element, path, found, places)
        return found, places

    def account(self, element: Element, path: str, owner: str = "") -> tuple[Members, Origins]:
        """A CashAccount; `owner` is the name it may repeat. Most are an IBAN and nothing else."""
        if (known := alone(element, ("Id", "IBAN"))) is not None and (iban := text(known)):
            return {"iban": iban}, {"iban": f"{path}/Id/IBAN"}
        found: Members = {}
        places: Origins = {}
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "Id":
                self._account_id(child, where, found, places)
            elif step == "Nm":
                if (owned := text(child)) and owned != owner:
                    self._other({"name": owned}, {"name": where})
            elif step == "Prxy":
                self._proxy(child, where)
            else:
                self.rest(child, where)
        return found, places

    def _party(self, element: Element, path: str, found: Members, places: Origins) -> None:
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            match step:
                case "Nm":
                    set_once(child, found, places, "name", text(child), where)
                case "PstlAdr" | "Adr":
                    self._address(child, where, found, places)
                case "Id" | "OrgId" | "PrvtId" if len(child):
                    identifiers(child, where, found, places, self.rest)
                case "CtryOfRes":
                    set_once(child, found, places, "country_of_residence", text(child), where)
                case "Pty" | "Agt" | "FIId":
                    self._party(child, where, found, places)
                case "FinInstnId":
                    self._institution(child, where, found, places)
                case "BrnchId":
                    self._branch(child, where)
                case "CtctDtls":
                    self._contact(child, where)
                case "TaxId" | "RegnId":
                    add_identifier(found, places, SCHEMES[step], text(child), where)
                case _:
                    self.rest(child, where)

    def _institution(self, element: Element, path: str, found: Members, places: Origins) -> None:
        """A financial institution in the role of a party, as both ends of a pacs.009 are."""
        agent: Members = {}
        inner: Origins = {}
        self._agent(element, path, agent, inner)
        found["kind"] = "entity"
        for member, type_ in (("bic", "bic"), ("lei", "lei"), ("clearing_id", "other")):
            if member in agent:
                add_identifier(found, places, type_, agent[member], inner[member])
        for position, known in enumerate(agent.get("ids", ())):
            add_identifier(found, places, known["type"], known["value"], inner[f"ids[{position}].value"])
        for member in ("name", "address"):
            if member in agent:
                found.setdefault(member, agent[member])
        places |= {at: place for at, place in inner.items() if at.startswith(("name", "address"))}

    def _agent(self, element: Element, path: str, found: Members, places: Origins) -> None:
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            match step:
                case "FinInstnId" | "CmbndId" | "FIId" | "NmAndAdr":
                    self._agent(child, where, found, places)
                case _ if step in BICS:
                    set_once(child, found, places, "bic", bic(child), where)
                case "Nm":
                    set_once(child, found, places, "name", text(child), where)
                case "LEI":
                    set_once(child, found, places, "lei", text(child), where)
                case "ClrSysMmbId":
                    self._clearing(child, where, found, places)
                case "PstlAdr":
                    self._address(child, where, found, places)
                    if country := found.get("address", {}).get("country"):
                        found["country"], places["country"] = country, places["address.country"]
                case "Othr" | "PrtryId":
                    document(child, where, found, places, self.rest)
                case "BrnchId":
                    self._branch(child, where)
                case _:
                    self.rest(child, where)

    def _clearing(self, element: Element, path: str, found: Members, places: Origins) -> None:
        """ClrSysId says which clearing system; in the first versions the member's number stands in Id."""
        for step, child, place in steps(element):
            if step in ("MmbId", "Id") and not len(child):
                set_once(child, found, places, "clearing_id", text(child), f"{path}/{place}")
            else:
                self.rest(child, f"{path}/{place}")

    def _branch(self, element: Element, path: str) -> None:
        branch: Members = {}
        places: Origins = {}
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "Nm":
                set_once(child, branch, places, "name", text(child), where)
            elif step == "PstlAdr":
                self._address(child, where, branch, places)
            elif step in ("Id", "LEI"):
                add_identifier(branch, places, "lei" if step == "LEI" else "other", text(child), where)
            else:
                self.rest(child, where)
        self._other(branch | {"kind": "entity"} if branch else branch, places)

    def _contact(self, element: Element, path: str) -> None:
        for step, child, place in steps(element):
            if step == "Nm":
                self._other({"name": text(child)}, {"name": f"{path}/{place}"})
            else:
                self.rest(child, f"{path}/{place}")

    def _address(self, element: Element, path: str, found: Members, places: Origins) -> None:
        """A PostalAddress, or a NameAndAddress in the place of one, as where remittance is sent to."""
        address: Members = found.setdefault("address", {})
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "CareOf":
                self._other({"name": text(child)}, {"name": where})
            elif step == "Nm" and "name" not in found:
                set_once(child, found, places, "name", text(child), where)
            elif step == "Adr" and len(child):
                self._address(child, where, found, places)
            elif len(child):
                self.rest(child, where)
            elif step in NOT_SCREENED or not (value := text(child)):
                continue
            elif (member := ADDRESS.get(step)) and member not in address:
                address[member] = value
                places[f"address.{member}"] = where
            else:
                lines = address.setdefault("lines", [])
                places[f"address.lines[{len(lines)}]"] = where
                lines.append(value)
        if not address:
            found.pop("address", None)

    def _account_id(self, element: Element, path: str, found: Members, places: Origins) -> None:
        for step, child, place in steps(element):
            where = f"{path}/{place}"
            if step == "IBAN":
                set_once(child, found, places, "iban", text(child), where)
            elif len(child):
                for inner, number, at in steps(child):
                    if inner == "Id":
                        set_once(number, found, places, "other", text(number), f"{where}/{at}")
                    else:
                        self.rest(number, f"{where}/{at}")
            else:
                set_once(child, found, places, "other", text(child), where)

    def _proxy(self, element: Element, path: str) -> None:
        """An alias of an account: a telephone number, an e-mail address, a document."""
        for step, child, place in steps(element):
            if step == "Id" and (value := text(child)):
                self._draft.line("instructions", value, f"{path}/{place}")
            elif step != "Id":
                self.rest(child, f"{path}/{place}")

    def _other(self, found: Members, places: Origins) -> None:
        if any(found.values()):
            self._draft.among("other_parties", found, places)

    def _country(self, element: Element, path: str) -> None:
        """A country by itself, as in a report to an authority: somewhere that money goes."""
        self._other({"address": {"country": text(element)}}, {"address.country": path})

    def rest(self, element: Element, path: str, member: str = "instructions") -> None:
        """What has no place of its own: somebody by its structure, a text by having one."""
        if not len(element):
            if element.get("Ccy"):
                currency(element)
            if element.tag == "Ctry":
                self._country(element, path)
            elif element.tag not in NOT_SCREENED:
                self._draft.line(member, text(element), path)
        elif is_agent(element):
            self._draft.among("intermediary_agents", *self.agent(element, path))
        elif is_party(element):
            self._draft.among("other_parties", *self.party(element, path))
        elif is_account(element):
            account, places = self.account(element, path)
            self._draft.among("other_parties", {"account": account}, below("account", places))
        else:
            for _, child, place in steps(element):
                self.rest(child, f"{path}/{place}", member)
