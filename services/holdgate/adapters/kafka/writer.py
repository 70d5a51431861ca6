"""Records written by a process that may wait: each stands in the log, or an error is raised."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import AuthorizationError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from holdgate.adapters.kafka.log import MAX_MESSAGE_BYTES
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Outgoing
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

DELIVERY_SECONDS = 60.0
"""After which the producer itself gives a record up. One that nobody gave up keeps the producer from being
closed, and it says so on stderr, with a traceback, when it is collected."""

SLACK_SECONDS = 10.0
"""The producer looks at what it has to give up between two requests."""


class KafkaWriter:
    """Writes with an idempotent producer. `group` commits how far the input is done, for who watches lag."""

    def __init__(self, settings: Settings, group: str | None = None) -> None:
        self._settings = settings
        self._producer = KafkaProducer(
            **security(settings),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            max_request_size=MAX_MESSAGE_BYTES,
            max_block_ms=10_000,
            delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
            request_timeout_ms=int(DELIVERY_SECONDS * 500),
            bootstrap_timeout_ms=5_000,
        )
        self._group = (
            KafkaConsumer(group_id=group, enable_auto_commit=False, **security(settings)) if group else None
        )

    def __enter__(self) -> Self:
        """Hand itself out."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._producer.close(timeout=10)
        if self._group is not None:
            self._group.close()

    def publish(self, records: Sequence[Outgoing], timestamps: Sequence[int | None] = ()) -> list[int]:
        """Write records in their order; returns their offsets when all of them stand.

        `timestamps` are those of the records in Unix milliseconds, where they are not to be the broker's or
        now. Raises `NotPossibleError` without permission, one of `kafka.Fault` where the broker is away.
        """
        topics = ", ".join(sorted({self._settings.topic(record.topic) for record in records}))
        try:
            sent = [
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
            return [int(one.get(timeout=DELIVERY_SECONDS + SLACK_SECONDS).offset) for one in sent]
        except AuthorizationError as error:
            raise OperatorError(f"no permission to write {topics}: this user needs WRITE on it") from error

    def commit(self, topic: str, offsets: Mapping[int, int]) -> None:
        """Say in the group up to which offset of each partition the input is done."""
        if self._group is None or not offsets:
            return
        places = {TopicPartition(self._settings.topic(topic), at): upto for at, upto in offsets.items()}
        self._group.assign(list(places))
        try:
            self._group.commit({place: OffsetAndMetadata(upto, "", -1) for place, upto in places.items()})
        except AuthorizationError as error:
            raise OperatorError(
                "no permission to commit offsets: this user needs READ on groups HOLDGATE_GROUP-*"
            ) from error


def create_like(settings: Settings, topic: str, partitions: int) -> bool:
    """Create a topic with so many partitions; False if it is there already."""
    admin = KafkaAdminClient(**security(settings), bootstrap_timeout_ms=5_000, request_timeout_ms=10_000)
    try:
        name = settings.topic(topic)
        if name in admin.list_topics():
            return False
        admin.create_topics(
            [NewTopic(name, num_partitions=partitions, replication_factor=settings.replication)]
        )
        return True
    except TopicAlreadyExistsError:
        return False
    except AuthorizationError as error:
        raise OperatorError(
            f"no permission to create {settings.topic(topic)}: have it made, with {partitions} partitions"
        ) from error
    finally:
        admin.close()
