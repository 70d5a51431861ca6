"""FollowTheMoney files also have parties that are not listed, and persons without a full name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.sources import ListError, SourceFile, read
from tests.core.sources.reference import CASES, files_of


def entity(key: str, schema: str = "Person", **properties: list[str]) -> dict[str, Any]:
    """Return an entity, with a name unless it has other properties that give one."""
    is_named = "firstName" in properties or "lastName" in properties or schema in ("Sanction", "CryptoWallet")
    named = {} if is_named else {"name": [f"Sample {key}"]}
    return {"id": key, "schema": schema, "properties": named | properties}


def ids(*entities: dict[str, Any], topics: frozenset[str] | None = None) -> list[str]:
    """Return the ids of the entries that a file of these entities gives."""
    content = b"".join(json.dumps(one).encode() + b"\n" for one in entities)
    source = read("ftm", [SourceFile("entities.ftm.json", content)], topics)
    return [entry.id.removeprefix("ftm:") for entry in source.entries]


LISTED = entity("listed", topics=["sanction", "poi"])
LINKED = entity("linked", topics=["sanction.linked"])
RELATIVE = entity("relative")
SANCTIONED = entity("sanctioned")
SANCTION = entity("s-1", "Sanction", entity=["sanctioned"])
FILE = (LISTED, LINKED, RELATIVE, SANCTIONED, SANCTION)


def test_only_listed_parties_become_entries() -> None:
    """Not their relatives, nor companies that they partly own."""
    assert ids(*FILE) == ["listed", "sanctioned"]
    assert ids(*FILE, topics=frozenset({"sanction", "sanction.linked"})) == ["listed", "linked", "sanctioned"]
    assert ids(*FILE, topics=frozenset({"*"})) == ["listed", "linked", "relative", "sanctioned"]


def test_a_file_without_topics_is_a_list_of_all_its_parties() -> None:
    assert ids(RELATIVE, SANCTIONED) == ["relative", "sanctioned"]


def test_a_file_without_wanted_parties_is_rejected_with_its_topics() -> None:
    with pytest.raises(ListError, match=r"no entity has the topic sanction; .* this file: sanction\.linked"):
        ids(LINKED, RELATIVE)


def test_the_wallet_of_a_party_that_is_left_out_is_no_entry() -> None:
    wallets = [
        entity(f"w-{key}", "CryptoWallet", holder=[key], publicKey=[f"T{key}"])
        for key in ("listed", "linked")
    ]
    unheld = entity("w-0", "CryptoWallet", publicKey=["T0"])
    assert ids(LISTED, LINKED, *wallets, unheld) == ["listed", "w-0"]


def test_topics_are_refused_for_other_formats() -> None:
    with pytest.raises(ListError, match="topics are of FollowTheMoney files; this is un-consolidated-xml"):
        read("un", files_of(CASES / "good" / "un-consolidated-xml"), frozenset({"sanction"}))


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        ({"firstName": ["Person"], "lastName": ["Sample"]}, ["Person Sample"]),
        ({"firstName": ["Person", "Persona"], "lastName": ["Sample"]}, ["Person Sample", "Persona Sample"]),
        (
            {"firstName": ["Person", "Персона"], "lastName": ["Sample", "Образец"]},
            ["Person Sample", "Персона Образец"],
        ),
        (
            {"firstName": ["Person"], "middleName": ["Q"], "lastName": ["Sample"]},
            ["Person Q Sample", "Person Sample"],
        ),
        ({"lastName": ["Sample"]}, ["Sample"]),
        ({"firstName": ["Person"], "lastName": ["Образец"]}, ["Person Образец"]),
    ],
)
def test_a_person_of_whom_only_parts_are_named(properties: dict[str, list[str]], names: list[str]) -> None:
    """Each first name goes with each last name in its script."""
    content = json.dumps({"id": "1", "schema": "Person", "properties": properties}).encode() + b"\n"
    [entry] = read("ftm", [SourceFile("entities.ftm.json", content)]).entries
    assert [name.text for name in entry.names] == names


TEXTS = st.lists(st.text(max_size=8), max_size=40)


@given(first=TEXTS, middle=TEXTS, last=TEXTS)
def test_combined_names_are_few_and_single_spaced(
    first: list[str], middle: list[str], last: list[str]
) -> None:
    properties = {"firstName": first, "middleName": middle, "lastName": last}
    content = json.dumps({"id": "1", "schema": "Person", "properties": properties}).encode() + b"\n"
    try:
        [entry] = read("ftm", [SourceFile("entities.ftm.json", content)]).entries
    except ListError:
        assert not any(character.isalnum() for text in (*first, *last) for character in text)
        return
    assert len(entry.names) <= 32
    assert all(name.text == " ".join(name.text.split()) for name in entry.names)


def test_the_simple_table_of_opensanctions_is_refused_with_the_file_to_take() -> None:
    header = b'"id","schema","name","aliases","birth_date","countries"\n'
    for content in (header, header.replace(b'"', b"")):
        with pytest.raises(ListError, match=r"targets\.simple\.csv.*take entities\.ftm\.json"):
            read("os", [SourceFile("targets.simple.csv", content + b"NK-1,Person,Sample,,,ru\n")])
