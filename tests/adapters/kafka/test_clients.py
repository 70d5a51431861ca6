"""A client that finds no broker leaves no thread and no socket; they pile up in a service that retries."""

import socket
import threading
from typing import Any

import crc32c
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.record import util

from deploy.local.ports import free_port
from holdgate.adapters.kafka.clients import ClosingSelector, open_client


@pytest.mark.parametrize("client", [KafkaAdminClient, KafkaConsumer, KafkaProducer])
def test_a_client_without_a_broker_leaves_no_thread(client: Any) -> None:
    before = set(threading.enumerate())
    with pytest.raises(KafkaError):
        open_client(client, bootstrap_servers=f"127.0.0.1:{free_port()}", bootstrap_timeout_ms=300)
    assert set(threading.enumerate()) <= before


def test_a_socket_that_still_connects_is_closed_with_the_client() -> None:
    """A listener whose queue is full answers no further connection, as a broker behind a firewall does."""

    async def connect() -> None:
        await loop.wait_write(connecting)

    loop = ClosingSelector()
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
        socket.socket() as connecting,
    ):
        connecting.setblocking(False)
        connecting.connect_ex(full.getsockname())
        loop.call_soon(connect)
        loop.poll(timeout_ms=10)
        loop.close()
        assert connecting.fileno() == -1


def test_checksums_are_computed_in_c() -> None:
    """In Python they take a second for 4 MB, a third of the time that review needs to open cases."""
    assert util._crc32c is crc32c.crc32c
