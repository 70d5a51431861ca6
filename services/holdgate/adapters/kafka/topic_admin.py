"""Kafka for processes that may block: create and describe topics, and write one record durably."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, NewTopic
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Header
from holdgate.core.records.topic_requirements import FoundTopic, choose_replication, durability_config
from holdgate.core.records.topics import TOPICS
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

KafkaFault = (KafkaError, OSError, ValueError)
"""What kafka-python raises if no broker answers or if the broker refuses a request."""


def create_topics(settings: Settings) -> dict[str, FoundTopic]:
    """Create the topics of the contract that do not exist; return what was created, by name in the contract.

    When this function returns, the broker it asked has a leader for each partition. A broker reports that a
    topic is created before it lists it.
    """
    with _admin(settings) as admin:
        existing = set(admin.list_topics())
        replication = choose_replication(settings.replication, _count_brokers(admin))
        created: dict[str, FoundTopic] = {}
        for topic in TOPICS:
            if settings.topic(topic.name) in existing:
                continue
            config = {**durability_config(replication), **dict(topic.config)}
            partitions = topic.partitions or settings.partitions
            new = NewTopic(
                settings.topic(topic.name),
                num_partitions=partitions,
                replication_factor=replication,
                topic_configs=config,
            )
            try:
                admin.create_topics([new], wait_for_metadata=True)
            except TopicAlreadyExistsError:
                continue
            created[topic.name] = FoundTopic(partitions, replication, config)
        return created


def create_like(settings: Settings, topic: str, partitions: int) -> bool:
    """Create a topic with this number of partitions; return False if it exists already."""
    with _admin(settings) as admin:
        name = settings.topic(topic)
        try:
            if name in admin.list_topics():
                return False
            replication = choose_replication(settings.replication, _count_brokers(admin))
            new = NewTopic(
                name,
                num_partitions=partitions,
                replication_factor=replication,
                topic_configs=durability_config(replication),
            )
            admin.create_topics([new])
        except TopicAlreadyExistsError:
            return False
        except AuthorizationError as error:
            raise OperatorError(
                f"no permission to create {name}: ask an administrator to create it with"
                f" {partitions} partitions"
            ) from error
        return True


def describe_topics(settings: Settings) -> dict[str, FoundTopic]:
    """Return the topics of the contract that exist, by name in the contract.

    Raises `OperatorError` without permission to read a topic's configuration.
    """
    with _admin(settings) as admin:
        existing = set(admin.list_topics())
        names = {settings.topic(topic.name): topic.name for topic in TOPICS}
        wanted = [name for name in names if name in existing]
        if not wanted:
            return {}
        try:
            configs = admin.describe_configs(
                [ConfigResource("TOPIC", name) for name in wanted], config_filter="all"
            )
        except AuthorizationError as error:
            raise OperatorError(
                "no permission to read the configuration of topics: this user needs DESCRIBE_CONFIGS on them"
            ) from error
        found = {
            names[described["name"]]: FoundTopic(
                partitions=len(described["partitions"]),
                replication=min(len(partition["replica_nodes"]) for partition in described["partitions"]),
                config={
                    name: str(entry["value"]) for name, entry in configs["topic"][described["name"]].items()
                },
            )
            for described in admin.describe_topics(wanted)
        }
        return {topic.name: found[topic.name] for topic in TOPICS if topic.name in found}


@contextmanager
def _admin(settings: Settings) -> Iterator[Any]:
    admin = open_client(
        KafkaAdminClient, **security(settings), bootstrap_timeout_ms=10_000, request_timeout_ms=10_000
    )
    try:
        yield admin
    finally:
        admin.close()


def _count_brokers(admin: Any) -> int:
    return len(admin.describe_cluster()["brokers"])


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
