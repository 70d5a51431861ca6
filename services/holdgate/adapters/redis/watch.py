"""Redis seen from outside: memory, evictions, clients, and which snapshot is current."""

from typing import Any, NamedTuple

import msgspec
import redis
from redis.retry import Retry

from holdgate.adapters.redis.snapshot_store import Pointer, connection_options
from holdgate.runtime.settings import Settings

ANSWER_SECONDS = 2.0
"""Longest wait for an answer: who looks has time, and wants to know soon."""


class RedisState(NamedTuple):
    """Bytes used and allowed (0: no limit), keys evicted since the server started, clients connected."""

    memory: int
    memory_limit: int
    evicted: int
    clients: int
    pointer: Pointer | None


class RedisWatch:
    """Asks one server. Raises one of `holdgate.adapters.redis.snapshot_store.Fault`."""

    def __init__(self, settings: Settings) -> None:
        self._redis: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, ANSWER_SECONDS, Retry)
        )

    def read_state(self) -> RedisState:
        """What the server says of itself. Raises `msgspec.DecodeError` where the pointer is none."""
        info, pointer = self._redis.info(), self._redis.get("list:current")
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
