"""Ordinary parties for the workload, from the reference data or else from the demo's payments."""

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
_JOINT_SHARE, _TWO_LINES_SHARE = 0.05, 0.05
"""Shares of customers with a joint account, and with a name that goes on in the first line of the address.
Assumptions, as no source states them."""
_HOLDERS = ("Anna", "Maria", "Peter", "Li", "Fatima", "Olga")
_STREETS = ("Station Road", "Market Street", "Lindenweg", "Harbour Lane", "Abay Avenue", "Ulica Polna")


class OrdinaryParty(NamedTuple):
    """An unlisted party: its name, and `person` or `entity`."""

    name: str
    kind: str


def ordinary_parties(reference: Path = REFERENCE) -> tuple[str, list[OrdinaryParty]]:
    """Return a description of the source, and the names, always in the same order."""
    if reference.is_dir():
        return "reference data", list(dict.fromkeys(_of_reference(reference)))
    return "names of the demo (no reference data beside the checkout)", list(dict.fromkeys(_of_demo()))


def _of_reference(folder: Path) -> Iterator[OrdinaryParty]:
    for place, column, kind in (
        ("names/clean_persons.csv", "full_name", "person"),
        ("companies/clean_companies.csv", "legal_name", "entity"),
    ):
        with (folder / place).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                if row[column]:
                    yield OrdinaryParty(row[column], kind)


def _of_demo() -> Iterator[OrdinaryParty]:
    for line in DEMO.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["why"] == "ordinary trade":
            for role in ("debtor", "creditor"):
                party = row["payment"][role]
                yield OrdinaryParty(party["name"], party["kind"])


def distinct_parties(pool: Sequence[OrdinaryParty], rng: Random) -> Iterator[OrdinaryParty]:
    """Yield every name once, then new names that join the first words of one to the last word of another.

    Ends after 1,000 attempts without a new name, because a handful of names has few combinations.
    """
    parties = list(pool)
    rng.shuffle(parties)
    yield from parties
    used_names = {party.name for party in parties}
    tries = 0
    while tries < 1000:
        front, back = rng.choice(parties), rng.choice(parties)
        name = " ".join((*front.name.split()[:-1], *back.name.split()[-1:]))
        tries += 1
        if front.kind == back.kind and name not in used_names:
            used_names.add(name)
            tries = 0
            yield OrdinaryParty(name, front.kind)


def party_member(party: OrdinaryParty) -> dict[str, Any]:
    """Return the party as a member of a JSON payment; a name always has the same account and address."""
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


def customer_member(party: OrdinaryParty) -> dict[str, Any]:
    """Return the party as `party_member` does; some have a joint account or a name of two lines, always."""
    member = party_member(party)
    rng = Random(f"customer:{party.name}")
    choice = rng.random()
    first, _, rest = party.name.partition(" ")
    if party.kind == "person" and choice < _JOINT_SHARE:
        member["name"] = f"{rng.choice(_HOLDERS)} and {party.name}"
    elif rest and choice > 1.0 - _TWO_LINES_SHARE:
        member["name"] = first
        member["address"] = {"lines": [rest], **member["address"]}
    return member
