"""The messages of the reference data: their expected outcomes, and copies with names planted in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from holdgate.core.intake import InvalidEventError, Received, iso20022, mt

REFUSED_XML = {
    "__violates_pacs": "wrong_value",
    "__violates_pain.001-R3": "wrong_value",
    "xsd_issue": "wrong_structure",
    "invalid_bic": "wrong_value",
    "pacs_004_001_11_minimal": "wrong_structure",
    "pain_013_001_09_minimal": "wrong_structure",
    "pacs_002_001_14_minimal": "no_party",
    "pacs_028_001_05_minimal": "no_party",
    "pain_002_001_13_minimal": "no_party",
    "fednow_incoming": "no_party",
    "pacs.002-CDATA-": "no_party",
}
"""Error code by part of the file name, for messages that break a rule or name no party."""

OTHER_XML = re.compile(r"camt[._](?:003|05[234]|10[5-9])|admi|head_001|mx_sample")
"""Messages that are not payments."""

REFUSED_MT = {
    "MT101_004": "wrong_structure",
    "MT103_038": "not_mt",
    "MT103_039": "wrong_structure",
    "MT103_040": "wrong_structure",
    "MT103_041": "wrong_structure",
    "MT103_049": "not_mt",
    "MT103_054": "not_mt",
    "MT103_055": "wrong_structure",
    "MT103_056": "wrong_structure",
    "MT103_057": "wrong_structure",
    "MT103_059": "not_mt",
    "MT192_009": "wrong_value",
    "MT192_010": "wrong_value",
    "MT196_007": "wrong_value",
    "MT199_011": "wrong_structure",
    "MT199_013": "wrong_structure",
    "MT199_014": "wrong_structure",
    "MT199_015": "wrong_structure",
    "MT199_016": "wrong_structure",
    "MT199_017": "not_mt",
    "MT202_028": "not_mt",
    "MT202_029": "wrong_structure",
    "MT205_007": "wrong_structure",
}
READ_MT = re.compile(r"MT(?:101|103|202|205|210|[12]9[269])_")


class Sample(NamedTuple):
    """A message's file and bytes, and the code of the expected error; None if it must be read."""

    name: str
    value: bytes
    code: str | None

    @property
    def is_xml(self) -> bool:
        """Whether it is XML."""
        return self.name.endswith(".xml")


class Plant(NamedTuple):
    """A message with a name in the place of the text at `origin`."""

    sample: str
    origin: str
    payments: tuple[Received, ...]


def samples(folder: Path) -> list[Sample]:
    """Return every message of the reference data."""
    files = sorted([*folder.rglob("*.xml"), *folder.rglob("*.fin")])
    return [Sample(str(path.relative_to(folder)), path.read_bytes(), _code(path.name)) for path in files]


def read(sample: Sample) -> tuple[Received, ...] | InvalidEventError:
    """Return the payments of a sample, or the error that rejects it."""
    try:
        return iso20022.read(sample.value) if sample.is_xml else mt.read(sample.value)
    except InvalidEventError as error:
        return error


def plants(sample: Sample, name: str) -> Iterator[Plant]:
    """Yield the sample once for each name in it, with that name replaced."""
    yield from _xml_plants(sample, name) if sample.is_xml else _mt_plants(sample, name)


def _code(name: str) -> str | None:
    if name.endswith(".fin"):
        if not READ_MT.match(name):
            return "unknown_message"
        return REFUSED_MT.get(name[:9])
    refused = [code for part, code in REFUSED_XML.items() if part in name]
    if refused:
        return "wrong_value" if "__violates" in name else refused[0]
    return "unknown_message" if OTHER_XML.search(name) else None


def _xml_plants(sample: Sample, name: str) -> Iterator[Plant]:
    root = ElementTree.fromstring(sample.value)  # noqa: S314 - the reference data's own files
    for element, path in _walk(root, f"/{_local(root)}"):
        if _local(element) in ("Nm", "CareOf") and (element.text or "").strip():
            before, element.text = element.text, name
            yield Plant(sample.name, path, iso20022.read(ElementTree.tostring(root)))
            element.text = before


def _mt_plants(sample: Sample, name: str) -> Iterator[Plant]:
    lines = sample.value.decode().split("\n")
    tag, first = "", 0
    for number, line in enumerate(lines):
        begun = re.match(r":([0-9]{2}[A-Z]?):", line)
        if begun:
            tag, first = begun[1], number
        content = line[begun.end() :] if begun else line
        head = line[: begun.end()] if begun else ""
        of_party = re.fullmatch(r"50[KH]?|59|5[2-8]D", tag) and not content.startswith("/")
        named = number == first or (number == first + 1 and lines[first].startswith(f":{tag}:/"))
        if tag in ("50F", "59F") and content.startswith("1/"):
            content, head, of_party, named = content[2:], head + "1/", True, True
        if of_party and named and content.strip():
            planted = [
                *lines[:number],
                head + name + ("\r" if line.endswith("\r") else ""),
                *lines[number + 1 :],
            ]
            yield Plant(sample.name, f"{tag} line {number - first + 1}", mt.read("\n".join(planted).encode()))


def _walk(element: ElementTree.Element, path: str) -> Iterator[tuple[ElementTree.Element, str]]:
    yield element, path
    names = [_local(child) for child in element]
    for position, child in enumerate(element):
        name = names[position]
        step = name if names.count(name) == 1 else f"{name}[{names[: position + 1].count(name)}]"
        yield from _walk(child, f"{path}/{step}")


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


TEXTS = ("AdrLine", "StrtNm", "Ustrd", "InstrInf", "AddtlRmtInf", "AddtlInf")
"""Elements of free text that may contain a name."""


def text_plants(sample: Sample, name: str) -> Iterator[Plant]:
    """Yield an XML sample once for each text in it, with a name appended to that text."""
    root = ElementTree.fromstring(sample.value)  # noqa: S314 - the reference data's own files
    for element, path in _walk(root, f"/{_local(root)}"):
        if _local(element) in TEXTS and (element.text or "").strip():
            before = element.text or ""
            element.text = f"{before.strip()} {name}"
            yield Plant(sample.name, path, iso20022.read(ElementTree.tostring(root)))
            element.text = before
