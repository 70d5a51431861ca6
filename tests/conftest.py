"""What tests share: one real broker and one real Redis a session, started when the first test asks.

A test gets topics and a database of its own, so tests need no order and leave nothing to each other.
"""

import itertools
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from kafka.net.inet import KafkaNetSocket

from deploy.local.daemon import ROOT
from deploy.local.kafka_broker import Kafka
from deploy.local.redis_server import Redis
from deploy.local.sandbox import sandbox
from holdgate.runtime.logs import SLOW_TASKS

# Without a deadline for an example: the first one often fills a cache, and other programs may be running.
settings.register_profile("quick", max_examples=20, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None)
settings.register_profile("nightly", max_examples=2_000, deadline=None)
settings.load_profile("ci")  # `--hypothesis-profile` loads another

_topics = itertools.count(1)
_databases = itertools.cycle(range(512))


logging.getLogger(SLOW_TASKS).setLevel(logging.ERROR)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that gets the session's broker or Redis from a fixture, so that no lane starts one by
    accident."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "kafka_broker" in fixtures:
            item.add_marker("kafka")
        if "redis_server" in fixtures:
            item.add_marker("redis")


@pytest.fixture(scope="session", autouse=True)
def closed_connections() -> Iterator[None]:
    """Close the sockets of failed connections, which kafka-python 3.0 leaves to the garbage collector.

    Warnings fail tests here, and a connection fails while a broker is starting or when a client is closed
    while it connects. On a busy machine that failed whichever test ran when the socket was collected.
    """
    connect = KafkaNetSocket.sock_connect

    async def closing_connect(self: object, net: object, sock: socket.socket, *args: Any, **rest: Any) -> Any:
        try:
            return await connect(self, net, sock, *args, **rest)
        except BaseException:
            sock.close()
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KafkaNetSocket, "sock_connect", closing_connect)
        yield


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands keep for the next call is kept apart from what the user's own kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def runtime_folder() -> Iterator[Path]:
    """A folder for daemons that is gone after the session; daemons in it are ended then."""
    with sandbox("test") as folder:
        yield folder


@pytest.fixture(scope="session")
def kafka_broker(runtime_folder: Path) -> Kafka:
    """The session's broker. Never stop or pause this one: a test of faults starts its own."""
    broker = Kafka(runtime_folder / "kafka")
    broker.start()
    return broker


@pytest.fixture(scope="session")
def kafka(kafka_broker: Kafka) -> str:
    """Bootstrap servers of the session's broker."""
    return kafka_broker.bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """To stand before every topic and group name of one test (`HOLDGATE_TOPIC_PREFIX`)."""
    return f"t{next(_topics)}."


@pytest.fixture(scope="session")
def redis_server(runtime_folder: Path) -> Redis:
    """The session's Redis. Never stop or pause this one: a test of faults starts its own."""
    server = Redis(runtime_folder / "redis")
    server.start()
    return server


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """URL of an empty database for one test. Channels of PUBLISH are the server's, not the database's."""
    from redis import Redis as Client

    url = redis_server.database(next(_databases))
    with Client.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The reference data beside the checkout; a test that needs it is skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the reference data (../shared/data) is not here")
    return folder
