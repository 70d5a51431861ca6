"""Every element of every schema of the reference data is read into a field or listed as not screened."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdgate.core.intake import iso20022
from holdgate.core.intake.not_screened import NOT_SCREENED
from tests.core.intake.maximal import Leaf, Maximal, Schema
from tests.core.intake.neglect import texts_by_path

pytestmark = pytest.mark.slow  # builds the largest message of each schema

FAMILIES = ("pacs", "pain", "camt", "head")
TRANSFER = b"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"><FIToFIPmtCxlReq>
<Assgnmt><Id>A-1</Id></Assgnmt></FIToFIPmtCxlReq></Document>"""


@pytest.fixture(scope="module")
def messages(reference_data: Path) -> list[tuple[str, Maximal]]:
    """Return the name of a schema with each of its messages."""
    schemas = sorted((reference_data / "schemas" / "iso20022").glob("*.xsd"))
    return [
        (path.stem, message if "head" not in path.name else _sent_with(message))
        for path in schemas
        if path.name.startswith(FAMILIES)
        for message in Schema(path).messages()
    ]


def test_every_text_is_read_or_listed_as_not_screened(messages: list[tuple[str, Maximal]]) -> None:
    ignored = []
    for name, message in messages:
        texts = texts_by_path(iso20022.read(message.value))
        listed = [text for text in texts if ", " in text]
        for leaf in _screened(message):
            if leaf.text not in texts and not any(leaf.text in text for text in listed):
                ignored.append(f"{name}: {'/'.join(leaf.path)}")
    assert len({name for name, _ in messages}) >= 20
    assert not ignored, "\n".join(ignored)


def test_every_name_is_read_as_a_name(messages: list[tuple[str, Maximal]]) -> None:
    """This holds for parties, agents, branches, contacts, account owners and authorities."""
    elsewhere = []
    names = 0
    for name, message in messages:
        texts = texts_by_path(iso20022.read(message.value))
        for leaf in message.leaves:
            if leaf.path[-1] in ("Nm", "CareOf"):
                names += 1
                fields = texts.get(leaf.text, [])
                if not any(field.endswith(".name") for field in fields):
                    elsewhere.append(f"{name}: {'/'.join(leaf.path)} is {fields}")
    assert names > 5_000
    assert not elsewhere, "\n".join(elsewhere)


def _sent_with(header: Maximal) -> Maximal:
    value = re.sub(rb"<MsgDefIdr>[^<]*", b"<MsgDefIdr>camt.056.001.08", header.value)
    return header._replace(value=b"<Envelope>" + value + TRANSFER + b"</Envelope>")


def _screened(message: Maximal) -> Iterator[Leaf]:
    return (
        leaf for leaf in message.leaves if not NOT_SCREENED.keys() & {leaf.path[-1], "/".join(leaf.path[-2:])}
    )
