"""The rescreening service: after every list update, screen recent payments again and reissue what changes.

It does so too when lists that were too old are fresh again: the holds of that time were not about the
payments. Up to HOLDGATE_RESCREEN_MAX decisions are reissued; beyond that the service refuses and waits for a
person to check the plan. A file records which lists were used last, and as of when. If it is lost, the
service rescreens once more, which writes nothing twice.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from holdgate.adapters import metrics_server, snapshot_lookup
from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis.snapshot_store import Pointer, RedisFault
from holdgate.core.lists.snapshot import SnapshotError
from holdgate.core.policy.policy import PolicyError
from holdgate.core.records.audit import UNREADABLE_CLAIMS
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

POLL_SECONDS = 5.0
"""Seconds between two checks of which lists are current."""

SETTLE_SECONDS = 30.0
"""Delay after a list update: workers switch to the new lists within a second or two, and the decisions they
made with the old lists until then must be in the log."""

RETRY_SECONDS = 900.0
"""Seconds until a refused rescreen is tried again: someone may have executed the plan."""


def serve(settings: Settings) -> None:
    """Run until SIGTERM.

    Raises `SettingsError` if HOLDGATE_DATA cannot be written: no rescreen could store its plan, and the
    service would look healthy while it rescreens nothing.
    """
    configure(settings.log_level)
    data_folder(settings)
    stopping = Shutdown()
    metrics = RescreenMetrics()
    health = Health(settings.health_file)
    metrics_server.serve_metrics(metrics.registry, settings)

    def keep_going() -> None:
        health.progress()
        if stopping.requested():
            raise EndedError

    service = RescreenService(settings, metrics, keep_going)
    with suppress(EndedError):
        while not stopping.requested():
            service.poll(time.monotonic())
            health.progress()
            stopping.sleep(POLL_SECONDS)


class DoneLists(Struct, frozen=True):
    """The lists of the last rescreen: their version, and when each list was last known to be true."""

    version: str
    as_of: dict[str, datetime]


class EndedError(Exception):
    """The service was asked to stop during a rescreen; the next start repeats it."""


class RescreenService:
    """Polls the current lists and rescreens if they changed; times are seconds of any monotonic clock.

    `keep_going` is called between two steps of a rescreen, and may raise to stop it.
    """

    def __init__(
        self, settings: Settings, metrics: RescreenMetrics, keep_going: Callable[[], None] = lambda: None
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._keep_going = keep_going
        self._done_file = Path(settings.data) / "rescreened"
        self._seen_version: str | None = None
        self._seen_since = self._next_time = 0.0
        self._refused: TooManyError | None = None

    def poll(self, now: float) -> None:
        """Check which lists are current; rescreen once a list update has settled."""
        try:
            pointer = snapshot_lookup.current_pointer(self._settings)
            version, done = pointer.version, self._done_lists()
            if done is not None and version == done.version and not self._were_stale(pointer, done):
                self._seen_version = None
                self._metrics.pending.set(0)
                if pointer.as_of != done.as_of:
                    self._set_done(pointer)
                return
            if version != self._seen_version:
                self._seen_version, self._seen_since = version, now
                self._next_time = now + SETTLE_SECONDS
                # If the previous lists come back, decisions made with these are rescreened too.
                self._done_file.unlink(missing_ok=True)
            self._metrics.pending.set(now - self._seen_since)
            if now >= self._next_time:
                self._next_time = now + RETRY_SECONDS
                self._rescreen(pointer, now)
        # Before KafkaFault, which contains ValueError, their base class.
        except (OperatorError, PolicyError, SnapshotError) as error:
            self._metrics.rounds.labels("refused").inc()
            log.error("recent payments are not rescreened", error=str(error))
        except (*RedisFault, *topic_admin.KafkaFault, msgspec.DecodeError) as error:
            self._next_time = now
            self._metrics.rounds.labels("failed").inc()
            log.error("cannot rescreen; trying again", error=f"{type(error).__name__}: {error}"[:200])

    def _were_stale(self, pointer: Pointer, done: DoneLists) -> bool:
        """Return whether a list is fresh again that was too old for a rail since the last rescreen."""
        profiles = tuple(configured_policy(self._settings).profiles())
        now = datetime.now(UTC)
        return any(
            pointer.as_of.get(name, as_of) > as_of
            and now - as_of > min(profile.max_age(name) for profile in profiles)
            for name, as_of in done.as_of.items()
        )

    def _rescreen(self, pointer: Pointer, now: float) -> None:
        version = pointer.version
        request = RunRequest(
            last=f"{int(self._settings.rescreen_hours * 3600)}s",
            mode="reissue",
            why=f"lists {version} became current",
        )
        waited, started = now - self._seen_since, time.monotonic()

        def progress(_: int) -> None:
            self._metrics.pending.set(waited + time.monotonic() - started)
            self._keep_going()

        most = self._settings.rescreen_max
        try:
            plan, audit, needs_review = rescreen(self._settings, request, most, progress=progress)
        except TooManyError as error:
            return self._refuse(error)
        except NothingThereError:
            plan, audit, needs_review = None, None, 0  # no payment within rescreen_hours
        counts = {} if audit is None else audit.counts
        for kind in KINDS:
            self._metrics.reissued.labels(kind).inc(counts.get(kind, 0))
        self._metrics.unreadable_claims.inc(counts.get(UNREADABLE_CLAIMS, 0))
        self._metrics.rounds.labels("same" if audit is None else "reissued").inc()
        self._metrics.refused.set(0)
        self._metrics.needs_review.set(needs_review)
        self._metrics.pending.set(0)
        self._forget_refused()
        if plan is not None and audit is None and not needs_review:
            plan.unlink()  # an empty plan
            plan = None
        self._set_done(pointer)
        self._seen_version = None
        log.info(
            "recent payments rescreened",
            version=version,
            plan=str(plan) if plan else None,
            needs_review=needs_review,
            **counts,
        )

    def _refuse(self, error: TooManyError) -> None:
        """Record a refusal, in the audit once per list version and number; keep only the newest plan."""
        self._metrics.rounds.labels("refused").inc()
        self._metrics.refused.set(error.changed)
        log.error("recent payments are not rescreened", error=str(error))
        run, previous = error.run, self._refused
        is_known = previous is not None and (previous.run.list_version, previous.changed) == (
            run.list_version,
            error.changed,
        )
        if not is_known:
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

    def _set_done(self, pointer: Pointer) -> None:
        self._done_file.parent.mkdir(parents=True, exist_ok=True)
        self._done_file.write_bytes(msgspec.json.encode(DoneLists(pointer.version, pointer.as_of)))

    def _done_lists(self) -> DoneLists | None:
        """Return the lists of the last rescreen; None if there was none or the file cannot be read."""
        with suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode(self._done_file.read_bytes(), type=DoneLists)
        return None
