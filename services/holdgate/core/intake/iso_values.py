"""Single values of ISO 20022 messages, checked, and the role of an element by its structure."""

import re
from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import Members, Origins
from holdgate.core.intake.xml import RefusedElementError

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
"""BICFIDec2014Identifier and AnyBICDec2014Identifier."""

BICS = frozenset({"BICFI", "BIC", "AnyBIC", "BICOrBEI", "BEI"})
SCHEMES = {
    "CCPT": "passport", "NIDN": "national_id", "SOSE": "national_id", "TXID": "tax", "COID": "registration",
    "PsptNb": "passport", "IdntyCardNb": "national_id", "SclSctyNb": "national_id", "TaxIdNb": "tax",
    "TaxId": "tax", "RegnId": "registration",
}  # fmt: skip
"""ISO external organisation and person identification codes, and the elements of the first versions, to
canonical types; every other one is `other`."""

_OF_PARTIES = frozenset({"Nm", "PstlAdr", "CtctDtls", "Pty", "Agt", "OrgId", "PrvtId", "TaxId", "RegnId"})
"""A party has at least one of these elements."""

COMMODITIES = frozenset({"XAU", "XAG", "XPD", "XPT"})


def text(element: Element) -> str:
    """The element's text, white space collapsed as on a form.

    An element with children where a text belongs is refused, because no reader would see their content.
    """
    if len(element):
        raise RefusedElementError("wrong_structure", f"{element.tag} holds elements, not a text", element)
    words = element.text.split() if element.text else ()
    return words[0] if len(words) == 1 else " ".join(words)


def bic(element: Element) -> str:
    """Return a BIC. Anything else is refused, because the bank it means cannot be screened."""
    code = text(element)
    if not _BIC.fullmatch(code):
        raise RefusedElementError("wrong_value", f"{element.tag} does not hold a BIC", element)
    return code


def currency(element: Element) -> str:
    """Return the currency of an amount.

    Commodities are refused: the usage guidelines for cross-border payments (CBPR+, rule CommodityCurrency)
    allow none, and a payment system that takes gold for money is not one that is screened here.
    """
    code = element.get("Ccy", "")
    if code in COMMODITIES:
        raise RefusedElementError("wrong_value", f"{element.tag} is in {code}, a commodity", element)
    return code


def is_agent(element: Element) -> bool:
    """Whether the element describes a financial institution, by its structure."""
    return element.find("FinInstnId") is not None or element.find("BrnchId") is not None


def is_party(element: Element) -> bool:
    """Whether the element describes somebody, by its structure."""
    return any(child.tag in _OF_PARTIES for child in element)


def is_account(element: Element) -> bool:
    """Whether the element describes an account, by its structure."""
    return any(
        child.tag == "Id"
        and any(inner.tag in ("IBAN", "Othr", "BBAN", "UPIC", "PrtryAcct") for inner in child)
        for child in element
    )


def sole_grandchild(element: Element, names: tuple[str, str]) -> Element | None:
    """Return the grandchild reached by these names if the element contains nothing else."""
    if len(element) == 1 and (outer := element[0]).tag == names[0] and len(outer) == 1:
        inner = outer[0]
        if inner.tag == names[1]:
            return inner
    return None


def set_once(
    element: Element, members: Members, origins: Origins, member: str, value: str, origin: str
) -> None:
    """Set a single value. Two different values are refused: it is unknown which one counts.

    An empty name is kept, because nobody can be screened by it; every other empty value is as good as absent.
    """
    if value:
        if members.setdefault(member, value) not in (value, ""):
            raise RefusedElementError("wrong_structure", f"{element.tag} is given twice", element)
        members[member] = value
        origins.setdefault(member, origin)
    elif member == "name":
        members.setdefault(member, value)
        origins.setdefault(member, origin)


def add_identifier(members: Members, origins: Origins, type_: str, value: str, origin: str) -> None:
    """Add an identifier, with the origin of its number."""
    if value:
        ids = members.setdefault("ids", [])
        origins[f"ids[{len(ids)}].value"] = origin
        ids.append({"type": type_, "value": value})
