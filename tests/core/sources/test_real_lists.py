"""No record of a published list is lost.

The expected counts do not come from the readers, but from counting the
rows, tags or lines that make a party.
"""

import csv
import gzip
import io
import json
import re
from collections import Counter

import pytest

from holdgate.core.sources import ListError, Source, SourceFile, read
from tests.core.sources.reference import real

pytestmark = pytest.mark.slow  # reads whole published lists


def kinds(source: Source) -> Counter[str]:
    return Counter(name.kind for entry in source.entries for name in entry.names)


def ids(source: Source) -> Counter[str]:
    return Counter(listed.type for entry in source.entries for listed in entry.ids)


def flat_rows(content: bytes) -> list[list[str]]:
    """Return the rows of an OFAC flat file without the last one, which is the end mark."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))[:-1]


SDN = "ofac/sdn-2023-12-28"


def test_ofac_flat_files_lose_no_entry_alias_or_address() -> None:
    files = real(SDN)
    source = read("ofac", files)
    rows = {file.name: flat_rows(file.content) for file in files}
    assert source.records == len(source.entries) == len(rows["sdn.csv"]) == 13821
    assert [entry.id for entry in source.entries] == [f"ofac:{row[0]}" for row in rows["sdn.csv"]]
    by_id = {entry.id: entry for entry in source.entries}
    for row in rows["alt.csv"]:
        assert " ".join(row[3].split()) in {name.text for name in by_id[f"ofac:{row[0]}"].names}
    addresses = [row for row in rows["add.csv"] if any(field.strip() != "-0-" for field in row[2:5])]
    assert len(addresses) == 18990 - 2652
    # Equal addresses of an entry are kept once.
    printed = {(row[0], tuple(field.strip() for field in row[2:5])) for row in addresses}
    assert sum(len(entry.addresses) for entry in source.entries) <= len(printed)
    assert {row[0] for row in addresses} == {entry.id[5:] for entry in source.entries if entry.addresses}


def test_ofac_types_and_weak_aliases_are_complete() -> None:
    files = real(SDN)
    source = read("ofac", files)
    types = Counter(entry.type for entry in source.entries)
    assert types == {"person": 6646, "entity": 6033, "vessel": 764, "aircraft": 378}
    names = {entry.id: {name.text for name in entry.names} for entry in source.entries}
    rows = flat_rows(next(file for file in files if file.name == "sdn.csv").content)
    quoted = [
        (row[0], alias)
        for row in rows
        for alias in re.findall(r"(?:^|; )[afn]\.k\.a\. '(.+?)'(?=[;.]\s|\.?$)", row[11])
    ]
    assert len(quoted) == 3369
    assert all(alias in names[f"ofac:{number}"] for number, alias in quoted)


def test_ofac_identifiers_are_read_from_the_remarks() -> None:
    source = read("ofac", real(SDN))
    assert ids(source) == {
        "registration": 4067,
        "tax": 3087,
        "national_id": 2343,
        "passport": 2079,
        "other": 802,
        "imo": 757,
        "wallet": 470,
        "bic": 153,
        "mmsi": 94,
        "lei": 71,
        "clearing_code": 23,
    }


def test_remarks_are_joined_to_their_comments_without_a_gap() -> None:
    by_id = {entry.id: entry for entry in read("ofac", real(SDN)).entries}
    lazarus = {name.text for name in by_id["ofac:27307"].names}
    assert "WHOIS HACKING TEAM" in lazarus  # cut after HACKIN
    assert "snowsjohn" in {name.text for name in by_id["ofac:28263"].names}  # cut after snowsjo
    wallets = [listed.value for listed in by_id["ofac:36216"].ids if listed.type == "wallet"]
    assert "1B11Ezqg3AXjFhMdRq5UpPDpNyriYNVtkn" in wallets  # cut after XXjF
    assert all(len(wallet) > 25 for wallet in wallets)


def test_cut_remarks_give_no_partial_identifier() -> None:
    source = read("ofac", real(SDN))
    cut = next(note for note in source.notes if note.startswith("remarks cut"))
    assert re.findall(r"\b\d{5}\b", cut) == ["29703", "30518", "31212", "33151", "37070", "39585", "39593"]
    wallets = [listed.value for entry in source.entries for listed in entry.ids if listed.type == "wallet"]
    assert min(map(len, wallets)) >= 26


def test_an_ofac_list_without_alias_and_address_files_is_read_with_a_note() -> None:
    source = read("ofac", real("ofac/sdn-2024-05-03"))
    assert source.records == len(source.entries) == 14965
    assert source.notes[0].startswith("no file of aliases")


def test_parties_on_both_ofac_lists_become_one_entry() -> None:
    source = read("ofac", real(SDN, "ofac/consolidated-2025"))
    assert source.records == 13821 + 442
    assert len(source.entries) == 14203
    sberbank = next(entry for entry in source.entries if entry.id == "ofac:17018")
    assert set(sberbank.programs) == {"UKRAINE-EO13662", "RUSSIA-EO14024"}
    # Cut remarks on either list, each to be joined with the comments of its own list.
    assert {"7707083893", "1027700132195"} <= {listed.value for listed in sberbank.ids}


def test_flat_files_and_xml_of_the_non_sdn_list_give_the_same_entries() -> None:
    flat = {entry.id: entry for entry in read("ofac", real("ofac/consolidated-2025")).entries}
    files = real("ofac/consolidated_nonsdn.2025-03-28.xml")
    source = read("ofac", files)
    xml = {entry.id: entry for entry in source.entries}
    assert source.published == "2025-03-28"
    assert source.records == len(xml) == files[0].content.count(b"<sdnEntry>") == 443
    assert len(flat) == 442
    assert set(xml) - set(flat) == {"ofac:26182"}  # taken off the list between March and December 2025
    shared = set(xml) & set(flat)
    for part, changed in (("birth_dates", 0), ("birth_places", 0), ("nationalities", 0), ("names", 6)):
        assert sum(set(getattr(xml[key], part)) != set(getattr(flat[key], part)) for key in shared) == changed
    assert all(xml[key].type == flat[key].type for key in shared)
    weak = {key: {name.text for name in xml[key].names if name.kind == "weak"} for key in shared}
    assert sum(map(len, weak.values())) == 70
    assert all(
        texts <= {name.text for name in flat[key].names if name.kind == "weak"} for key, texts in weak.items()
    )


@pytest.mark.parametrize(
    ("name", "persons", "entities", "original"), [("2025-04", 684, 193, 380), ("2026-02", 730, 273, 378)]
)
def test_the_un_list(name: str, persons: int, entities: int, original: int) -> None:
    files = real(f"un/consolidated.{name}.xml")
    source = read("un", files)
    assert files[0].content.count(b"<DATAID>") == persons + entities == source.records == len(source.entries)
    assert Counter(entry.type for entry in source.entries) == {"person": persons, "entity": entities}
    assert source.published is not None
    assert source.published.startswith(name)
    assert files[0].content.count(b"</NAME_ORIGINAL_SCRIPT>") == original
    assert kinds(source)["native"] >= original
    assert all(entry.listed_on for entry in source.entries)


def test_a_un_list_with_an_illegal_byte_is_rejected_at_that_line() -> None:
    files = real("un/malformed.2025-08.xml")
    line = files[0].content.split(b"\n")
    first = next(
        number for number, text in enumerate(line, 1) if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
    )
    with pytest.raises(ListError) as refusal:
        read("un", files)
    assert (refusal.value.file, refusal.value.line) == ("malformed.2025-08.xml", first)


def test_the_uk_consolidated_list_of_2018() -> None:
    files = real("uk/sanctionsconlist.2018-04-13.csv")
    source = read("uk", files)
    rows = list(csv.DictReader(io.StringIO(files[0].content.decode("cp1252").split("\n", 1)[1], newline="")))
    assert source.records == len(rows) == 9487
    assert {entry.id for entry in source.entries} == {f"uk:{row['Group ID']}" for row in rows}
    assert len(source.entries) == 2106
    assert source.published == "2018-04-13"
    by_id = {entry.id: {name.text for name in entry.names} for entry in source.entries}
    columns = [f"Name {number}" for number in (1, 2, 3, 4, 5, 6)]
    for row in rows:
        assert " ".join(" ".join(row[column] for column in columns).split()) in by_id[f"uk:{row['Group ID']}"]
    assert Counter(entry.type for entry in source.entries) == {"person": 1426, "entity": 655, "vessel": 25}
    assert all(entry.listed_on for entry in source.entries)


def test_the_eu_list_of_2018() -> None:
    files = real("eu/EUSanctionsShort.2018.csv")
    source = read("eu", files)
    rows = files[0].content.decode("cp1252").splitlines()[1:]
    assert source.records == len(rows) == 999
    assert {entry.id for entry in source.entries} == {f"eu:{row.split(';')[1]}" for row in rows}
    assert len(source.entries) == 93
    assert source.notes[1].endswith(": 64")


def test_the_canadian_list() -> None:
    files = real("ca/canada_sema.2025.xml")
    source = read("canada", files)
    assert source.records == len(source.entries) == files[0].content.count(b"<record>") == 4759
    assert Counter(entry.type for entry in source.entries) == {"person": 3334, "entity": 1316, "vessel": 109}
    assert ids(source) == {"imo": files[0].content.count(b"<ShipIMONumber>")}
    assert all(entry.listed_on for entry in source.entries)


@pytest.mark.parametrize("name", ["t1", "zala", "parteispenden"])
def test_followthemoney_files(name: str) -> None:
    files = real(f"ftm/yente_{name}_entities.ftm.json")
    source = read("ftm", files)
    things = [json.loads(line) for line in files[0].content.splitlines()]
    parties = [
        thing
        for thing in things
        if thing["schema"] in ("Person", "Company", "Organization")
        and (name == "parteispenden" or "sanction" in thing["properties"].get("topics", []))
    ]
    assert source.records == len(parties) == len(source.entries)
    by_id = {entry.id: {entry_name.text for entry_name in entry.names} for entry in source.entries}
    for thing in parties:
        printed = thing["properties"]["name"] + thing["properties"].get("alias", [])
        assert {" ".join(text.split()) for text in printed} <= by_id[f"ftm:{thing['id']}"]


@pytest.mark.parametrize(
    ("list_name", "name", "format_", "count"),
    [
        ("ofac", "ofac_sdn_sample.xml", "ofac-sdn-xml", 2),
        ("ofac", "ofac_sdn_advanced_sample.xml", "ofac-sdn-advanced-xml", 1),
        ("uk", "uk_sanctions_list_sample.xml", "uk-sanctions-list-xml", 2),
        ("eu", "eu_fsf_1_1_sample.xml", "eu-fsf-xml", 2),
        ("switzerland", "seco_sample.xml", "seco-xml", 1),
    ],
)
def test_samples_of_the_current_layouts(list_name: str, name: str, format_: str, count: int) -> None:
    source = read(list_name, real(f"format_samples/{name}"))
    assert (source.format, len(source.entries)) == (format_, count)


def test_the_british_tables() -> None:
    files = real("uk")
    tables = {file.name[13:]: file for file in files if file.name.startswith("uksl_")}
    packed = tables["subject_countries.csv.gz"]
    tables["subject_countries.csv.gz"] = SourceFile("countries.csv", gzip.decompress(packed.content))
    source = read("uk", list(tables.values()))
    rows = {
        name.split(".")[0]: list(csv.DictReader(io.StringIO(file.content.decode(), newline="")))
        for name, file in tables.items()
    }
    assert source.records == len(source.entries) == len(rows["subjects"]) == 6046
    assert Counter(entry.type for entry in source.entries) == {"person": 3883, "entity": 1531, "vessel": 632}
    assert all(entry.listed_on for entry in source.entries)
    by_id = {entry.id: {name.text for name in entry.names} for entry in source.entries}
    columns = [f"name_{number}" for number in (1, 2, 3, 4, 5, 6)]
    for row in rows["subject_names"]:
        assert (
            " ".join(" ".join(row[column] for column in columns).split()) in by_id[f"uk:{row['unique_id']}"]
        )
    vessels = {row["unique_id"] for row in rows["subject_identifiers"] if row["identifier_type"] == "imo"}
    assert vessels == {
        entry.id[3:]
        for entry in source.entries
        if any("IMO" in str(one.note) or one.type == "imo" for one in entry.ids)
    }
