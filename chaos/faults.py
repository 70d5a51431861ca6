"""The faults. Each function injects one, waits for a random time, and returns when the fault is over."""

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from redis import Redis as Client

from chaos.decision_faults import (
    conflicting_publications,
    forge,
    freeze_review,
    kill_review,
    kill_review_at_decision,
    lose_projection,
    rescreen,
)
from chaos.disk import can_mount
from chaos.recording import DECISIONS
from chaos.topology import PARTITIONS, PREFIX, Topology
from chaos.workers import SESSION, WorkerSlot

Fault = Callable[[Topology, random.Random], str]
"""Injects a fault and returns a short description of it."""


class WeightedFault(NamedTuple):
    """A fault and its weight in the random choice."""

    fault: Fault
    weight: int = 1


def kill_worker(topology: Topology, chance: random.Random) -> str:
    """`kill -9` of one worker."""
    member = _random_worker(topology, chance)
    topology.workers.kill(member)
    topology.workers.await_running(member)
    return member.name


def kill_burst(topology: Topology, chance: random.Random) -> str:
    """`kill -9` several times, some before the worker has started."""
    number = chance.randint(5, 10)
    for _ in range(number):
        topology.workers.kill(_random_worker(topology, chance))
        time.sleep(chance.uniform(0.2, 1.8))
    return f"{number} kills"


def rolling_restart(topology: Topology, chance: random.Random) -> str:
    """SIGTERM to one worker after the other, waiting for each to stop."""
    for member in list(topology.workers.members):
        topology.workers.terminate(member)
        time.sleep(chance.uniform(0.5, 2.0))
    return f"{len(topology.workers.members)} workers"


def freeze_worker(topology: Topology, chance: random.Random) -> str:
    """SIGSTOP for longer than the session: when the worker wakes, others own its partitions."""
    member, seconds = _random_worker(topology, chance), chance.uniform(SESSION + 1, SESSION + 5)
    member.signal(signal.SIGSTOP)
    time.sleep(seconds)
    member.signal(signal.SIGCONT)
    return f"{member.name} for {seconds:.1f} s"


def join_and_leave(topology: Topology, chance: random.Random) -> str:
    """Workers join and leave faster than the group settles."""
    number = chance.randint(2, 4)
    for _ in range(number):
        member = topology.workers.join()
        time.sleep(chance.uniform(0.5, 4.0))
        topology.workers.leave(member)
    return f"{number} times"


def kill_broker(topology: Topology, chance: random.Random) -> str:
    """`kill -9` of a broker, which is then restarted."""
    node, seconds = chance.choice(topology.kafka.nodes), chance.uniform(0.2, 4.0)
    node.kill()
    time.sleep(seconds)
    node.start()
    return f"away for {seconds:.1f} s and its start"


def pause_broker(topology: Topology, chance: random.Random) -> str:
    """SIGSTOP of a broker: connections stay open, nothing answers."""
    node, seconds = chance.choice(topology.kafka.nodes), chance.uniform(2.0, 12.0)
    node.pause()
    time.sleep(seconds)
    node.resume()
    return f"for {seconds:.1f} s"


def fill_disk(topology: Topology, chance: random.Random) -> str:
    """A broker's disk is full: it stops at the first write, and is restarted once there is room."""
    number, seconds = chance.randrange(len(topology.kafka.nodes)), chance.uniform(2.0, 6.0)
    node, disk = topology.kafka.nodes[number], topology.kafka.disks[number]
    disk.fill()
    time.sleep(seconds)
    stopped = node.pid is None
    disk.free()
    if stopped:
        node.start()
    return f"for {seconds:.1f} s, {node.name} {'stopped and was restarted' if stopped else 'kept running'}"


def kill_leader(topology: Topology, chance: random.Random) -> str:
    """`kill -9` of the broker that leads a partition of the decisions: another takes over."""
    node, seconds = (
        topology.kafka.leader(PREFIX + DECISIONS, chance.randrange(PARTITIONS)),
        chance.uniform(4, 8),
    )
    node.kill()
    time.sleep(seconds)
    node.start()
    return f"{node.name}, away for {seconds:.1f} s and its start"


def kill_most_brokers(topology: Topology, chance: random.Random) -> str:
    """Two of three brokers down: fewer replicas than a write needs, and no quorum."""
    nodes, seconds = chance.sample(topology.kafka.nodes, 2), chance.uniform(3, 8)
    for node in nodes:
        node.kill()
    time.sleep(seconds)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda node: node.start(), nodes))
    return f"{' and '.join(node.name for node in nodes)}, away for {seconds:.1f} s and their start"


def kill_redis(topology: Topology, chance: random.Random) -> str:
    """`kill -9` of Redis: up to a second of claims is lost."""
    topology.redis.kill()
    seconds = chance.uniform(0.1, 3.0)
    time.sleep(seconds)
    topology.redis.start()
    topology.lists.republish()
    return f"away for {seconds:.1f} s"


def pause_redis(topology: Topology, chance: random.Random) -> str:
    """SIGSTOP of Redis: connections stay open, nothing answers."""
    seconds = chance.uniform(1.0, 12.0)
    topology.redis.pause()
    time.sleep(seconds)
    topology.redis.resume()
    return f"for {seconds:.1f} s"


def flush_redis(topology: Topology, chance: random.Random) -> str:
    """FLUSHALL together with a list change: payments decided again would differ."""
    topology.lists.flush_redis()
    time.sleep(chance.uniform(0.0, 1.0))
    number = chance.randrange(100)
    topology.lists.flip(number)
    return "and another list"


def fail_over(topology: Topology, chance: random.Random) -> str:
    """Redis dies and a lagging replica takes its place, without the claims of the last seconds."""
    behind, read_only = chance.uniform(0.5, 4.0), chance.choice([0.0, 1.0])
    if not topology.redis.fail_over(behind, read_only):
        return "not done: the replica had not caught up"
    number = chance.randrange(100)
    topology.lists.flip(number)
    return f"{behind:.1f} s behind, read-only for {read_only:.0f} s, and another list"


def fill_redis(topology: Topology, chance: random.Random) -> str:
    """Redis refuses writes, as at `maxmemory`."""
    seconds = chance.uniform(1.0, 6.0)
    with Client.from_url(topology.redis.url) as redis:
        limit = redis.config_get("maxmemory")["maxmemory"]
        redis.config_set("maxmemory", 1)
        time.sleep(seconds)
        redis.config_set("maxmemory", limit)
    return f"for {seconds:.1f} s"


def flip_list(topology: Topology, chance: random.Random) -> str:
    """Change the list several times."""
    number = chance.randint(1, 4)
    for _ in range(number):
        topology.lists.flip(chance.randrange(100))
        time.sleep(chance.uniform(0.2, 2.0))
    return f"{number} times"


def stale_list(topology: Topology, chance: random.Random) -> str:
    """A list that is too old: everything is held until a fresh one is published."""
    seconds = chance.uniform(2.0, 5.0)
    topology.lists.flip(chance.randrange(100), stale=True)
    time.sleep(seconds)
    topology.lists.flip(chance.randrange(100))
    return f"for {seconds:.1f} s"


def damage_list(topology: Topology, chance: random.Random) -> str:
    """A snapshot that workers must reject becomes current, and a worker starts meanwhile."""
    how = chance.choice(["cut", "altered", "forged", "replayed"])
    topology.lists.damage(how)
    time.sleep(1.0)
    topology.workers.kill(_random_worker(topology, chance))
    time.sleep(chance.uniform(1.0, 4.0))
    topology.lists.flip(chance.randrange(100))
    return how


def jump_clock(topology: Topology, chance: random.Random) -> str:
    """A worker whose clock is 25 hours ahead or behind, while the list is fresh and then too old."""
    clock_offset = chance.choice(["+25h", "-25h"])
    member = topology.workers.join(
        LD_PRELOAD=str(faketime()), FAKETIME=clock_offset, FAKETIME_DONT_FAKE_MONOTONIC="1"
    )
    time.sleep(chance.uniform(6.0, 9.0))
    topology.lists.flip(chance.randrange(100), stale=True)
    time.sleep(chance.uniform(1.0, 3.0))
    topology.lists.flip(chance.randrange(100))
    topology.workers.leave(member)
    return clock_offset


def faketime() -> Path | None:
    """Return the library of Debian's package libfaketime, or None if it is not installed."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


FAULTS: dict[str, WeightedFault] = {
    "worker_kill": WeightedFault(kill_worker, 2),
    "worker_kill_burst": WeightedFault(kill_burst, 2),
    "rolling_restart": WeightedFault(rolling_restart, 2),
    "worker_freeze": WeightedFault(freeze_worker),
    "join_leave": WeightedFault(join_and_leave),
    "broker_kill": WeightedFault(kill_broker),
    "broker_pause": WeightedFault(pause_broker),
    "broker_disk_full": WeightedFault(fill_disk),
    "leader_kill": WeightedFault(kill_leader, 2),
    "isr_below_minimum": WeightedFault(kill_most_brokers),
    "redis_kill": WeightedFault(kill_redis, 2),
    "redis_pause": WeightedFault(pause_redis),
    "redis_flush": WeightedFault(flush_redis, 2),
    "redis_failover": WeightedFault(fail_over, 2),
    "redis_full": WeightedFault(fill_redis),
    "list_flip": WeightedFault(flip_list, 2),
    "list_stale": WeightedFault(stale_list),
    "list_damage": WeightedFault(damage_list),
    "rescreen": WeightedFault(rescreen, 2),
    "claims_forged": WeightedFault(forge, 2),
    "lists_conflict": WeightedFault(conflicting_publications),
    "projection_loss": WeightedFault(lose_projection),
    "review_kill": WeightedFault(kill_review, 2),
    "review_kill_at_decision": WeightedFault(kill_review_at_decision),
    "review_freeze": WeightedFault(freeze_review),
    "clock_jump": WeightedFault(jump_clock),
}


def unavailable_faults(nodes: int) -> dict[str, str]:
    """Return the faults that this machine or number of brokers does not allow, each with the reason."""
    reasons = {} if faketime() else {"clock_jump": "libfaketime is not installed (Debian: libfaketime)"}
    if not can_mount():
        reasons["broker_disk_full"] = "mounting a file system needs root"
    if nodes < 3:
        reasons |= dict.fromkeys(("leader_kill", "isr_below_minimum"), "needs NODES=3")
    return reasons


def plan(chance: random.Random, rounds: int, each: int, kinds: list[str]) -> list[list[str]]:
    """Return the faults of each round; every kind occurs before any repeats beyond its weight."""
    weighted = [kind for kind in kinds for _ in range(FAULTS[kind].weight)]
    faults: list[str] = []
    while len(faults) < rounds * each:
        chance.shuffle(weighted)
        faults += weighted
    return [faults[start : start + each] for start in range(0, rounds * each, each)]


def _random_worker(topology: Topology, chance: random.Random) -> WorkerSlot:
    return chance.choice(topology.workers.members)
