"""`python -m bench.cases`: build the projection of many cases, and time what people ask of it.

The cases are held payments between ordinary parties, each taken and proposed. Prints a line per question, in
milliseconds.
"""

import hashlib
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import click
import msgspec

from bench.parties import ordinary_parties
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.model.decision import Decision, Match, Versions, decide, to_json
from holdgate.core.model.evidence import Evidence
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review import event as events
from holdgate.core.review.event_contents import CaseFacts, MatchFacts, MatchVerdict, Proposal, Remark
from tests.support.review import PEOPLE, REVIEW, RULES, START

BATCH_CASES = 250
ENTRIES = 20_000
"""List entries that the payments match: ten cases each if there are 200,000."""

VERSIONS = Versions("lists", "policy", "engine")


@click.command()
@click.option("--cases", "number", default=200_000, show_default=True, type=click.IntRange(100))
def main(number: int) -> None:
    """Print how long a rebuild, a queue page and each kind of search take."""
    _, parties = ordinary_parties()
    names = [party.name for party in parties]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cases.sqlite"
        with CaseStore(path) as store:
            started = time.perf_counter()
            for topic, records in batches(number, names):
                store.add(topic, 0, records, records[-1].offset + 1)
            seconds = time.perf_counter() - started
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 2**20
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        click.echo(f"rebuild of {number:,} cases: {seconds:.0f} s, {size:,.0f} MiB, RSS {memory:.0f} MiB")
        with CaseStore(path) as store:
            for question, ask in _questions(store, number, names):
                click.echo(_timed(question, ask))


def batches(number: int, names: Sequence[str]) -> Iterator[tuple[str, list[Record]]]:
    """Yield records of both topics, evidence before the events that name it; making them counts little."""
    chance, offsets = Random(24), {REVIEW_EVENTS.name: 0, REVIEW_EVIDENCE.name: 0}

    def record(topic: str, key: str, value: bytes) -> Record:
        offsets[topic] += 1
        return Record(topic, 0, offsets[topic] - 1, 0.0, key.encode(), value, ())

    rules = events.RulesPublished(event_id="0" * 32, at=START, by=REVIEW, what=RULES)
    yield REVIEW_EVENTS.name, [record(REVIEW_EVENTS.name, events.RULES_KEY, events.encode_event(rules))]
    for start in range(0, number, BATCH_CASES):
        made = [_case(n, names, chance) for n in range(start, min(number, start + BATCH_CASES))]
        values = [value for evidence, _ in made for value in evidence]
        yield REVIEW_EVIDENCE.name, [record(REVIEW_EVIDENCE.name, _sha256(value), value) for value in values]
        logged = [event for _, case_events in made for event in case_events]
        yield (
            REVIEW_EVENTS.name,
            [record(REVIEW_EVENTS.name, one.case_id, events.encode_event(one)) for one in logged],
        )


def hold_of(payment_id: str, content_hash: str, creditor: str, entry_id: str) -> Decision:
    """Return a hold of a payment whose creditor is named as a list entry is."""
    parts = tuple(Evidence(word, word, "exact", 5.0) for word in creditor.split())
    match = Match("creditor.name", creditor, entry_id, creditor, creditor, "ofac", (), "name", 0.9, parts)
    return decide(
        payment_id=payment_id,
        content_hash=content_hash,
        versions=VERSIONS,
        reason="LIST_MATCH",
        status="PDNG",
        matches=(match,),
    )


def _case(n: int, names: Sequence[str], chance: Random) -> tuple[list[bytes], list[events.AnyCaseEvent]]:
    """Return the evidence and the events of a case."""
    payment_id, entry_id = f"P-{n}", f"ofac:{chance.randrange(ENTRIES)}"
    creditor, debtor = chance.choice(names), chance.choice(names)
    payment = msgspec.json.encode(
        {
            "payment_id": payment_id,
            "amount": "100.00",
            "currency": "EUR",
            "debtor": {"name": debtor, "account": {"iban": f"DE{n:020}"}},
            "creditor": {"name": creditor, "account": {"iban": _iban(n)}},
        }
    )
    content_hash = _sha256(payment_id.encode())
    held = hold_of(payment_id, content_hash, creditor, entry_id)
    facts = CaseFacts(
        decision_id=held.decision_id,
        payment_id=payment_id,
        content_hash=content_hash,
        reason="LIST_MATCH",
        status="PDNG",
        decision=_sha256(to_json(held)),
        payment=_sha256(payment),
        partition=0,
        offset=n,
        matches=(MatchFacts(entry_id, "name", 0.9),),
        amount="100.00",
        currency="EUR",
        queue="sanctions",
        due=START + timedelta(seconds=n),
    )
    proposal = Proposal("RELEASE", "FALSE_POSITIVE", (MatchVerdict("false_positive", "OTHER_NAME"),))
    written: list[tuple[type[events.CaseEvent], str, Any]] = [
        (events.CaseOpened, "review", facts),
        (events.CaseTaken, "ana", Remark()),
        (events.ProposalMade, "ana", proposal),
    ]
    return [payment, to_json(held)], [_event(facts, number, *one) for number, one in enumerate(written, 1)]


def _event(
    facts: CaseFacts, revision: int, kind: type[events.CaseEvent], who: str, what: Any
) -> events.AnyCaseEvent:
    members: dict[str, Any] = {
        "event_id": _sha256(f"{facts.payment_id} {revision}".encode())[:32],
        "at": START,
        "by": PEOPLE[who],
        "case_id": events.make_case_id(facts.payment_id, facts.content_hash),
        "revision": revision,
        "on": facts.decision_id,
        "what": what,
    }
    event: events.AnyCaseEvent = kind(**members)  # type: ignore[assignment]
    return event


def _questions(
    store: CaseStore, number: int, names: Sequence[str]
) -> Iterator[tuple[str, list[Callable[[], object]]]]:
    chance = Random(25)
    chosen, numbers = chance.choices(names, k=300), chance.choices(range(number), k=300)
    middle = store.queue_page(limit=1)[0]
    yield "queue page", [lambda: store.queue_page(queue="sanctions")] * 200
    yield "next queue page", [lambda: store.queue_page(after=middle)] * 200
    yield "search: full name", [partial(store.search, name) for name in chosen]
    yield "search: three letters", [partial(store.search, name[:3]) for name in chosen]
    yield "search: IBAN", [partial(store.search, _iban(n)) for n in numbers]
    yield "search: payment_id", [partial(store.search, f"P-{n}") for n in numbers]
    yield "search: list entry", [partial(store.search, f"ofac:{n % ENTRIES}") for n in numbers]
    yield "search: person", [lambda: store.search(PEOPLE["ana"].user)] * 50


def _timed(question: str, calls: Sequence[Callable[[], object]]) -> str:
    milliseconds = []
    for call in calls:
        started = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - started) * 1000)
    milliseconds.sort()
    median, p99 = (milliseconds[int(len(milliseconds) * share)] for share in (0.5, 0.99))
    return f"{question:22} median {median:7.2f} ms, p99 {p99:7.2f} ms"


def _iban(n: int) -> str:
    return f"NL{n:016}"


def _sha256(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


if __name__ == "__main__":
    main()
