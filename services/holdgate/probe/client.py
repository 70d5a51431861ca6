"""Kafka client of the probe: writes payments to one partition of the live topic and reads their decisions."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Self

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.security import security
from holdgate.core.model import decision as contract
from holdgate.core.model.decision import Decision
from holdgate.core.records.probe_mark import sign_probe
from holdgate.core.records.topics import DECISIONS, PROBE, SUBMITTED
from holdgate.probe.questions import KnownEntry, ProbeKind, payment
from holdgate.runtime.settings import Settings, probe_key

PROBE_KINDS: tuple[ProbeKind, ...] = ("listed", "clean")


class ProbeAnswer(msgspec.Struct, frozen=True):
    """A decision, and the seconds from before its payment was sent until it was read."""

    decision: Decision
    seconds: float


class ProbeClient:
    """Sends the probe's payments and reads their decisions.

    Every method may raise one of `holdgate.adapters.kafka.topic_admin.KafkaFault`. A decision goes to its
    payment's partition number, so only that partition is read. The context manager closes the client.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = probe_key(settings)
        options = security(settings) | {"bootstrap_timeout_ms": 3_000, "request_timeout_ms": 10_000}
        with ExitStack() as on_error:
            self._producer: Any = open_client(
                KafkaProducer, **options, acks="all", max_block_ms=5_000, linger_ms=0
            )
            on_error.callback(self._producer.close, timeout=0)
            self._consumer: Any = open_client(
                KafkaConsumer,
                **options,
                enable_auto_commit=False,
                auto_offset_reset="latest",
                fetch_max_wait_ms=50,
            )
            on_error.pop_all()

    @property
    def partitions(self) -> list[int]:
        """The partition numbers of payments.submitted; empty if the topic does not exist."""
        return sorted(self._consumer.partitions_for_topic(self._settings.topic(SUBMITTED.name)) or ())

    def ask(self, partition: int, name: str, known: KnownEntry | None) -> Mapping[ProbeKind, ProbeAnswer]:
        """Send payments whose ids begin with `name`; return the answers that arrive before the deadline.

        The listed payment is sent only if there is a known entry.
        """
        decisions = TopicPartition(self._settings.topic(DECISIONS.name), partition)
        self._consumer.assign([decisions])
        self._consumer.seek_to_end(decisions)
        self._consumer.position(decisions)  # resolves the end offset before anything is sent
        kinds = {f"{name}-{kind}": kind for kind in PROBE_KINDS if known is not None or kind == "clean"}
        started = time.monotonic()
        for payment_id, kind in kinds.items():
            self._send(partition, payment_id, payment(kind, payment_id, known, datetime.now(UTC)))
        answers: dict[ProbeKind, ProbeAnswer] = {}
        while len(answers) < len(kinds) and (remaining := self._remaining(started)) > 0:
            for record in self._consumer.poll(timeout_ms=int(remaining * 1000)).get(decisions, ()):
                answered = kinds.get((record.key or b"").decode("utf-8", "replace"))
                if answered is not None and answered not in answers:
                    seconds = time.monotonic() - started
                    answers[answered] = ProbeAnswer(contract.from_json(record.value), seconds)
        return answers

    def close(self) -> None:
        """Close the connections."""
        self._producer.close(timeout=5)
        self._consumer.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _remaining(self, started: float) -> float:
        return self._settings.probe_late_seconds - (time.monotonic() - started)

    def _send(self, partition: int, payment_id: str, members: Mapping[str, Any]) -> None:
        value = msgspec.json.encode(members)
        marks = [] if self._key is None else [(PROBE, sign_probe(self._key, value))]
        self._producer.send(
            self._settings.topic(SUBMITTED.name),
            value,
            payment_id.encode(),
            [("content-type", b"application/json"), *marks],
            partition,
        ).get(timeout=self._settings.probe_late_seconds)
