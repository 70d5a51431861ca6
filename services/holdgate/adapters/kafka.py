"""Kafka for processes that may wait: security, topics, and writing a record and knowing that it stands."""

import ssl
from collections.abc import Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from holdgate.core.records import Header
from holdgate.flow import TOPICS
from holdgate.settings import Settings, secret

Fault = (KafkaError, OSError, ValueError)
"""What kafka-python raises where no broker answers or it refuses."""


def security(settings: Settings) -> dict[str, Any]:
    """Servers, TLS and SASL of the settings, as kafka-python and aiokafka take them."""
    options: dict[str, Any] = {}
    if settings.kafka_ca_file:
        options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_user and settings.kafka_password_file:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": secret(settings.kafka_password_file),
        }
    protocol = ("SASL_" if settings.kafka_user else "") + ("SSL" if settings.kafka_ca_file else "PLAINTEXT")
    return options | {"security_protocol": protocol, "bootstrap_servers": settings.kafka.split(",")}


def partition_counts(settings: Settings) -> dict[str, int]:
    """The number of partitions of each topic of the contract that exists, by its name in `flow`."""
    admin = KafkaAdminClient(**security(settings), bootstrap_timeout_ms=3_000, request_timeout_ms=10_000)
    try:
        wanted = {settings.topic(topic.name): topic.name for topic in TOPICS}
        existing = [name for name in admin.list_topics() if name in wanted]
        found = admin.describe_topics(existing) if existing else []
        return {wanted[topic["name"]]: len(topic["partitions"]) for topic in found}
    finally:
        admin.close()


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
