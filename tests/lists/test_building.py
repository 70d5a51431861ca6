"""A list's age is that of its content, whatever is done to its files; and lists have well-known names."""

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deploy.local.daemon import ROOT
from holdgate.adapters.files.known_sources import known_sources
from holdgate.core.lists.snapshot import Edition
from holdgate.core.policy.timeliness import UNDATED
from holdgate.core.sources import ListError
from holdgate.lists import building
from tests.support.small_list import write

GOOD = ROOT / "tests" / "cases" / "lists" / "good"


def ignore_progress(_: str) -> None:
    """Ignore progress messages."""


def read_edition(name: str, place: Path) -> Edition:
    """Return the edition of a list."""
    return building.read_list(name, str(place), ignore_progress).edition


def test_the_age_of_a_list_comes_from_its_edition_file_or_its_content(tmp_path: Path) -> None:
    """A file's own date does not count: a copied folder made a list of 2023 fresh."""
    folder = write(tmp_path / "ofac")
    copied = Path(shutil.copytree(folder, tmp_path / "copied", copy_function=shutil.copyfile))
    for place in (folder, copied):
        edition = read_edition("ofac", place)
        assert (edition.as_of, edition.label) == (
            datetime(2023, 12, 28, tzinfo=UTC),
            "ofac-sample-2023-12-28",
        )
    (copied / "edition.toml").unlink()
    said: list[str] = []
    undated = building.read_list("ofac", str(copied), said.append).edition
    assert (undated.as_of, undated.label) == (UNDATED, None)
    assert any("warning: nothing states how old its files are" in line for line in said)

    assert read_edition("un", GOOD / "un-consolidated-xml").as_of.date() == date(2026, 2, 27)
    conlist = read_edition("uk", GOOD / "uk-conlist-csv")
    assert conlist.as_of.date() == date(2018, 4, 13)


def test_a_private_list_is_as_old_as_its_last_reading(tmp_path: Path) -> None:
    """It has no publisher who could have a newer edition."""
    own = tmp_path / "own.csv"
    own.write_text("id,name\nC-1,Quellwasser Vorhanden\n")
    os.utime(own, (0, 0))
    before = datetime.now(UTC)
    assert before <= read_edition("own", own).as_of <= datetime.now(UTC)


def test_a_closed_list_does_not_become_fresh_by_fetching_it(tmp_path: Path) -> None:
    """Even if something dates the UK's ConList later than its last day."""
    folder = Path(
        shutil.copytree(ROOT / "tests" / "cases" / "lists" / "good" / "uk-conlist-csv", tmp_path / "uk")
    )
    (folder / "edition.toml").write_text("as_of = 2026-06-01T00:00:00Z\n")
    said: list[str] = []
    edition = building.read_list("uk", str(folder), said.append).edition
    assert edition.as_of == datetime(2026, 1, 28, tzinfo=UTC)
    assert any("the ConList is closed since 2026-01-28" in line for line in said)


def test_a_date_in_the_future_is_rejected(tmp_path: Path) -> None:
    folder = write(tmp_path / "ofac")
    (folder / "edition.toml").write_text("as_of = 2999-01-01T00:00:00Z\n")
    with pytest.raises(ListError, match="is dated 2999-01-01, in the future"):
        read_edition("ofac", folder)


def test_known_lists_have_names() -> None:
    specs = building.parse_specs(["ofac", "un", "mine=own.csv"])
    assert specs["ofac"].startswith("https://sanctionslistservice.ofac.treas.gov/")
    assert (specs["un"].startswith("https://"), specs["mine"]) == (True, "own.csv")
    assert building.parse_specs(["ofac=lists/ofac"]) == {"ofac": "lists/ofac"}
    with pytest.raises(ListError, match="or a known list: ofac, ofac-consolidated, un, eu, uk, canada, "):
        building.parse_specs(["ofax"])
    for source in known_sources().values():
        assert all(address.startswith("https://") for address in source.addresses)
        assert source.publisher
