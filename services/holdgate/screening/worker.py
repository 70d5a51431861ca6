"""The screening worker: a faust agent that decides micro-batches and acknowledges them once published.

Exit codes: 0 after SIGTERM, 1 after a crash, 5 after too many dead letters, 6 when it hung. A supervisor has
to restart it.
"""

import asyncio
import time
from functools import partial
from typing import Any, NoReturn

import faust
import structlog
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.files.signing_keys import list_verify_keys
from holdgate.adapters.kafka import announcements
from holdgate.adapters.kafka.decisions_log import DecisionsLog
from holdgate.adapters.kafka.faust_app import (
    FaustPublisher,
    consumer_positions,
    event_loops,
    new_app,
    queued_events,
    record_of,
)
from holdgate.adapters.kafka.offsets import end_offsets
from holdgate.adapters.redis.claim_store import ClaimStore
from holdgate.adapters.redis.snapshot_store import WorkerStore
from holdgate.core.engine_version import engine_version
from holdgate.core.model.decision import Versions
from holdgate.core.policy.policy import Policy
from holdgate.core.records.topics import SUBMITTED
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings, probe_key
from holdgate.screening import exit_codes, gc_tuning, startup_checks
from holdgate.screening.dead_letter_limits import DeadLetterLimits
from holdgate.screening.gate import Gate
from holdgate.screening.http_pages import serve_pages
from holdgate.screening.list_follower import ListFollower
from holdgate.screening.metrics import Metrics
from holdgate.screening.retrying import wait_until_given
from holdgate.screening.standing_claims import StandingClaims
from holdgate.screening.watchdog import ConsumerWatch, LoopWatch

log = structlog.get_logger()

TOO_MANY = (
    "most records of the last minute failed, more than HOLDGATE_DEAD_LETTERS_A_MINUTE: see"
    " holdgate_dead_letters_total for their reasons, correct their cause, then restart"
)


def run(settings: Settings) -> NoReturn:
    """Run a worker until SIGTERM; ends the process."""
    configure(settings.log_level)
    policy = configured_policy(settings)
    health = Health(settings.health_file)
    asyncio.run(startup_checks.wait_for(settings, health.record_wait))
    app = build(settings, policy, health)
    gc_tuning.collect_rarely()
    worker = faust.Worker(app, loglevel=settings.log_level, quiet=True, override_logging=False)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as error:
        exit_codes.leave_process(error.code)


def build(settings: Settings, policy: Policy, health: Health) -> faust.App:
    """Return the worker's app with its agent, lists, watchdogs and HTTP pages."""
    app = new_app(settings)
    metrics = Metrics(policy.rails)
    store = WorkerStore(settings)
    lists = ListFollower(
        store,
        policy,
        metrics,
        settings.list_grace_seconds,
        list_verify_keys(settings),
        announced=partial(announcements.newest, settings),
    )
    claims = StandingClaims(
        ClaimStore(settings),
        DecisionsLog(settings),
        lambda: lists.versions,
        metrics,
        health.progress,
        health.record_wait,
    )
    dead_letters = DeadLetterLimits(settings.dead_letters_a_minute, settings.sender)
    gate = Gate(
        policy,
        lists,
        claims,
        FaustPublisher(app, settings),
        metrics,
        dead_letters=dead_letters,
        probe_key=probe_key(settings),
        waiting=health.record_wait,
    )
    taken = 0
    waiting_since: float | None = None
    metrics.show_rules(Versions("", policy.version, engine_version()), policy)
    metrics.oldest.set_function(
        lambda: 0.0 if waiting_since is None else max(0.0, time.time() - waiting_since)
    )
    loop_watch = LoopWatch(
        lambda: app.should_stop,
        loops=lambda: event_loops(app),
        outage=lambda: None if app.crashed else startup_checks.outage(settings),
    )
    consumer_watch = ConsumerWatch(
        lambda: consumer_positions(app),
        lambda partitions: end_offsets(settings, SUBMITTED.name, partitions),
        lambda: taken,
    )
    submitted = app.topic(
        settings.topic(SUBMITTED.name),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    @app.agent(submitted, name="screening", concurrency=1, supervisor_strategy=CrashingSupervisor)
    async def screening(stream: Any) -> None:
        nonlocal taken, waiting_since
        unacknowledged = stream.noack()
        async for first in unacknowledged.events():
            with health.busy():
                await wait_until_given(lists.settled(), "lists", partial(health.record_wait, "lists"))
                batch = [first, *queued_events(app, unacknowledged, settings.batch - 1)]
                records = [record_of(event) for event in batch]
                waiting_since = min(record.timestamp for record in records)
                claims.deciding(record.partition for record in records)
                await gate.decide(records)
                for event in batch:
                    event.ack()
                waiting_since = None
                taken += len(batch)
                if dead_letters.is_gate_broken(time.monotonic()):
                    # Returns False if it only waited for the commit of a timer, which may lack this batch.
                    if not await app.consumer.commit():
                        await app.consumer.commit()
                    exit_codes.exit_process(exit_codes.TOO_MANY_DEAD_LETTERS, TOO_MANY)

    async def note_idle_progress() -> None:
        loop_watch.beat()
        metrics.dead_letters_left.set(dead_letters.left(time.monotonic()))
        health.idle()

    async def watch() -> None:
        loop_watch.start()
        await consumer_watch.run()

    async def on_assigned(_app: object, assigned: set[TP], **_: object) -> None:
        health.assigned = bool(assigned)
        metrics.rebalances.inc()
        metrics.partitions.set(len(assigned))
        log.info("partitions assigned", partitions=sorted(tp.partition for tp in assigned))

    async def on_revoked(_app: object, revoked: set[TP], **_: object) -> None:
        health.assigned = False
        metrics.partitions.set(0)
        claims.forget(tp.partition for tp in revoked)
        log.info("partitions revoked", partitions=sorted(tp.partition for tp in revoked))

    hooks: Any = app  # faust's decorators have no types
    hooks.task(lists.follow)
    hooks.task(watch)
    hooks.timer(interval=1.0)(note_idle_progress)
    hooks.on_partitions_assigned.connect(on_assigned, weak=False)
    hooks.on_partitions_revoked.connect(on_revoked, weak=False)
    serve_pages(app, metrics, health, lists)
    return app
