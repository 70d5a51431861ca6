"""Regenerate services/holdgate/core/names/data/ordinary-names.tsv.gz from the reference data.

    python deploy/data/build_ordinary_names.py ../shared/data

Only even rows (counting data rows from 0) of the person and company files are counted; the odd rows stay
unseen, and false alerts are measured on them alone. Banks are those of the directories that schwifty carries,
known and not counted: every payment names two, and a brand that exists is no misspelling of a listed one.
Other forms of single occurrence are left out: they are as rare as forms never seen.
"""

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from schwifty import registry

from holdgate.core.names.analysis import analyse
from holdgate.core.names.word_classes import Group

TARGET = (
    Path(__file__).parents[2] / "services" / "holdgate" / "core" / "names" / "data" / "ordinary-names.tsv.gz"
)


def _forms(names: Iterable[str], group: Group) -> tuple[Counter[str], int]:
    seen: Counter[str] = Counter()
    total = 0
    for name in names:
        total += 1
        seen.update({token.form for token in analyse(name, group).tokens if token.kind == "word"})
    return seen, total


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def main(data: Path) -> None:
    """Build the table of ordinary names from the reference data in this folder."""
    people = [
        row["full_name"] for at, row in enumerate(_rows(data / "names/clean_persons.csv")) if at % 2 == 0
    ]
    for file in ("popular_forenames_by_country.csv", "popular_surnames_by_country.csv"):
        for row in _rows(data / "names" / file):
            people += {row["Localized Name"], row["Romanized Name"]} - {""}
    firms = [
        row["legal_name"]
        for at, row in enumerate(_rows(data / "companies/clean_companies.csv"))
        if at % 2 == 0
    ]
    persons, person_total = _forms(people, "person")
    companies, company_total = _forms(firms, "entity")
    known = _forms({bank.name for bank in registry.get_all_banks() if bank.name}, "entity")[0]
    lines = [f"total\t{person_total}\t{company_total}"]
    companies |= Counter(dict.fromkeys(known, 1))
    for form in sorted(persons | companies):
        if persons[form] > 1 or companies[form] > 1 or form in known:
            lines.append(f"{form}\t{persons[form]}\t{companies[form]}")
    TARGET.write_bytes(gzip.compress("\n".join(lines).encode("ascii"), 9, mtime=0))
    print(f"{TARGET}: {len(lines) - 1} forms of {person_total} persons and {company_total} companies")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
