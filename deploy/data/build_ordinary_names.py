"""Regenerate services/holdgate/core/names/data/ordinary-names.tsv.gz from the reference data.

    python deploy/data/build_ordinary_names.py ../shared/data

Only the even data rows (counted from 0) of the person and company files are used; false alerts are measured
on the odd rows. The names of banks are those in schwifty's directories. Their forms are in the table without
being counted: every payment names two banks, and an existing brand is not a misspelling of a listed one. So
are popular names of a single country, which thousands of people bear (Sala, Petkov). Other forms that occur
once are left out, because they are as rare as forms that never occur.
"""

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from schwifty import registry

from holdgate.core.names.words.analysis import analyse
from holdgate.core.names.words.word_classes import Group

TARGET = (
    Path(__file__).parents[2] / "services" / "holdgate" / "core" / "names" / "data" / "ordinary-names.tsv.gz"
)


def _count_forms(names: Iterable[str], group: Group) -> tuple[Counter[str], int]:
    """Return how many of the names contain each form, and the number of names."""
    counts: Counter[str] = Counter()
    total = 0
    for name in names:
        total += 1
        counts.update({token.form for token in analyse(name, group).tokens if token.kind == "word"})
    return counts, total


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def main(data: Path) -> None:
    """Build the table of ordinary names from the reference data in this folder."""
    people = [row["full_name"] for i, row in enumerate(_rows(data / "names/clean_persons.csv")) if i % 2 == 0]
    popular = [
        name
        for file in ("popular_forenames_by_country.csv", "popular_surnames_by_country.csv")
        for row in _rows(data / "names" / file)
        for name in {row["Localized Name"], row["Romanized Name"]} - {""}
    ]
    firms = [
        row["legal_name"] for i, row in enumerate(_rows(data / "companies/clean_companies.csv")) if i % 2 == 0
    ]
    persons, person_total = _count_forms(people + popular, "person")
    popular_forms, _ = _count_forms(popular, "person")
    companies, company_total = _count_forms(firms, "entity")
    banks, _ = _count_forms({bank.name for bank in registry.get_all_banks() if bank.name}, "entity")
    lines = [f"total\t{person_total}\t{company_total}"]
    companies |= Counter(dict.fromkeys(banks, 1))
    for form in sorted(persons | companies):
        if persons[form] > 1 or companies[form] > 1 or form in banks or form in popular_forms:
            lines.append(f"{form}\t{persons[form]}\t{companies[form]}")
    TARGET.write_bytes(gzip.compress("\n".join(lines).encode("ascii"), 9, mtime=0))
    print(f"{TARGET}: {len(lines) - 1} forms of {person_total} persons and {company_total} companies")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
