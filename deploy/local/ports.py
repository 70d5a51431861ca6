"""Find free ports on loopback."""

import random
import socket
from collections.abc import Collection

PORTS = range(20_000, 32_000)
"""Below the ports that Linux (from 32768) and macOS (from 49152) use for outgoing connections. A client that
retries while a broker is down could otherwise get the broker's own port and connect to itself."""


def free_port(taken: Collection[int] = ()) -> int:
    """Return a port of `PORTS` that is free and not in `taken`; raises `OSError` if there is none."""
    for port in random.sample(PORTS, len(PORTS)):
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port on 127.0.0.1 between {PORTS.start} and {PORTS.stop}")


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port; recently closed connections do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Return whether a server on loopback accepts connections on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
