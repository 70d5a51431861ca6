"""The probe: every few seconds it sends two payments, checks Kafka and Redis, and exports metrics.

If Kafka does not accept the payments, both count as late.
"""

import itertools
import secrets
import time
from contextlib import suppress

import msgspec
import structlog

from holdgate.adapters import metrics_server
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.watch import Backlog, KafkaWatch
from holdgate.adapters.redis.snapshot_store import RedisFault, SnapshotStore
from holdgate.adapters.redis.watch import RedisState, RedisWatch
from holdgate.core.lists.snapshot import SnapshotError, load_snapshot
from holdgate.core.records.audit import LIFTED_AFTER, Audit
from holdgate.probe.client import PROBE_KINDS, ProbeClient
from holdgate.probe.metrics import ProbeMetrics
from holdgate.probe.questions import KnownEntry, is_right, known_of
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings
from holdgate.runtime.shutdown import Shutdown

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Probe until a SIGTERM."""
    configure(settings.log_level)
    shutdown = Shutdown()
    metrics = ProbeMetrics()
    health = Health(settings.health_file)
    metrics_server.serve_metrics(metrics.registry, settings)
    if settings.probe_key_file is None:
        log.warning("HOLDGATE_PROBE_KEY_FILE is not set: workers count the probe's payments as payments")
    probe = Probe(settings, metrics)
    while not shutdown.requested():
        next_time = time.monotonic() + settings.probe_seconds
        probe.look()
        probe.ask()
        health.progress()
        shutdown.sleep(next_time - time.monotonic())
    probe.close()


class Probe:
    """Runs the probe's rounds. Connections are reopened after a fault."""

    def __init__(self, settings: Settings, metrics: ProbeMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._rounds = itertools.count()
        self._run = secrets.token_hex(4)
        self._client: ProbeClient | None = None
        self._watch: KafkaWatch | None = None
        self._audited: int | None = None
        self._redis = RedisWatch(settings)
        self._version: str | None = None
        self._known: list[KnownEntry] = []

    def ask(self) -> None:
        """Send the payments of one round, to the next partition and with a name from the next list."""
        number = next(self._rounds)
        known = self._known[number % len(self._known)] if self._known else None
        try:
            if self._client is None:
                self._client = ProbeClient(self._settings)
            partitions = self._client.partitions
            if not partitions:
                raise OSError("payments.submitted does not exist; run `holdgate topics create`")
            answers = self._client.ask(
                partitions[number % len(partitions)], f"probe-{self._run}-{number}", known
            )
        except topic_admin.KafkaFault as error:
            log.error("cannot send the probe's payments", error=f"{type(error).__name__}: {error}"[:200])
            answers = {}
            _close(self._client)
            self._client = None
        for kind in PROBE_KINDS if known is not None else PROBE_KINDS[1:]:
            answer = answers.get(kind)
            if answer is None:
                self._metrics.answers.labels(kind, "late", "").inc()
                log.error("no answer to the probe", payment=kind, seconds=self._settings.probe_late_seconds)
                continue
            self._metrics.seconds.observe(answer.seconds)
            decision = answer.decision
            right = is_right(kind, decision, known)
            if not right and decision.list_version != self._version and self._list_changed():
                continue  # decided with a newer list than the name came from: not an error
            self._metrics.answers.labels(
                kind, "right" if right else "wrong", "" if right else decision.reason
            ).inc()
            if not right:
                log.error(
                    "wrong answer to the probe",
                    payment=kind,
                    payment_id=decision.payment_id,
                    decision=decision.decision,
                    reason=decision.reason,
                    entry=known.entry_id if known and kind == "listed" else None,
                    list_version=decision.list_version,
                )

    def look(self) -> None:
        """Check Kafka and Redis, and export what they report."""
        self._metrics.up.labels("kafka").set(self._look_at_kafka())
        self._metrics.up.labels("redis").set(self._look_at_redis())

    def close(self) -> None:
        """Close all connections."""
        _close(self._client)
        _close(self._watch)
        self._redis.close()

    def _look_at_kafka(self) -> bool:
        metrics = self._metrics
        try:
            if self._watch is None:
                self._watch = KafkaWatch(self._settings)
            payments, letters = self._watch.payments(), self._watch.dead_letters()
            metrics.members.set(len(self._watch.workers()))
            audited, self._audited = self._watch.audited(self._audited)
        except topic_admin.KafkaFault as error:
            log.error("cannot check Kafka", error=f"{type(error).__name__}: {error}"[:200])
            _close(self._watch)
            self._watch = None
            return False
        for operation in audited:
            if operation.state == "ended":
                self._count(operation)
        now = time.time()
        for partition, backlog in payments.items():
            metrics.lag_records.labels(partition).set(backlog.records)
            metrics.lag_seconds.labels(partition).set(_age(backlog, now))
        metrics.dead_letters.set(sum(backlog.records for backlog in letters.values()))
        metrics.dead_letters_age.set(max((_age(backlog, now) for backlog in letters.values()), default=0.0))
        return True

    def _count(self, operation: Audit) -> None:
        self._metrics.operations.labels(operation.action, operation.outcome).inc()
        if operation.outcome == "done" and LIFTED_AFTER in operation.counts:
            self._metrics.lifted.inc(operation.counts.get("released", 0))
            self._metrics.lifted_seconds.inc(operation.counts[LIFTED_AFTER])

    def _look_at_redis(self) -> bool:
        try:
            state = self._redis.read_state()
            self._show(state)
            self._choose(state)
        except (*RedisFault, SnapshotError, msgspec.DecodeError) as error:
            log.error("cannot check Redis", error=f"{type(error).__name__}: {error}"[:200])
            return False
        return True

    def _show(self, state: RedisState) -> None:
        metrics = self._metrics
        metrics.redis_memory.set(state.memory)
        metrics.redis_limit.set(state.memory_limit)
        metrics.redis_evicted.set(state.evicted)
        metrics.redis_clients.set(state.clients)
        metrics.list_current.clear()
        if state.pointer is not None:
            metrics.list_current.labels(state.pointer.version).set(1)

    def _choose(self, state: RedisState) -> None:
        """Choose the listed names to send, if the current snapshot has changed."""
        if state.pointer is None or state.pointer.version == self._version:
            return
        store = SnapshotStore(self._settings)
        try:
            data = store.get(state.pointer.version)
        finally:
            store.close()
        if data is None:
            raise SnapshotError(f"snapshot {state.pointer.version} is not in Redis; publish the lists again")
        self._known = known_of(load_snapshot(data).entries)
        self._version = state.pointer.version
        lists = [known.list for known in self._known]
        log.info("listed names chosen for the probe", version=self._version, lists=lists)

    def _list_changed(self) -> bool:
        with suppress(*RedisFault, msgspec.DecodeError):
            pointer = self._redis.read_state().pointer
            return pointer is None or pointer.version != self._version
        return False


def _age(backlog: Backlog, now: float) -> float:
    return 0.0 if backlog.oldest is None else max(0.0, now - backlog.oldest)


def _close(clients: ProbeClient | KafkaWatch | None) -> None:
    """Close a broken client; the next round opens another one."""
    if clients is not None:
        with suppress(*topic_admin.KafkaFault):
            clients.close()
