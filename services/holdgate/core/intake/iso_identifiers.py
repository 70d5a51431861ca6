"""What identifies somebody in ISO 20022: documents, registrations, BIC and LEI, birth."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import Members, Origins
from holdgate.core.intake.iso_values import BICS, SCHEMES, add_identifier, bic, set_once, text
from holdgate.core.intake.xml import steps

Rest = Callable[[Element, str], None]
"""Reads what has no place of its own."""


def identifiers(element: Element, path: str, found: Members, places: Origins, rest: Rest) -> None:
    """An organisation's or a person's identification."""
    for step, child, place in steps(element):
        where = f"{path}/{place}"
        match step:
            case "OrgId" | "PrvtId":
                found["kind"] = "entity" if step == "OrgId" else "person"
                identifiers(child, where, found, places, rest)
            case _ if step in BICS:
                add_identifier(found, places, "bic", bic(child), where)
            case "LEI":
                add_identifier(found, places, "lei", text(child), where)
            case "Othr" | "OthrId" | "PrtryId":
                document(child, where, found, places, rest)
            case "DtAndPlcOfBirth":
                _birth(child, where, found, places)
            case _ if len(child) or step == "Issr":
                rest(child, where)
            case _:
                add_identifier(found, places, SCHEMES.get(step, "other"), text(child), where)


def document(element: Element, path: str, found: Members, places: Origins, rest: Rest) -> None:
    """A GenericIdentification: the number, its scheme, its issuer."""
    scheme = "other"
    numbers = []
    for step, child, place in steps(element):
        where = f"{path}/{place}"
        if step == "Id":
            numbers.append((text(child), where))
        elif step == "SchmeNm" and any(code.tag == "Cd" for code in child):
            scheme = next(SCHEMES.get(text(code), "other") for code in child if code.tag == "Cd")
        elif step == "IdTp":
            scheme = SCHEMES.get(text(child), "other")
        else:
            rest(child, where)
    for number, where in numbers:
        add_identifier(found, places, scheme, number, where)


def _birth(element: Element, path: str, found: Members, places: Origins) -> None:
    town: list[str] = []
    for step, child, place in steps(element):
        where = f"{path}/{place}"
        if step == "BirthDt":
            set_once(child, found, places, "birth_date", text(child)[:10], where)
        elif value := text(child):
            town.append(value)
            places.setdefault("birth_place", where)
    if town:
        found["birth_place"] = ", ".join(town)
