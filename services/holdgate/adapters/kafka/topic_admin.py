"""Kafka for processes that may block: create topics, and write one record durably."""

from collections.abc import Sequence

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Header
from holdgate.core.records.topics import TOPICS
from holdgate.runtime.settings import Settings

KafkaFault = (KafkaError, OSError, ValueError)
"""What kafka-python raises if no broker answers or if the broker refuses a request."""


def create_topics(settings: Settings) -> list[str]:
    """Create the topics of the contract that do not exist; return the names of the created ones.

    When this function returns, the broker it asked has a leader for each partition. A broker reports that a
    topic is created before it lists it.
    """
    admin = open_client(
        KafkaAdminClient, **security(settings), bootstrap_timeout_ms=10_000, request_timeout_ms=10_000
    )
    try:
        existing = set(admin.list_topics())
        created = []
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
            created.append(new.name)
        return created
    finally:
        admin.close()


def write(settings: Settings, topic: str, key: bytes, value: bytes, headers: Sequence[Header]) -> None:
    """Write one record and wait until every in-sync replica has it; raise one of `KafkaFault`."""
    producer = open_client(
        KafkaProducer,
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
