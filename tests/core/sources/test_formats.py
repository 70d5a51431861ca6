"""Each format: a small list is read into exactly the entries in the JSON file beside it."""

import json
from pathlib import Path

import msgspec
import pytest

from holdgate.core.sources import read, recognise
from tests.core.sources.reference import CASES, files_of

GOOD = sorted(path for path in (CASES / "good").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", GOOD, ids=lambda folder: folder.name)
def test_a_list_is_read_into_the_expected_entries(folder: Path) -> None:
    expected = json.loads(folder.with_name(f"{folder.name}.json").read_text(encoding="utf-8"))
    source = read(expected["list"], files_of(folder))
    found = json.loads(msgspec.json.encode(source))
    assert len(found.pop("sha256")) == 64
    assert found == expected


@pytest.mark.parametrize("folder", GOOD, ids=lambda folder: folder.name)
def test_a_format_is_recognised_by_content_not_by_file_name(folder: Path) -> None:
    expected = json.loads(folder.with_name(f"{folder.name}.json").read_text(encoding="utf-8"))
    renamed = [msgspec.structs.replace(file, name=f"{n}.bin") for n, file in enumerate(files_of(folder))]
    assert recognise(renamed) == expected["format"]
    assert json.loads(msgspec.json.encode(read(expected["list"], renamed).entries)) == expected["entries"]


@pytest.mark.parametrize("folder", GOOD, ids=lambda folder: folder.name)
def test_every_entry_has_a_unique_id_with_the_list_name_and_begins_with_its_primary_name(
    folder: Path,
) -> None:
    source = read("mine", files_of(folder))
    for entry in source.entries:
        assert entry.id.startswith("mine:")
        assert entry.list == "mine"
        if not entry.names:
            assert entry.addresses  # it is an address
            continue
        assert [name.kind for name in entry.names].count("primary") == 1
        assert entry.names[0].kind == "primary"
        assert all(name.text == " ".join(name.text.split()) for name in entry.names)
    assert len({entry.id for entry in source.entries}) == len(source.entries)


def test_both_layouts_of_the_canadian_list_give_the_same_entries() -> None:
    """`LastName` and `LastName-NomDeFamille` are the same field, so ids and names must be equal."""
    english = read("canada", files_of(CASES / "good" / "canada-sema-xml"))
    bilingual = read("canada", files_of(CASES / "good" / "canada-sema-xml-bilingual"))
    assert bilingual.entries == english.entries


def test_the_digest_depends_on_the_contents_but_not_on_the_order_of_files() -> None:
    files = files_of(CASES / "good" / "ofac-sdn-csv")
    assert read("ofac", files).sha256 == read("ofac", files[::-1]).sha256
    changed = [
        msgspec.structs.replace(file, content=file.content.replace(b"SAMPEL", b"SAMPLY")) for file in files
    ]
    assert read("ofac", files).sha256 != read("ofac", changed).sha256


@pytest.mark.parametrize(
    ("folder", "known", "unknown"),
    [
        ("uk-conlist-csv", b"Passport Details", b"Passport Data"),
        ("uk-sanctions-list-csv", b"Name non-latin script,", b"Native name,"),
        ("eu-fsf-csv", b"Identification_Number", b"Identification_Value"),
    ],
)
def test_a_column_under_a_new_name_is_noted(folder: str, known: bytes, unknown: bytes) -> None:
    """What it says is not read: a person should know."""
    files = files_of(CASES / "good" / folder)
    assert not any("unknown columns" in note for note in read("list", files).notes)
    renamed = [
        msgspec.structs.replace(file, content=file.content.replace(known, unknown, 1)) for file in files
    ]
    name = unknown.decode().lower().strip(",")
    assert f"unknown columns, not read: {name}" in read("list", renamed).notes
