"""kafka-python's clients, opened so that a failed start leaves nothing running."""

from collections.abc import Callable
from typing import Any

from kafka.net.compat import KafkaNetClient


def open_client(client: Callable[..., Any], **options: Any) -> Any:
    """Return `client(**options)`, one of KafkaConsumer, KafkaProducer and KafkaAdminClient.

    kafka-python 3.0 starts a thread before it looks for a broker. Where none answers the constructor raises
    and the thread goes on connecting for ever: a service that retries every few seconds gained a thread and
    several sockets each time. Here a client that could not start is closed.
    """
    opened: list[Any] = []

    def net_client(**config: Any) -> Any:
        opened.append(KafkaNetClient(**config))
        return opened[-1]

    try:
        return client(**options, kafka_client=net_client)
    except BaseException:
        for started in opened:
            started.close()
        raise
