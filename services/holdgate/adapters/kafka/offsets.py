"""Partition counts and end offsets, read by a client of its own: a worker's consumer may hang."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from holdgate.adapters.kafka.consumer_stop import stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.records.topics import TOPICS
from holdgate.runtime.settings import Settings

AiokafkaFault = (KafkaError, OSError)
"""What aiokafka raises if no broker answers or if the broker refuses a request."""


async def partition_counts(settings: Settings) -> dict[str, int]:
    """Return the number of partitions of each existing topic of the contract, by its name there.

    Raises one of `AiokafkaFault`.
    """
    contract_names = {settings.topic(topic.name): topic.name for topic in TOPICS}
    admin = AIOKafkaAdminClient(request_timeout_ms=10_000, **security(settings))
    try:
        await admin.start()
        return {
            contract_names[topic["topic"]]: len(topic["partitions"])
            for topic in await admin.describe_topics()
            if topic["topic"] in contract_names and not topic["error_code"]
        }
    finally:
        await admin.close()


async def end_offsets(settings: Settings, topic: str, partitions: Mapping[int, int]) -> dict[int, int]:
    """Return the offset after the last record of each given partition; raise one of `AiokafkaFault`."""
    consumer = AIOKafkaConsumer(enable_auto_commit=False, **security(settings))
    try:
        await consumer.start()
        places = [TopicPartition(settings.topic(topic), partition) for partition in partitions]
        return {place.partition: end for place, end in (await consumer.end_offsets(places)).items()}
    finally:
        await stop_consumer(consumer)
