"""Redis with a replica behind one address; a failover moves the address as Sentinel or an operator would."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from redis import Redis as Client

from deploy.local.ports import free_port
from deploy.local.redis_server import Redis

CLOSED_PORT = 1
"""A port on which nothing listens."""


class Address(threading.Thread):
    """A port that forwards to another one. `move` cuts every connection and changes the target."""

    def __init__(self, target: int) -> None:
        super().__init__(name="redis address", daemon=True)
        self.port = free_port()
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()

    def run(self) -> None:
        """Serve until the process ends."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._loop.run_forever()

    def move(self, target: int) -> None:
        """Forward to another port."""
        self._target = target
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, target_writer}
        self._writers |= pair
        await asyncio.gather(self._copy(reader, target_writer), self._copy(target_reader, writer))
        self._writers -= pair

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await source.read(65_536):
                target.write(block)
                await target.drain()
        target.transport.abort()


class RedisPair:
    """A server and its replica. Workers connect to `url`; faults affect the server behind it."""

    def __init__(self, folder: Path) -> None:
        self._master, self._replica = Redis(folder / "redis-1"), Redis(folder / "redis-2")

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run both inside the block."""
        with self._master, self._replica:
            self._follow(self._replica, self._port(self._master))
            self._address = Address(self._port(self._master))
            self._address.start()
            time.sleep(0.2)
            yield

    @property
    def url(self) -> str:
        """The address for workers."""
        return f"redis://127.0.0.1:{self._address.port}/0"

    def kill(self) -> None:
        """Kill the server."""
        self._master.kill()

    def start(self) -> None:
        """Restart it with the contents of its file."""
        self._master.start()

    def pause(self) -> None:
        """Freeze it."""
        self._master.pause()

    def resume(self) -> None:
        """Continue it."""
        self._master.resume()

    def fail_over(self, behind: float, read_only: float) -> bool:
        """Disconnect the replica, let it lag for `behind` seconds, and promote it.

        For `read_only` seconds the address already points to it while it is still a replica. Return False if
        the replica was not in sync before, so that there is nothing to fail over to.
        """
        with Client.from_url(self._replica.url) as replica:
            if replica.info("replication").get("master_link_status") != "up":
                return False
        self._follow(self._replica, CLOSED_PORT)
        time.sleep(behind)
        self._master.kill()
        self._address.move(self._port(self._replica))
        time.sleep(read_only)
        with Client.from_url(self._replica.url) as replica:
            replica.slaveof()
        self._master.start()
        self._follow(self._master, self._port(self._replica))
        self._master, self._replica = self._replica, self._master
        return True

    def _follow(self, replica: Redis, port: int) -> None:
        with Client.from_url(replica.url) as client:
            client.slaveof("127.0.0.1", port)

    def _port(self, server: Redis) -> int:
        return server.ports["port"]
