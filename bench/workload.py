"""The payments of the benches, generated from a seed. Parties repeat as customers do, or never (worst case).

Repeating parties follow Zipf's law, so that a few of them appear in most payments. One payment in 500 has a
listed creditor with a manipulated name. One in five is a pacs.008, the others are JSON. Values have 931 to
4,000 bytes, padded with remittance text: of twenty words, of ordinary sentences with new words, or ordinary:
sentences and invoices. With ordinary texts, some customers are joint accounts and some names go on in the
address.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from bench.pacs008 import pacs008
from bench.parties import OrdinaryParty, customer_member, distinct_parties, party_member
from bench.sentences import Sentences, invoices
from holdgate.core.model.listed_entry import Entry
from holdgate.quality.measurement import sample_names

MIN_BYTES, MAX_BYTES = 931, 4_000
MEAN_EXTRA_BYTES = 400.0
"""Mean number of bytes above the minimum; exponential, so that long values are rare."""
LISTED_EVERY = 500
XML_SHARE = 0.2
SUBMITTED = datetime(2026, 11, 23, 10, tzinfo=UTC)
"""Submission time of the payments, unless a bench with deadlines sets another."""
Texts = Literal["words", "sentences", "ordinary"]
"""What the remittance texts are made of."""
INVOICE_SHARE = 0.5
"""Share of the ordinary texts that are invoices. An assumption, as no source states it."""
ZIPF = 1.0
"""Exponent: the n-th customer is in 1/n as many payments as the first."""

_BANKS = (
    {"bic": "COBADEFFXXX", "name": "Commerzbank AG", "country": "DE"},
    {"bic": "DBSSSGSGXXX", "name": "DBS Bank Ltd", "country": "SG"},
    {"bic": "BNPAFRPPXXX", "name": "BNP Paribas", "country": "FR"},
    {"bic": "HSBCGB2LXXX", "name": "HSBC Bank plc", "country": "GB"},
    {"bic": "INGBNL2AXXX", "name": "ING Bank N.V.", "country": "NL"},
    {"bic": "BKCHCNBJXXX", "name": "Bank of China", "country": "CN"},
)
_WORDS = (
    "invoice contract order spring delivery spare parts consulting rent family support carpets bearings "
    "wheat tuition deposit freight quarter service agreement instalment"
).split()


class WorkloadRecord(NamedTuple):
    """A record of the workload: its key and value, and whether its creditor is listed."""

    payment_id: str
    value: bytes
    listed: bool

    @property
    def is_xml(self) -> bool:
        """Return whether it is a pacs.008."""
        return self.value.startswith(b"<")


def workload(
    pool: Sequence[OrdinaryParty],
    entries: Sequence[Entry],
    seed: int,
    number: int,
    *,
    repeat: bool = True,
    texts: Texts = "words",
    submitted: datetime = SUBMITTED,
) -> Iterator[WorkloadRecord]:
    """Yield the payments; equal arguments give equal payments. Without `repeat`, no ordinary party repeats.

    Raises `ValueError` if the pool has too few names to go without repetition.
    """
    rng = Random(f"workload:{seed}")
    written = Sentences(pool, Random(f"sentences:{seed}")) if texts != "words" else None
    member = customer_member if texts == "ordinary" else party_member
    parties = _zipf(pool, rng) if repeat else distinct_parties(pool, rng)
    listed = [case for case in sample_names(entries, seed, 10) if case.name.isprintable()]
    next_listed = 0
    for i in range(number):
        if i % LISTED_EVERY == 0:
            next_listed = i + rng.randrange(LISTED_EVERY)
        try:
            debtor, creditor = next(parties), next(parties)
            ultimate = next(parties) if rng.random() < 0.3 else None
        except StopIteration:
            raise ValueError(
                f"{len(pool)} names are enough for only {i} payments without repeated parties"
            ) from None
        is_listed = i == next_listed and bool(listed)
        if is_listed:
            case = rng.choice(listed)
            creditor = OrdinaryParty(case.name, "person" if case.type == "person" else "entity")
        payment = _payment(f"BENCH-{seed}-{i}", submitted, ultimate, rng)
        payment |= {"debtor": member(debtor), "creditor": member(creditor)}
        is_invoice = texts == "ordinary" and rng.random() < INVOICE_SHARE
        lines = invoices(rng) if is_invoice else written.payment_texts() if written else _lines(rng)
        yield WorkloadRecord(payment["payment_id"], _fill_to_size(payment, rng, lines), is_listed)


def _zipf(pool: Sequence[OrdinaryParty], rng: Random) -> Iterator[OrdinaryParty]:
    ranked = list(pool)
    rng.shuffle(ranked)
    sums = list(accumulate(1 / rank**ZIPF for rank in range(1, len(ranked) + 1)))
    while True:
        yield ranked[bisect(sums, rng.random() * sums[-1])]


def _payment(
    payment_id: str, submitted: datetime, ultimate: OrdinaryParty | None, rng: Random
) -> dict[str, Any]:
    ordering, receiving, between = rng.sample(_BANKS, 3)
    payment: dict[str, Any] = {
        "payment_id": payment_id,
        "uetr": str(UUID(int=rng.getrandbits(128), version=4)),
        "end_to_end_id": f"E2E{rng.randrange(10**12):012}",
        "message_type": "pacs.008.001.08",
        "rail": "swift",
        "submitted_at": f"{submitted:%Y-%m-%dT%H:%M:%SZ}",
        "amount": f"{rng.randrange(100, 10_000_000) / 100:.2f}",
        "currency": rng.choice(("EUR", "USD", "GBP", "KZT")),
        "value_date": f"{submitted:%Y-%m-%d}",
        "debtor": {},
        "creditor": {},
        "debtor_agent": ordering,
        "creditor_agent": receiving,
        "remittance": [],
    }
    if ultimate:
        payment["ultimate_debtor"] = {"name": ultimate.name, "kind": ultimate.kind}
    if rng.random() < 0.3:
        payment["intermediary_agents"] = [between]
    return payment


def _fill_to_size(payment: dict[str, Any], rng: Random, lines: Iterator[str]) -> bytes:
    """Return the payment as JSON or XML, padded with lines of text to a random size."""
    encode = pacs008 if rng.random() < XML_SHARE else msgspec.json.encode
    min_size = min(MIN_BYTES + rng.expovariate(1 / MEAN_EXTRA_BYTES), MAX_BYTES - 200.0)
    value = encode(payment)
    while len(value) < min_size:
        payment["remittance"].append(next(lines))
        value = encode(payment)
    return value


def _lines(rng: Random) -> Iterator[str]:
    """Yield lines of remittance text, at most 140 characters each."""
    while True:
        words = f"/INV/{rng.randrange(10**8):08} {' '.join(rng.choices(_WORDS, k=rng.randrange(4, 14)))}"
        yield words[:140]
