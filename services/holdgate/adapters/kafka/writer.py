"""Write records from a process that may block: each is in the log, or an error is raised."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import AuthorizationError
from kafka.structs import OffsetAndMetadata

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.log import MAX_MESSAGE_BYTES
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Outgoing
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

DELIVERY_SECONDS = 60.0
"""After this time the producer itself gives a record up. A record that is still pending would keep the
producer from closing; it then prints a traceback on stderr when it is collected."""

BATCH_BYTES = 262_144
"""The producer wakes its thread for each batch; with its default of 16 kB that is every ten events."""

SLACK_SECONDS = 10.0
"""Extra wait for a delivery: the producer checks for expired records only between two requests."""


class KafkaWriter:
    """An idempotent producer. With `group`, it also commits input offsets, so that lag can be observed."""

    def __init__(self, settings: Settings, group: str | None = None) -> None:
        self._settings = settings
        self._group: Any = None
        with ExitStack() as on_error:
            self._producer = open_client(
                KafkaProducer,
                **security(settings),
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                batch_size=BATCH_BYTES,
                max_request_size=MAX_MESSAGE_BYTES,
                max_block_ms=10_000,
                delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
                request_timeout_ms=int(DELIVERY_SECONDS * 500),
                bootstrap_timeout_ms=5_000,
            )
            on_error.callback(self._producer.close, timeout=0)
            if group is not None:
                self._group = open_client(
                    KafkaConsumer, group_id=group, enable_auto_commit=False, **security(settings)
                )
            on_error.pop_all()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        try:
            self._producer.close(timeout=10)
        finally:
            if self._group is not None:
                self._group.close()

    def publish(self, records: Sequence[Outgoing], timestamps: Sequence[int | None] = ()) -> list[int]:
        """Write records in order; return their offsets once all of them are in the log.

        `timestamps` are those of the records in Unix milliseconds; without them the producer sets the time.
        Raises `OperatorError` without permission, and one of `KafkaFault` if the broker does not answer.
        """
        topics = ", ".join(sorted({self._settings.topic(record.topic) for record in records}))
        try:
            deliveries = [
                self._producer.send(
                    self._settings.topic(record.topic),
                    record.value,
                    record.key,
                    record.headers,
                    record.partition,
                    timestamp,
                )
                for record, timestamp in zip(records, timestamps or [None] * len(records), strict=True)
            ]
            timeout = DELIVERY_SECONDS + SLACK_SECONDS
            return [int(delivery.get(timeout=timeout).offset) for delivery in deliveries]
        except AuthorizationError as error:
            raise OperatorError(f"no permission to write {topics}: this user needs WRITE on it") from error

    def commit(self, topic: str, offsets: Mapping[int, int]) -> None:
        """Commit the next offset of each partition for the group."""
        if self._group is None or not offsets:
            return
        name = self._settings.topic(topic)
        committed = {
            TopicPartition(name, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in offsets.items()
        }
        self._group.assign(list(committed))
        try:
            self._group.commit(committed)
        except AuthorizationError as error:
            raise OperatorError(
                "no permission to commit offsets: this user needs READ on groups HOLDGATE_GROUP-*"
            ) from error
