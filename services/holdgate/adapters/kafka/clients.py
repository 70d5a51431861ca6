"""kafka-python's clients, opened so that nothing is left of one that is closed or could not start."""

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from kafka.net.compat import KafkaNetClient
from kafka.net.selector import NetworkSelector


class ClosingSelector(NetworkSelector):  # type: ignore[misc]
    """An event loop that closes every socket that it ever waited for.

    When a client is closed, kafka-python 3.0.12 forgets a socket that is connecting or has bytes to send.
    Such a socket stays open until it is garbage-collected.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._sockets = WeakSet[Any]()

    def register_event(self, fileobj: Any, event: int, task: Any) -> None:
        """Remember a socket that a task waits for."""
        self._sockets.add(fileobj)
        super().register_event(fileobj, event, task)

    def close(self) -> None:
        """Stop the loop, and close its sockets."""
        super().close()
        for found in list(self._sockets):
            found.close()


def open_client(client: Callable[..., Any], **options: Any) -> Any:
    """Return `client(**options)`, one of KafkaConsumer, KafkaProducer and KafkaAdminClient.

    kafka-python 3.0 starts a thread before it looks for a broker. Where none answers the constructor raises
    and the thread goes on connecting for ever: a service that retries every few seconds gained a thread and
    several sockets each time. Here a client that could not start is closed.
    """
    opened: list[Any] = []

    def net_client(**config: Any) -> Any:
        opened.append(KafkaNetClient(net=ClosingSelector(**config), **config))
        return opened[-1]

    try:
        return client(**options, kafka_client=net_client)
    except BaseException:
        for started in opened:
            started.close()
        raise
