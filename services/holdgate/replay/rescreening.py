"""The rescreening service: whenever other lists become current, recent payments are screened again with them.

What would be decided otherwise is written as decisions that name the one they follow, up to a number; more
is refused, and waits for somebody who looks at the plan. Which lists were screened with stands in a file:
without it they are screened with once more, which writes nothing twice.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from holdgate.adapters import kafka, kept, prometheus
from holdgate.adapters.redis import Fault
from holdgate.core.policy import PolicyError
from holdgate.core.snapshot import SnapshotError
from holdgate.health import Health
from holdgate.logs import configure
from holdgate.refusal import NotPossibleError
from holdgate.replay.beginning import Request
from holdgate.replay.journal import Change, lines
from holdgate.replay.rescreen import TooManyError, rescreen
from holdgate.replay.rescreen_metrics import RescreenMetrics
from holdgate.replay.span import NothingThereError
from holdgate.settings import Settings
from holdgate.stopping import Stopping

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""Between two looks at which lists are current."""

SETTLE_SECONDS = 30.0
"""From the first sight of other lists: workers screen with them after a second or two, and what they decided
with the former ones until then has to stand in the log."""

AGAIN_SECONDS = 900.0
"""Until what was refused is looked at again: somebody may have executed the plan."""


def serve(settings: Settings) -> None:
    """Rescreen until a SIGTERM."""
    configure(settings.log_level)
    stopping = Stopping()
    metrics = RescreenMetrics()
    health = Health(settings.health_file)
    prometheus.show(metrics.registry, settings)
    service = Rescreening(settings, metrics)
    while not stopping.told():
        service.look(time.monotonic())
        health.progress()
        stopping.sleep(LOOK_SECONDS)


class Rescreening:
    """Looks, and rescreens where it has to; times are in seconds of any steady clock."""

    def __init__(self, settings: Settings, metrics: RescreenMetrics, settle: float = SETTLE_SECONDS) -> None:
        self._settings = settings
        self._metrics = metrics
        self._settle = settle
        self._mark = Path(settings.data) / "rescreened"
        self._seen: str | None = None
        self._seen_at = self._next_time = 0.0

    def look(self, now: float) -> None:
        """See which lists are current; rescreen once other ones have settled."""
        try:
            version = kept.current_version(self._settings)
            if version == self._done():
                self._metrics.pending.set(0)
                return
            if version != self._seen:
                self._seen, self._seen_at = version, now
                self._next_time = now + self._settle
            self._metrics.pending.set(now - self._seen_at)
            if now >= self._next_time:
                self._next_time = now + AGAIN_SECONDS
                self._rescreen(version)
        except (
            NotPossibleError,
            PolicyError,
            SnapshotError,
        ) as error:  # before kafka.Fault, a ValueError too
            self._metrics.rounds.labels("refused").inc()
            self._metrics.refused.set(error.changed if isinstance(error, TooManyError) else 0)
            log.error("recent payments are not rescreened", error=str(error))
        except (*Fault, *kafka.Fault) as error:
            self._next_time = now
            self._metrics.rounds.labels("failed").inc()
            log.error("cannot rescreen; trying again", error=f"{type(error).__name__}: {error}"[:200])

    def _rescreen(self, version: str) -> None:
        request = Request(
            last=f"{int(self._settings.rescreen_hours * 3600)}s",
            mode="reissue",
            why=f"lists {version} became current",
        )
        try:
            plan, audit = rescreen(self._settings, request, self._settings.rescreen_max)
        except NothingThereError:
            plan, audit = None, None  # no payment came in all that time
        if plan is not None and audit is not None:
            for kind, number in audit.counts.items():
                self._metrics.reissued.labels(kind).inc(number)
            self._observe_held(plan)
        self._metrics.rounds.labels("same" if audit is None else "reissued").inc()
        self._metrics.refused.set(0)
        self._metrics.pending.set(0)
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.write_text(version)
        counts = {} if audit is None else audit.counts
        log.info("recent payments rescreened", version=version, plan=str(plan), **counts)

    def _observe_held(self, plan: Path) -> None:
        now = datetime.now(UTC)
        for line in lines(plan):
            if isinstance(line, Change) and line.kind == "released" and line.decided_at is not None:
                self._metrics.held.observe((now - line.decided_at).total_seconds())

    def _done(self) -> str | None:
        with suppress(FileNotFoundError):
            return self._mark.read_text()
        return None
