"""ISO 20022 in JSON is read as the same message in XML is."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.intake import InvalidEventError, Received, iso20022, reader
from tests.core.intake.samples import samples

FOLDER = ROOT / "tests" / "cases" / "messages"
XML_ONLY = ("batch.xml", "broken.xml", "escaped.xml")
"""Messages that no JSON is like: headers and documents by turns, text with markup in it."""
FILES = sorted(path for path in FOLDER.glob("*.xml") if path.name not in XML_ONLY)

JSON_FOLDER = ROOT / "tests" / "cases" / "iso_json"


def as_json(element: Element) -> Any:
    """Return an element as JSON: attributes with `@`, a repeated element as an array."""
    space, _, _ = element.tag.rpartition("}")
    members: dict[str, Any] = {"@xmlns": space.removeprefix("{")} if space else {}
    attributes = {f"@{name}": value for name, value in element.items() if not name.startswith("{")}
    members |= attributes
    for child in element:
        name = child.tag.rpartition("}")[2]
        value = as_json(child)
        if name in members:
            earlier = members[name]
            members[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            members[name] = value
    text = (element.text or "").strip()
    if len(element):
        return members
    return members | {"#text": text} if attributes else text


def outcome(read: Any, *arguments: Any) -> Any:
    """Return the payments as JSON values, or the code of the error."""
    try:
        payments: tuple[Received, ...] = read(*arguments)
    except InvalidEventError as error:
        return error.code
    return as_builtins(payments)


def as_builtins(payments: tuple[Received, ...]) -> Any:
    """Return payments as JSON values."""
    return msgspec.json.decode(msgspec.json.encode([received.payment for received in payments]))


def both(value: bytes) -> tuple[Any, Any]:
    """Return what is read of a message as XML and as JSON."""
    root = ElementTree.fromstring(value)  # noqa: S314 - the tests' own messages
    members = {root.tag.rpartition("}")[2]: as_json(root)}
    return outcome(iso20022.read, value, "K"), outcome(reader.read, json.dumps(members).encode(), b"K")


def is_embedded(value: bytes) -> bool:
    return b"CDATA" in value or b"&lt;" in value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_message_in_json_is_read_as_in_xml(path: Path) -> None:
    in_xml, in_json = both(path.read_bytes())
    if in_xml == "unknown_message":
        assert isinstance(in_json, str)
    else:
        assert in_json == in_xml


@pytest.mark.slow
def test_the_reference_messages_in_json_are_read_as_in_xml(reference_data: Path) -> None:
    compared = 0
    for sample in samples(reference_data / "payments"):
        if sample.is_xml and sample.code is None and not is_embedded(sample.value):
            in_xml, in_json = both(sample.value)
            assert in_json == in_xml, sample.name
            compared += 1
    assert compared > 100


tags = st.sampled_from("Dbtr Cdtr Nm PstlAdr AdrLine Ctry FinInstnId BICFI PmtId EndToEndId Ustrd Id".split())
words = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=8)
inner_trees = st.recursive(
    words, lambda inner: st.dictionaries(tags, inner, min_size=1, max_size=4), max_leaves=20
)
trees = st.dictionaries(tags, inner_trees, min_size=1, max_size=4)


def as_xml(tree: Any) -> str:
    """Return a tree of members as XML."""
    if isinstance(tree, str):
        return tree
    return "".join(f"<{name}>{as_xml(value)}</{name}>" for name, value in tree.items())


@given(trees)
def test_any_tree_is_read_or_rejected_as_in_xml(tree: Any) -> None:
    members = {"FIToFICstmrCdtTrf": tree}
    assert outcome(reader.read, json.dumps(members).encode(), b"K") == outcome(
        iso20022.read, as_xml(members).encode(), "K"
    )


@pytest.mark.parametrize("path", sorted(JSON_FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_json_of_other_systems_is_read_as_expected(path: Path) -> None:
    """Each file has the message and the payments, or the code and the message of the error."""
    case = json.loads(path.read_bytes())
    value = json.dumps(case["message"]).encode()
    if "refused" in case:
        with pytest.raises(InvalidEventError) as caught:
            reader.read(value, b"K")
        assert [caught.value.code, str(caught.value)] == case["refused"]
    else:
        assert as_builtins(reader.read(value, b"K")) == case["payments"]


def test_a_payment_id_beside_a_message_is_the_key() -> None:
    message = {"FIToFICstmrCdtTrf": {"CdtTrfTxInf": {"Dbtr": {"Nm": "Li Na"}}}, "payment_id": "P-1"}
    [received] = reader.read(json.dumps(message).encode(), b"P-1")
    assert received.payment.payment_id == "P-1"
    with pytest.raises(InvalidEventError) as caught:
        reader.read(json.dumps(message).encode(), b"P-2")
    assert caught.value.code == "key_mismatch"
