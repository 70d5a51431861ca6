"""`python -m bench.openings`: how many cases a second a review process opens while holds wait for it.

Writes held payments and their decisions to a Kafka of its own, starts `holdgate review`, and reads when each
case was opened. Prints cases a second, from the first to the last, and what a case costs the process.
"""

import time
from collections.abc import Sequence

import click
import msgspec
from kafka import KafkaProducer

from bench.cases import hold_of
from bench.gate import cpu_seconds
from bench.parties import ordinary_parties
from deploy.local.kafka_broker import Kafka
from deploy.local.redis_server import Redis
from deploy.local.sandbox import sandbox
from deploy.local.stack import HOLDGATE, REVIEW_RULES
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.intake import canonical
from holdgate.core.model.decision import to_json
from holdgate.core.records.topics import (
    DECISIONS,
    INPUT_OFFSET,
    INPUT_PARTITION,
    INPUT_TOPIC,
    REVIEW_EVENTS,
)
from tests.support.rig import Rig, closing

BATCH = 5_000


@click.command()
@click.option("--holds", "number", default=60_000, show_default=True, type=click.IntRange(100))
def main(number: int) -> None:
    """Print how many cases a second are opened."""
    _, parties = ordinary_parties()
    names = [party.name for party in parties]
    with sandbox("openings") as folder:
        kafka, redis = Kafka(folder / "kafka"), Redis(folder / "redis")
        kafka.start()
        redis.start()
        with closing(Rig(folder, kafka.bootstrap, redis.url, "bench.")) as rig:
            rig.create_topics()
            for start in range(0, number, BATCH):
                _write_holds(rig, range(start, min(number, start + BATCH)), names)
            review = rig.worker((str(HOLDGATE), "review"), review_rules=str(REVIEW_RULES))
            log = KafkaLog(rig.settings)
            while log.bounds(REVIEW_EVENTS.name)[0].end < number + 1:
                time.sleep(0.2)
                assert review.process.poll() is None, review.text
            spent = cpu_seconds(review.process.pid)
            first, last = _opened(log)
    seconds = last - first
    click.echo(f"{number:,} cases opened in {seconds:.1f} s: {number / seconds:,.0f} a second")
    click.echo(f"processor time of the process: {spent / number * 1e6:,.0f} us a case, its start included")


def _write_holds(rig: Rig, numbers: Sequence[int], names: Sequence[str]) -> None:
    payments = [_payment(n, names) for n in numbers]
    places = rig.send((f"P-{n}".encode(), value) for n, value in zip(numbers, payments, strict=True))
    producer = open_client(
        KafkaProducer, bootstrap_servers=rig.settings.kafka, acks="all", linger_ms=5, batch_size=262_144
    )
    topic = rig.settings.topic(DECISIONS.name)
    for value, place in zip(payments, places, strict=True):
        received = canonical.read(value)
        payment = received.payment
        assert payment.creditor is not None
        held = hold_of(payment.payment_id, received.content_hash, str(payment.creditor.name), "ofac:1")
        headers = [
            (INPUT_TOPIC, place.topic.encode()),
            (INPUT_PARTITION, str(place.partition).encode()),
            (INPUT_OFFSET, str(place.offset).encode()),
        ]
        producer.send(topic, to_json(held), payment.payment_id.encode(), headers)
    producer.flush()
    producer.close()


def _payment(n: int, names: Sequence[str]) -> bytes:
    return msgspec.json.encode(
        {
            "payment_id": f"P-{n}",
            "amount": "100.00",
            "currency": "EUR",
            "rail": "swift",
            "debtor": {"name": names[n % len(names)]},
            "creditor": {"name": names[(n * 7 + 1) % len(names)]},
            "remittance": [f"invoice {n}"],
        }
    )


def _opened(log: KafkaLog) -> tuple[float, float]:
    """Return when the first and the last case were opened, in Unix seconds."""
    bounds = log.bounds(REVIEW_EVENTS.name)[0]
    times = [
        record.timestamp
        for chunk in log.read(REVIEW_EVENTS.name, 0, bounds.first, bounds.end)
        for record in chunk.records
    ]
    return times[1], times[-1]


if __name__ == "__main__":
    main()
