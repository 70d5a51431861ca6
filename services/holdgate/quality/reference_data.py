"""`holdgate quality`: recall and false alerts, measured on lists and labelled data.

The data folder holds `names/clean_persons.csv`, `companies/clean_companies.csv` (names that no list has)
and `quality/pairs.dev.jsonl` (labelled pairs). Only the odd rows of the names are used: the even ones
are the source of the matcher's word frequencies. Without a folder, only recall and cost are measured.
"""

import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import msgspec
from rigour.territories import get_territory, lookup_territory

from holdgate.core.model.listed_entry import Entry, EntryType
from holdgate.core.names.matching.variant_finder import Technique
from holdgate.core.policy.policy import Policy
from holdgate.quality.measurement import measure_ablation, measure_quality
from holdgate.quality.report import Ablation, LabelledPair, OrdinaryName, QualityReport
from holdgate.quality.spellings.strangers import NO_COMMON_NAMES, CommonNames
from holdgate.quality.spellings.transcription import fold

TYPES: Mapping[str, EntryType] = {
    "Person": "person",
    "Company": "entity",
    "Organization": "entity",
    "LegalEntity": "unknown",
    "Vessel": "vessel",
}


def measure_data(
    entries: Sequence[Entry], data: Path | None, policy: Policy, *, seed: int, size: int
) -> QualityReport:
    """Run every measurement. Raises OSError if the data folder lacks a file."""
    return measure_quality(
        entries,
        read_ordinary_names(data) if data else (),
        read_labelled_pairs(data) if data else (),
        policy=policy,
        clock=time.process_time_ns,
        seed=seed,
        size=size,
        common=read_common_names(data) if data else NO_COMMON_NAMES,
    )


def ablate_data(
    entries: Sequence[Entry], data: Path | None, policy: Policy, *, seed: int, size: int
) -> tuple[Ablation, ...]:
    """Measure with each technique switched off in turn, over a tenth of the ordinary names."""
    return measure_ablation(
        entries,
        read_ordinary_names(data)[::10] if data else (),
        get_args(Technique),
        policy=policy,
        seed=seed,
        size=size,
    )


def read_ordinary_names(data: Path) -> tuple[OrdinaryName, ...]:
    """Return names that are on no list and not in the matcher's word frequencies."""
    persons = _odd_rows(data / "names" / "clean_persons.csv")
    companies = _odd_rows(data / "companies" / "clean_companies.csv")
    return (
        *(OrdinaryName(row["full_name"], "person", _origins(row["nationality"])) for row in persons),
        *(OrdinaryName(row["legal_name"], "entity", _origins(row["country"])) for row in companies),
    )


def read_common_names(data: Path) -> CommonNames:
    """Return common given and family names in Latin letters, by country."""
    return CommonNames(
        _by_country(data / "names" / "popular_forenames_by_country.csv"),
        _by_country(data / "names" / "popular_surnames_by_country.csv"),
    )


def _by_country(path: Path) -> dict[str, tuple[str, ...]]:
    names: dict[str, dict[str, None]] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            name = fold(row["Romanized Name"])
            if len(name) > 1 and " " not in name:
                names.setdefault(row["Country"], {}).setdefault(name.title())
    return {country: tuple(of_country) for country, of_country in names.items()}


@cache
def _origins(country: str) -> tuple[str, ...]:
    """Return a country, given by name or code, with its subregion and region (UN M49)."""
    territory = get_territory(country.lower()) if len(country) == 2 else lookup_territory(country)
    if territory is None:
        return (country,)
    return tuple(dict.fromkeys(filter(None, (territory.name, territory.subregion, territory.region))))


def read_labelled_pairs(data: Path) -> tuple[LabelledPair, ...]:
    """Return the labelled pairs of names; `disputed-pairs.tsv` lists disputed labels and why."""
    disputes = read_disputed_pairs()
    lines = (data / "quality" / "pairs.dev.jsonl").read_bytes().splitlines()
    rows = (msgspec.json.decode(line) for line in lines)
    return tuple(
        LabelledPair(
            row["query"],
            row["candidate"],
            TYPES.get(row.get("schema", ""), "unknown"),
            row["expected"],
            row.get("group") or row["id"].rpartition("-")[0].removeprefix("nomenklatura_"),
            *disputes.get(row["id"], ("", "")),
        )
        for row in rows
    )


def read_disputed_pairs() -> dict[str, tuple[Any, str]]:
    """Return kind and reason of each disputed label, by the pair's id."""
    lines = resources.files("holdgate.quality").joinpath("disputed-pairs.tsv").read_text(encoding="utf-8")
    cells = (line.split("\t") for line in lines.splitlines() if not line.startswith("#"))
    return {id: (doubt, reason) for id, doubt, reason in cells}


def _odd_rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            if number % 2:
                yield row
