"""What identifies somebody in ISO 20022: documents, registrations, BIC and LEI, birth."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from holdgate.core.intake.draft import Members, Origins
from holdgate.core.intake.iso_values import BICS, SCHEMES, add_identifier, bic, set_once, text
from holdgate.core.intake.xml import steps

ReadOther = Callable[[Element, str], None]
"""Reads what has no place of its own."""


def read_identification(
    element: Element, path: str, members: Members, origins: Origins, read_other: ReadOther
) -> None:
    """An organisation's or a person's identification."""
    for step, child, place in steps(element):
        where = f"{path}/{place}"
        match step:
            case "OrgId" | "PrvtId":
                members["kind"] = "entity" if step == "OrgId" else "person"
                read_identification(child, where, members, origins, read_other)
            case _ if step in BICS:
                add_identifier(members, origins, "bic", bic(child), where)
            case "LEI":
                add_identifier(members, origins, "lei", text(child), where)
            case "Othr" | "OthrId" | "PrtryId":
                read_generic_identification(child, where, members, origins, read_other)
            case "DtAndPlcOfBirth":
                _read_birth(child, where, members, origins)
            case _ if len(child) or step == "Issr":
                read_other(child, where)
            case _:
                add_identifier(members, origins, SCHEMES.get(step, "other"), text(child), where)


def read_generic_identification(
    element: Element, path: str, members: Members, origins: Origins, read_other: ReadOther
) -> None:
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
            read_other(child, where)
    for number, where in numbers:
        add_identifier(members, origins, scheme, number, where)


def _read_birth(element: Element, path: str, members: Members, origins: Origins) -> None:
    places: list[str] = []
    for step, child, place in steps(element):
        where = f"{path}/{place}"
        if step == "BirthDt":
            set_once(child, members, origins, "birth_date", text(child)[:10], where)
        elif value := text(child):
            places.append(value)
            origins.setdefault("birth_place", where)
    if places:
        members["birth_place"] = ", ".join(places)
