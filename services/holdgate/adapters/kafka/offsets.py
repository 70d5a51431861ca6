"""How many partitions topics have and where they end, asked by a client of its own: a consumer that hangs
would not know."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from holdgate.adapters.kafka.consumer_stop import stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.records.topics import TOPICS
from holdgate.runtime.settings import Settings

AiokafkaFault = (KafkaError, OSError)
"""What aiokafka raises where no broker answers or it refuses."""


async def partition_counts(settings: Settings) -> dict[str, int]:
    """The number of partitions of each topic of the contract that exists, by its name in `flow`.

    Raises one of `Fault`.
    """
    wanted = {settings.topic(topic.name): topic.name for topic in TOPICS}
    admin = AIOKafkaAdminClient(request_timeout_ms=10_000, **security(settings))
    try:
        await admin.start()
        return {
            wanted[topic["topic"]]: len(topic["partitions"])
            for topic in await admin.describe_topics()
            if topic["topic"] in wanted and not topic["error_code"]
        }
    finally:
        await admin.close()


async def end_offsets(settings: Settings, topic: str, partitions: Mapping[int, int]) -> dict[int, int]:
    """The offset behind the last record of each partition named; raises a fault of Kafka."""
    consumer = AIOKafkaConsumer(enable_auto_commit=False, **security(settings))
    await consumer.start()
    try:
        places = [TopicPartition(settings.topic(topic), partition) for partition in partitions]
        return {place.partition: end for place, end in (await consumer.end_offsets(places)).items()}
    finally:
        await stop_consumer(consumer)
