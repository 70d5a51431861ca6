"""Redis as seen from outside: memory, evictions, clients, and the current snapshot."""

from typing import Any, NamedTuple

import msgspec
import redis
from redis.retry import Retry

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import Pointer, connection_options
from holdgate.runtime.settings import Settings

ANSWER_SECONDS = 2.0
"""Longest wait for an answer. Nothing depends on it, so it may be long; a person waits, so not too long."""


class RedisState(NamedTuple):
    """Bytes used and allowed (0: no limit), keys evicted since the server started, clients connected."""

    memory: int
    memory_limit: int
    evicted: int
    clients: int
    pointer: Pointer | None


class RedisWatch:
    """Reads the state of one server. Its methods raise one of `snapshot_store.RedisFault`."""

    def __init__(self, settings: Settings) -> None:
        self._redis: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, ANSWER_SECONDS, Retry)
        )

    def read_state(self) -> RedisState:
        """Return the server's state. Raises `msgspec.DecodeError` if the pointer cannot be read."""
        info, pointer = self._redis.info(), self._redis.get(keys.CURRENT_SNAPSHOT)
        return RedisState(
            memory=info["used_memory"],
            memory_limit=info["maxmemory"],
            evicted=info["evicted_keys"],
            clients=info["connected_clients"],
            pointer=msgspec.json.decode(pointer, type=Pointer) if pointer else None,
        )

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()
