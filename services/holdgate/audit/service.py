"""The audit service: every hour it extends the trees, publishes signed checkpoints, and verifies everything.

It is a process with a key and a Kafka user of its own: whoever writes decisions or events should not also
sign that nothing was changed.
"""

import time
from collections.abc import Callable

import structlog

from holdgate.adapters import metrics_server
from holdgate.adapters.files.archive import open_store
from holdgate.adapters.files.leaf_archive import LeafArchive
from holdgate.adapters.files.signing_keys import audit_signing_key, audit_verify_keys
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.audit.checkpoint import TreeHead
from holdgate.audit.checkpoint_log import CheckpointLog
from holdgate.audit.leaves import AUDITED
from holdgate.audit.metrics import AuditMetrics
from holdgate.audit.tree_writer import TreeWriter, origin_of
from holdgate.audit.verification import AuditReport, Verifier
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings, SettingsError
from holdgate.runtime.shutdown import Shutdown

log = structlog.get_logger()

RETRY_SECONDS = 30.0
"""Time to the next try of a round that failed: Kafka or the archive may be back."""

BEAT_SECONDS = 5.0
"""Time between two heartbeats while the service waits for its next round."""


def open_archive(settings: Settings) -> LeafArchive:
    """Return the archive of the trees; raise `SettingsError` if none is set."""
    store = open_store(settings)
    if store is None:
        raise SettingsError("HOLDGATE_ARCHIVE is required: the leaves of the audit are kept there")
    return LeafArchive(store)


class AuditEndedError(Exception):
    """The service was asked to stop during a round; the next start continues it."""


def serve(settings: Settings) -> None:
    """Run rounds until SIGTERM; raises `SettingsError` without a key or an archive."""
    configure(settings.log_level)
    stopping, health = Shutdown(), Health(settings.health_file)

    def progress() -> None:
        health.progress()
        if stopping.requested():
            raise AuditEndedError

    service = AuditService(settings, AuditMetrics(settings.audit_seconds), progress)
    metrics_server.serve_metrics(service.metrics.registry, settings)
    try:
        while not stopping.requested():
            end = time.monotonic() + service.round()
            while not stopping.requested() and (remaining := end - time.monotonic()) > 0:
                health.progress()
                stopping.sleep(min(BEAT_SECONDS, remaining))
    except AuditEndedError:
        return


class AuditService:
    """Runs rounds; `progress` is called per chunk of records, and may raise to stop a round."""

    def __init__(
        self, settings: Settings, metrics: AuditMetrics, progress: Callable[[], None] = lambda: None
    ) -> None:
        key = audit_signing_key(settings)
        if key is None:
            raise SettingsError(
                "HOLDGATE_AUDIT_SIGNING_KEY_FILE is required: create a key with"
                " openssl genpkey -algorithm ed25519"
            )
        keys = (key.public_key(), *audit_verify_keys(settings))
        archive = open_archive(settings)
        self.metrics = metrics
        self._settings = settings
        self._progress = progress
        self._log = KafkaLog(settings)
        self._checkpoints = CheckpointLog(settings, keys)
        self._writer = TreeWriter(settings, archive, key, keys, progress)
        self._verifier = Verifier(settings, archive, keys, self._checkpoints, progress)

    def round(self) -> float:
        """Extend and verify all trees; return the seconds until the next round."""
        started = time.monotonic()
        try:
            refused = self._extend()
            report = self._verifier.verify(whole_archive=False)
        except OperatorError as error:
            self._fail(str(error))
        except topic_admin.KafkaFault as error:
            self._fail(f"Kafka does not answer ({type(error).__name__}: {error})"[:200])
        else:
            self._show(report, time.monotonic() - started)
            if not refused:
                return self._settings.audit_seconds
        return min(RETRY_SECONDS, self._settings.audit_seconds)

    def _extend(self) -> bool:
        """Extend each tree and publish its checkpoints; return whether one could not be extended."""
        self._checkpoints.refresh()
        refused, notes = False, list[tuple[TreeHead, str]]()
        for audited in AUDITED:
            topic = audited.topic.name
            for partition, bounds in self._log.bounds(topic).items():
                roots = self._checkpoints.roots(origin_of(self._settings, topic, partition))
                try:
                    notes += self._writer.extend(audited, partition, bounds, max(roots, default=0))
                except OperatorError as error:
                    refused = True
                    self._fail(str(error))
        self._checkpoints.publish(notes)
        return refused

    def _fail(self, text: str) -> None:
        self.metrics.rounds.labels("failed").inc()
        log.error("the audit's trees are not extended or verified; trying again", error=text)

    def _show(self, report: AuditReport, seconds: float) -> None:
        self.metrics.show(report, seconds)
        for finding in report.findings:
            log.error("the audit found a difference", kind=finding.kind, finding=finding.text)
        log.info(
            "audit verified",
            intact=report.intact,
            leaves=sum(tree.signed_size for tree in report.trees),
            records=sum(tree.records for tree in report.trees),
            seconds=round(seconds, 1),
        )
