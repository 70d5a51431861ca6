"""Ordinary parties for the workload: from the reference data where it is, else from the demo's payments."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from stdnum import iban

from deploy.local.daemon import ROOT

REFERENCE = ROOT.parent / "shared" / "data"
DEMO = ROOT / "deploy" / "demo" / "payments.jsonl"

_BANKS = {"DE": "37040044", "NL": "ABNA", "KZ": "125", "PL": "10901014"}
_ACCOUNT_DIGITS = {"DE": 10, "NL": 10, "KZ": 13, "PL": 16}
_TOWNS = {"DE": "Bremen", "NL": "Utrecht", "KZ": "Almaty", "PL": "Gdansk"}
_STREETS = ("Station Road", "Market Street", "Lindenweg", "Harbour Lane", "Abay Avenue", "Ulica Polna")


class Ordinary(NamedTuple):
    """Somebody whom no list names: a name, and `person` or `entity`."""

    name: str
    kind: str


def ordinary(reference: Path = REFERENCE) -> tuple[str, list[Ordinary]]:
    """Where the names come from, in words, and the names; always the same and in the same order."""
    if reference.is_dir():
        return "reference data", list(dict.fromkeys(_of_reference(reference)))
    return "names of the demo (no reference data beside the checkout)", list(dict.fromkeys(_of_demo()))


def _of_reference(folder: Path) -> Iterator[Ordinary]:
    for place, column, kind in (
        ("names/clean_persons.csv", "full_name", "person"),
        ("companies/clean_companies.csv", "legal_name", "entity"),
    ):
        with (folder / place).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                if row[column]:
                    yield Ordinary(row[column], kind)


def _of_demo() -> Iterator[Ordinary]:
    for line in DEMO.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["why"] == "ordinary trade":
            for role in ("debtor", "creditor"):
                party = row["payment"][role]
                yield Ordinary(party["name"], party["kind"])


def distinct(pool: Sequence[Ordinary], rng: Random) -> Iterator[Ordinary]:
    """Every name once; then the front of one with the back of another, none of them twice, without end.

    Ends where recombining finds nothing new any more (a handful of names has few combinations).
    """
    names = list(pool)
    rng.shuffle(names)
    yield from names
    seen = {one.name for one in names}
    tries = 0
    while tries < 1000:
        front, back = rng.choice(names), rng.choice(names)
        name = " ".join((*front.name.split()[:-1], *back.name.split()[-1:]))
        tries += 1
        if front.kind == back.kind and name not in seen:
            seen.add(name)
            tries = 0
            yield Ordinary(name, front.kind)


def member(party: Ordinary) -> dict[str, Any]:
    """The party as a canonical payment bears it; a customer has the same account and address each time."""
    rng = Random(party.name)
    country = rng.choice(sorted(_BANKS))
    digits = "".join(rng.choices("0123456789", k=_ACCOUNT_DIGITS[country]))
    bban = _BANKS[country] + digits
    return {
        "name": party.name,
        "kind": party.kind,
        "account": {"iban": country + iban.calc_check_digits(f"{country}00{bban}") + bban},
        "address": {
            "street": f"{rng.choice(_STREETS)} {rng.randrange(1, 200)}",
            "town": _TOWNS[country],
            "postcode": str(rng.randrange(10_000, 99_999)),
            "country": country,
        },
    }
