"""Where partitions end, asked by a client of its own: a consumer that hangs would not know."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from holdgate.adapters.kafka import security
from holdgate.adapters.stopping_consumers import stop
from holdgate.settings import Settings


async def ends(settings: Settings, topic: str, partitions: Mapping[int, int]) -> dict[int, int]:
    """The offset behind the last record of each partition named; raises a fault of Kafka."""
    consumer = AIOKafkaConsumer(enable_auto_commit=False, **security(settings))
    await consumer.start()
    try:
        places = [TopicPartition(settings.topic(topic), partition) for partition in partitions]
        return {place.partition: end for place, end in (await consumer.end_offsets(places)).items()}
    finally:
        await stop(consumer)
