"""Faults around decisions: rescreening, resends, forged claims, rival publishers, and crashes of review."""

import random
import signal
import subprocess
import time

from redis import RedisError

from chaos.forger import forge_claims
from chaos.publishers import PublicationError
from chaos.topology import Topology
from chaos.workers import SESSION

RESCREEN_SECONDS, RECENT_PAYMENTS = 20, 1_500
"""How far back a fault rescreens, and how many of the last payments it may send again."""


def rescreen(topology: Topology, chance: random.Random) -> str:
    """Payments released by one list are held by rescreening with the next, and sent again.

    The list that released them returns: the holds stay. A stale list makes holds that rescreening lifts.
    """
    number = 2 * chance.randrange(50)
    topology.lists.flip(number + 1, stale=chance.random() < 0.3)
    time.sleep(chance.uniform(2.0, 4.0))
    exit_codes = []
    for following in (number, number + chance.choice([0, 1])):
        payments = topology.load.recent()[-RECENT_PAYMENTS:]
        topology.lists.flip(following)
        exit_codes.append(topology.rescreen(RESCREEN_SECONDS))
        topology.load.resend(chance.sample(payments, len(payments) // 2))
        time.sleep(chance.uniform(0.5, 2.0))
    return f"exit codes {exit_codes}"


def forge(topology: Topology, chance: random.Random) -> str:
    """Claims are forged and damaged, and their payments are sent again."""
    payments = topology.load.recent()[-RECENT_PAYMENTS:]
    for _ in range(3):
        chosen = chance.sample(payments, min(len(payments), chance.randint(1, 40)))
        forge_claims(topology.redis.url, chosen, chance)
        topology.load.resend(chosen)
        time.sleep(chance.uniform(0.2, 2.0))
    return "three times"


def conflicting_publications(topology: Topology, chance: random.Random) -> str:
    """Lists are published by hand beside a service with other sources; a second service tries as well.

    The one list has the listed person, the other does not. The publication by hand has to stay until a person
    resumes the service; after each change payments are rescreened and sent again, and no hold may be lifted.
    """
    is_served = chance.random() < 0.5
    steps: list[int | str] = []

    def rescreen_and_resend() -> None:
        payments = topology.load.recent()[-RECENT_PAYMENTS:]
        steps.append(topology.rescreen(RESCREEN_SECONDS))
        topology.load.resend(chance.sample(payments, len(payments) // 2))
        time.sleep(chance.uniform(0.5, 2.0))

    try:
        if topology.publishers.is_undone(is_served, rescreen_and_resend):
            topology.violations.append("a lists service replaced a publication by hand")
    except (PublicationError, RedisError, OSError) as error:
        steps.append(f"not finished: {error}"[:200])
    finally:
        topology.lists.flip(chance.randrange(100))
    return f"served {'with' if is_served else 'without'} the person, exit codes of rescreening: {steps}"


def lose_projection(topology: Topology, chance: random.Random) -> str:
    """The database behind the pages of cases is deleted, and Redis is flushed; no page may change."""
    try:
        before = topology.pages.read()
        topology.pages.lose()
        topology.lists.flush_redis()
        time.sleep(chance.uniform(0.0, 1.0))
        topology.lists.republish()
        after = topology.pages.read()
    except (RedisError, OSError, subprocess.TimeoutExpired) as error:
        topology.lists.republish()
        return f"not finished: {error}"[:200]
    same = before.keys() & after.keys()
    if changed := sum(before[place] != after[place] for place in same):
        topology.violations.append(f"{changed} pages changed with the projection")
    return f"{len(same)} pages compared"


def kill_review(topology: Topology, chance: random.Random) -> str:
    """`kill -9` of review processes, the active one or the one that stands by."""
    number = chance.randint(1, 4)
    for _ in range(number):
        topology.review.kill(chance.choice(topology.review.members))
        time.sleep(chance.uniform(0.2, 3.0))
    return f"{number} kills"


def freeze_review(topology: Topology, chance: random.Random) -> str:
    """SIGSTOP of a review process for longer than its session: when it wakes, another is active."""
    member, seconds = chance.choice(topology.review.members), chance.uniform(SESSION + 1, SESSION + 5)
    member.signal(signal.SIGSTOP)
    time.sleep(seconds)
    member.signal(signal.SIGCONT)
    return f"{member.name} for {seconds:.1f} s"


def kill_review_at_decision(topology: Topology, chance: random.Random) -> str:
    """`kill -9` of both review processes while Redis is paused: between a decision and its event.

    A decision that is no release is written without Redis; its event comes after the claim is replaced.
    """
    seconds = chance.uniform(0.5, 3.0)
    topology.redis.pause()
    time.sleep(seconds)
    for member in topology.review.members:
        topology.review.kill(member)
    topology.redis.resume()
    return f"Redis paused for {seconds:.1f} s"
