"""The parts that readers share, case by case. The cases are texts of published lists with made-up names."""

import json
from typing import Any

import msgspec
import pytest

from holdgate.core.model.listed_entry import ListedName
from holdgate.core.sources import SourceFile, read
from holdgate.core.sources.canada_aliases import alias_names
from holdgate.core.sources.countries import countries
from holdgate.core.sources.dates import iso_dates, period
from holdgate.core.sources.ofac_remarks import read_remarks
from holdgate.core.sources.printed_names import split_printed_names
from holdgate.core.sources.source import distinct_names
from holdgate.core.sources.uk_text import document_ids, registration_ids, stated_ids
from tests.core.sources.reference import CASES


def cases(name: str) -> list[Any]:
    return [json.loads(line) for line in (CASES / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", cases("dates.jsonl"), ids=lambda case: case["printed"] or "nothing")
def test_dates(case: dict[str, Any]) -> None:
    assert iso_dates(case["printed"]) == case["iso"]


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        ("1951-01-01", "1951-12-31", "1951"),
        ("1951-02-01", "1951-02-28", "1951-02"),
        ("1951-12-01", "1951-12-31", "1951-12"),
        ("1951-02-03", "1951-02-03", "1951-02-03"),
        ("1951-01-01", "1953-12-31", "1951/1953"),
        ("1951-02-03", "1951-02-09", "1951-02-03/1951-02-09"),
        ("1951", "1951", "1951"),
        ("1951", "1953", "1951/1953"),
    ],
)
def test_a_range_of_days_has_the_shortest_notation(first: str, last: str, named: str) -> None:
    assert period(first, last) == named


@pytest.mark.parametrize("case", cases("countries.jsonl"), ids=lambda case: case["printed"] or "nothing")
def test_countries(case: dict[str, Any]) -> None:
    assert list(countries(case["printed"])) == case["countries"]


@pytest.mark.parametrize("case", cases("ofac_remarks.jsonl"), ids=lambda case: case["clause"])
def test_ofac_remarks(case: dict[str, Any]) -> None:
    found = json.loads(msgspec.json.encode(read_remarks(f"{case['clause']}.", case["party"])))
    expected = {part: case.get(part, []) for part in found}
    assert found == expected


@pytest.mark.parametrize("case", cases("printed_names.jsonl"), ids=lambda case: case["printed"])
def test_names_in_one_field(case: dict[str, Any]) -> None:
    assert [[name.text, name.kind] for name in split_printed_names(case["printed"], case["kind"])] == case[
        "names"
    ]


@pytest.mark.parametrize("case", cases("canada_aliases.jsonl"), ids=lambda case: case["printed"] or "nothing")
def test_canadian_aliases(case: dict[str, Any]) -> None:
    assert [[name.text, name.kind] for name in alias_names(case["printed"], case["party"])] == case["names"]


@pytest.mark.parametrize("case", cases("uk_text.jsonl"), ids=lambda case: f"{case['how']} {case['printed']}")
def test_numbers_in_british_free_text(case: dict[str, Any]) -> None:
    text, how = case["printed"], case["how"]
    if how == "documents":
        found = document_ids(text, "passport")
    elif how == "registrations":
        found = registration_ids(text)
    else:
        found = stated_ids(text, "vessel")
    assert json.loads(msgspec.json.encode(list(found))) == case["ids"]


NULL = "-0- "


def flat(number: int, name: str, program: str, remarks: str) -> str:
    return f'{number},"{name}",{NULL},"{program}",{",".join([NULL] * 7)},"{remarks}"\r\n'


def test_comments_are_joined_to_the_remarks_that_they_continue() -> None:
    """One number is on two lists; its remarks are cut on both, and continue differently."""
    sdn = ("Linked To: A; " * 80)[:985] + "; Tax ID No. 12"
    cons = ("Linked To: B; " * 80)[:985] + "; Tax ID No. 98"
    files = [
        SourceFile("sdn.csv", (flat(1, "SAMPLE", "SDGT", sdn) + "\x1a").encode()),
        SourceFile(
            "cons_prim.csv",
            (flat(1, "SAMPLE", "NS-PLC", cons) + flat(2, "B", "NS-PLC", "x.") + "\x1a").encode(),
        ),
        SourceFile("cons_comments.csv", b'1,"765 (Russia)."\r\n\x1a'),
        SourceFile("sdn_comments.csv", b'1,"345 (Iran)."\r\n3,"gone."\r\n\x1a'),
    ]
    source = read("ofac", files)
    merged = source.entries[0]
    assert (source.records, len(source.entries)) == (3, 2)
    assert merged.programs == ("SDGT", "NS-PLC")
    assert {(listed.value, listed.country) for listed in merged.ids} == {("12345", "IR"), ("98765", "RU")}
    assert "comments on entries that are not listed, left out: 3" in source.notes


def test_of_equal_spellings_the_stronger_one_is_kept() -> None:
    weak, strong, other = ListedName("A B", "weak"), ListedName("A B", "strong"), ListedName("C", "weak")
    assert distinct_names([weak, other, strong]) == (strong, other)
    assert distinct_names([strong, weak]) == (strong,)


def test_a_count_other_than_the_announced_one_is_reported_in_the_notes() -> None:
    xml = (
        b"<sdnList><publshInformation><Publish_Date>01/02/2026</Publish_Date><Record_Count>2</Record_Count>"
        b"</publshInformation><sdnEntry><uid>1</uid><lastName>SAMPLE</lastName><sdnType>Entity</sdnType>"
        b"</sdnEntry></sdnList>"
    )
    source = read("ofac", [SourceFile("sdn.xml", xml)])
    assert source.notes == ("sdn.xml announces 2 entries and holds 1",)
