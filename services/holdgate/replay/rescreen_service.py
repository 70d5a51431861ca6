"""The rescreening service: whenever other lists become current, recent payments are screened again with them.

What would be decided otherwise is written as decisions that name the one they follow, up to a number; more
is refused, and waits for somebody who looks at the plan. Which lists were screened with stands in a file:
without it they are screened with once more, which writes nothing twice.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from holdgate.adapters import metrics_server, snapshot_lookup
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis.snapshot_store import RedisFault
from holdgate.core.lists.snapshot import SnapshotError
from holdgate.core.policy.policy import PolicyError
from holdgate.replay.offset_range import NothingThereError
from holdgate.replay.rescreen import TooManyError, rescreen
from holdgate.replay.rescreen_metrics import KINDS, RescreenMetrics
from holdgate.replay.run_setup import RunRequest
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings, data_folder
from holdgate.runtime.shutdown import Shutdown

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""Between two looks at which lists are current."""

SETTLE_SECONDS = 30.0
"""From the first sight of other lists: workers screen with them after a second or two, and what they decided
with the former ones until then has to stand in the log."""

RETRY_SECONDS = 900.0
"""Until what was refused is looked at again: somebody may have executed the plan."""


def serve(settings: Settings) -> None:
    """Rescreen until a SIGTERM.

    Raises `SettingsError` if HOLDGATE_DATA cannot be written: no round could keep its plan, and the service
    would look healthy while it rescreens nothing.
    """
    configure(settings.log_level)
    data_folder(settings)
    stopping = Shutdown()
    metrics = RescreenMetrics()
    health = Health(settings.health_file)
    metrics_server.serve_metrics(metrics.registry, settings)

    def go_on() -> None:
        health.progress()
        if stopping.requested():
            raise EndedError

    service = RescreenService(settings, metrics, go_on)
    with suppress(EndedError):
        while not stopping.requested():
            service.poll(time.monotonic())
            health.progress()
            stopping.sleep(LOOK_SECONDS)


class EndedError(Exception):
    """It is time to end, in the middle of a look: the next one begins it anew."""


class RescreenService:
    """Looks, and rescreens where it has to; times are in seconds of any steady clock.

    `go_on` is called between two steps of a look, and may raise to end it.
    """

    def __init__(
        self, settings: Settings, metrics: RescreenMetrics, go_on: Callable[[], None] = lambda: None
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._go_on = go_on
        self._mark = Path(settings.data) / "rescreened"
        self._seen: str | None = None
        self._seen_at = self._next_time = 0.0
        self._refused: TooManyError | None = None

    def poll(self, now: float) -> None:
        """See which lists are current; rescreen once other ones have settled."""
        try:
            version = snapshot_lookup.current_version(self._settings)
            if version == self._done():
                self._seen = version
                self._metrics.pending.set(0)
                return
            if version != self._seen:
                self._seen, self._seen_at = version, now
                self._next_time = now + SETTLE_SECONDS
                # Should the former ones come back, what was decided with these is screened with them again.
                self._mark.unlink(missing_ok=True)
            self._metrics.pending.set(now - self._seen_at)
            if now >= self._next_time:
                self._next_time = now + RETRY_SECONDS
                self._rescreen(version, now)
        # Before kafka.Fault: they are ValueErrors too.
        except (OperatorError, PolicyError, SnapshotError) as error:
            self._metrics.rounds.labels("refused").inc()
            log.error("recent payments are not rescreened", error=str(error))
        except (*RedisFault, *topic_admin.KafkaFault, msgspec.DecodeError) as error:
            self._next_time = now
            self._metrics.rounds.labels("failed").inc()
            log.error("cannot rescreen; trying again", error=f"{type(error).__name__}: {error}"[:200])

    def _rescreen(self, version: str, now: float) -> None:
        request = RunRequest(
            last=f"{int(self._settings.rescreen_hours * 3600)}s",
            mode="reissue",
            why=f"lists {version} became current",
        )
        waited, began = now - self._seen_at, time.monotonic()

        def progress(_: int) -> None:
            self._metrics.pending.set(waited + time.monotonic() - began)
            self._go_on()

        most = self._settings.rescreen_max
        try:
            plan, audit = rescreen(self._settings, request, most, progress=progress)
        except TooManyError as error:
            return self._refuse(error)
        except NothingThereError:
            plan, audit = None, None  # no payment came in all that time
        counts = {} if audit is None else audit.counts
        for kind in KINDS:
            self._metrics.reissued.labels(kind).inc(counts.get(kind, 0))
        self._metrics.rounds.labels("same" if audit is None else "reissued").inc()
        self._metrics.refused.set(0)
        self._metrics.pending.set(0)
        self._forget_refused()
        if plan is not None and audit is None:
            plan.unlink()  # it says that nothing changes
            plan = None
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.write_text(version)
        log.info("recent payments rescreened", version=version, plan=str(plan) if plan else None, **counts)

    def _refuse(self, error: TooManyError) -> None:
        """Say that it is too much, in the audit once for the same lists and number; keep the newest plan."""
        self._metrics.rounds.labels("refused").inc()
        self._metrics.refused.set(error.changed)
        log.error("recent payments are not rescreened", error=str(error))
        run, before = error.run, self._refused
        known = before is not None and (before.run.list_version, before.changed) == (
            run.list_version,
            error.changed,
        )
        if not known:
            what = {"plan": run.run_id, "lists": run.list_version, "policy": run.policy_version}
            counts = {"refused": error.changed}
            AuditLog(self._settings).write(
                run.run_id, "replay.reissue", "ended", run.why or "", what, counts, "refused"
            )
        self._forget_refused()
        self._refused = error

    def _forget_refused(self) -> None:
        if self._refused is not None:
            self._refused.plan.unlink(missing_ok=True)
            self._refused = None

    def _done(self) -> str | None:
        with suppress(FileNotFoundError):
            return self._mark.read_text()
        return None
