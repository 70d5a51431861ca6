"""Kafka for processes that may wait: topics, and writing a record and knowing that it stands."""

from collections.abc import Sequence

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Header
from holdgate.core.records.topics import TOPICS
from holdgate.runtime.settings import Settings

KafkaFault = (KafkaError, OSError, ValueError)
"""What kafka-python raises where no broker answers or it refuses."""


def create_topics(settings: Settings) -> list[str]:
    """Create the topics of `flow` that do not exist; returns the names of those made.

    When this returns the broker asked knows them, with a leader for each partition: a broker answers that a
    topic is made before it lists it.
    """
    admin = KafkaAdminClient(**security(settings), bootstrap_timeout_ms=10_000, request_timeout_ms=10_000)
    try:
        existing = set(admin.list_topics())
        made = []
        for topic in TOPICS:
            if settings.topic(topic.name) in existing:
                continue
            new = NewTopic(
                settings.topic(topic.name),
                num_partitions=topic.partitions or settings.partitions,
                replication_factor=settings.replication,
                topic_configs=dict(topic.config),
            )
            try:
                admin.create_topics([new], wait_for_metadata=True)
            except TopicAlreadyExistsError:
                continue
            made.append(new.name)
        return made
    finally:
        admin.close()


def write(settings: Settings, topic: str, key: bytes, value: bytes, headers: Sequence[Header]) -> None:
    """Write one record and wait until every replica in sync has it; raises one of `Fault`."""
    producer = KafkaProducer(
        **security(settings),
        acks="all",
        max_block_ms=10_000,
        delivery_timeout_ms=20_000,
        request_timeout_ms=10_000,
        bootstrap_timeout_ms=3_000,
    )
    try:
        producer.send(settings.topic(topic), key=key, value=value, headers=list(headers)).get(timeout=30)
    finally:
        producer.close(timeout=10)
