"""Ordinary names in complete payments, with agents, addresses and remittance text.

The payments are generated from a seed and names that are on no list; those that the policy holds are false
alerts.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.model.payment import Account, Address, Agent, Party, Payment
from holdgate.quality.intervals import wilson_interval
from holdgate.quality.report import HeldExample, HeldPayments, OrdinaryName

MAX_EXAMPLES = 40
"""Maximum held payments reported as examples."""
BATCH = 500

_STREETS = (
    "12 High Street", "Rue de la Paix 4", "Hauptstrasse 118", "Via Garibaldi 31", "Calle Mayor 7, 2 B",
    "Nevsky Prospekt 28", "Flat 3, 19 Orchard Road", "221 Lenin Avenue", "King Fahd Road",
    "Al Maktoum Street 5",
    "PO Box 4471", "Plot 17 Industrial Area", "Building 9, Dubai Internet City", "Ataturk Bulvari 44/6",
    "1-2-3 Ginza, Chuo-ku", "88 Nanjing Road West", "Suite 400, 55 Market Street", "Jalan Ampang 210",
)  # fmt: skip
_TOWNS = (
    ("London", "GB"), ("Paris", "FR"), ("Berlin", "DE"), ("Milano", "IT"), ("Madrid", "ES"), ("Almaty", "KZ"),
    ("Singapore", "SG"), ("Yerevan", "AM"), ("Riyadh", "SA"), ("Dubai", "AE"), ("Nairobi", "KE"),
    ("Karachi", "PK"), ("Istanbul", "TR"), ("Tokyo", "JP"), ("Shanghai", "CN"), ("San Francisco", "US"),
    ("Kuala Lumpur", "MY"), ("Lagos", "NG"), ("Mumbai", "IN"), ("Sao Paulo", "BR"), ("Cairo", "EG"),
)  # fmt: skip
_TEXTS = (
    "INVOICE {number}", "Invoice {number} dated 14.03.2025", "Payment for goods as per contract {number}",
    "Rent March 2025, flat {small}", "Salary April", "Factura {number}",
    "Rechnung Nr. {number} vom 02.05.2025",
    "School fees for {person}", "Gift from {person}", "Loan repayment {person} {number}",
    "Order {number} from {company}", "Services rendered to {company}, PO {number}", "Dividend 2024 {company}",
    "Family support", "Consulting fee Q1, contract {number}", "Insurance premium policy {number}",
    "Refund of deposit, booking {number}", "Freight and handling, B/L {number}", "Charity donation",
    "Medical expenses of {person}, hospital bill {number}", "RF18 5390 0754 7034", "Membership fee 2025",
    "Purchase of machinery and spare parts, proforma {number}, shipment by sea to the port of Rotterdam",
    "Transfer between own accounts", "Legal services, matter {number}", "Travel costs {person} and family",
)  # fmt: skip
_PURPOSES = ("salary", "trade settlement", "family maintenance", "purchase of goods", "real estate")


def measure_held_payments(screener: Screener, payments: Sequence[Received]) -> HeldPayments | None:
    """Count how many ordinary payments the policy holds; None if there are none."""
    places: dict[str, list[str]] = {}
    examples: list[HeldExample] = []
    held = total = 0
    for start in range(0, len(payments), BATCH):
        for decision in screener.screen(payments[start : start + BATCH]):
            total += 1
            if decision.decision == "HOLD":
                held += 1
                for place, value in {
                    _part_of(match.field): match.value for match in decision.matches
                }.items():
                    places.setdefault(place, []).append(value)
                examples += [
                    HeldExample(best.field, best.value, best.matched_name, best.score)
                    for best in decision.matches[:1]
                ]
    if not total:
        return None
    low, high = wilson_interval(held, total)
    counts = tuple((place, len(values), len(set(values))) for place, values in sorted(places.items()))
    return HeldPayments(total, held, low, high, counts, tuple(examples[:MAX_EXAMPLES]))


def _part_of(field: str) -> str:
    """Of a canonical path: agents, parties or texts."""
    member = re.split(r"[.\[]", field)[0]
    if member.endswith(("agent", "agents")):
        return "agents"
    return "texts" if member in ("remittance", "instructions", "purpose") else "parties"


def ordinary_payments(ordinary: Sequence[OrdinaryName], seed: int, size: int) -> Iterator[Received]:
    """Yield payments between ordinary parties; the same names and seed give the same payments."""
    rng = Random(f"{seed}:payments")  # noqa: S311 - a reproducible sample, not a secret
    persons = [item.name for item in ordinary if item.type == "person"]
    companies = [item.name for item in ordinary if item.type == "entity"]
    banks = [name for name in companies if "bank" in name.casefold() or "banque" in name.casefold()]
    if not persons or not companies:
        return
    for number in range(size):
        payment = Payment(
            payment_id=f"ordinary-{number}",
            amount=f"{rng.randrange(10, 90_000)}.00",
            currency="EUR",
            debtor=_party(rng, persons, companies),
            creditor=_party(rng, persons, companies),
            ultimate_debtor=_party(rng, persons, companies) if rng.random() < 0.1 else None,
            debtor_agent=_agent(rng, banks or companies),
            creditor_agent=_agent(rng, banks or companies),
            remittance=tuple(
                _remittance_text(rng, persons, companies) for _ in range(rng.choice((0, 1, 1, 1, 2)))
            ),
            instructions=(_remittance_text(rng, persons, companies),) if rng.random() < 0.1 else (),
            purpose=rng.choice(_PURPOSES) if rng.random() < 0.2 else None,
        )
        yield Received(payment, hashlib.sha256(msgspec.json.encode(payment)).hexdigest())


def _party(rng: Random, persons: Sequence[str], companies: Sequence[str]) -> Party:
    """A person or a company; half of the payments do not say which."""
    person = rng.random() < 0.5
    town, country = rng.choice(_TOWNS)
    return Party(
        name=rng.choice(persons if person else companies),
        kind=None if rng.random() < 0.5 else "person" if person else "entity",
        account=Account(other=f"{rng.randrange(10**9, 10**10)}"),
        address=Address(
            lines=(rng.choice(_STREETS), f"{rng.randrange(1000, 99_999)} {town}"), country=country
        ),
    )


def _agent(rng: Random, names: Sequence[str]) -> Agent:
    _, country = rng.choice(_TOWNS)
    letters = "".join(rng.choices("ABCDEFGHIKLMNOPRSTUVWXYZ", k=4))
    return Agent(
        bic=f"{letters}{country}{rng.choice('2345679')}{rng.choice('AHLMX')}", name=rng.choice(names)
    )


def _remittance_text(rng: Random, persons: Sequence[str], companies: Sequence[str]) -> str:
    return rng.choice(_TEXTS).format(
        number=rng.randrange(1000, 9_999_999),
        small=rng.randrange(1, 60),
        person=rng.choice(persons),
        company=rng.choice(companies),
    )
