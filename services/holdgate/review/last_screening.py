"""The last screening before a release: the payment again, with today's lists and policy."""

import math
import time
from functools import partial

import msgspec
import structlog

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.redis.snapshot_store import RedisFault
from holdgate.core.engine.isolation import failure_detail, isolate_failures
from holdgate.core.engine.outcome import hold, profile_for
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.lists.snapshot import SnapshotError
from holdgate.core.model.decision import Decision
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

log = structlog.get_logger()


ASK_SECONDS = 1.0
"""How long an answer of Redis and Kafka about the current lists holds. Asking for each payment let a process
decide four cases a second."""


class ListsNotReadyError(Exception):
    """Lists are missing, untrusted or too old for the payment: its release has to wait."""


class LastScreening:
    """Screens with the lists that are current, which it keeps loaded."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._screener: Screener | None = None
        self._stale: Stale = all_fresh
        self._asked_at = -math.inf

    def screen(self, received: Received) -> Decision:
        """Return what would be decided on a payment now; deadlines are not judged.

        Raises `ListsNotReadyError` with the reason, which has no names.
        """
        screener, stale = self._current()
        if (reason := stale(profile_for(received, screener.policy))) is not None:
            raise ListsNotReadyError(reason)
        [decision] = isolate_failures(
            [received],
            partial(screener.screen, stale=stale),
            lambda payment, error: hold(
                payment, screener.policy, "INTERNAL_ERROR", failure_detail(error), screener.versions.lists
            ),
        )
        return decision

    def _current(self) -> tuple[Screener, Stale]:
        """Return what `_load` does, asking at most once in ASK_SECONDS."""
        now = time.monotonic()
        if self._screener is None or now - self._asked_at > ASK_SECONDS:
            self._asked_at = -math.inf
            screener, self._stale = self._load()
            self._asked_at = now
            return screener, self._stale
        return self._screener, self._stale

    def _load(self) -> tuple[Screener, Stale]:
        """Return a screener with the current lists, and which of them are too old."""
        try:
            pointer, _ = snapshot_lookup.current(self._settings)
            policy = configured_policy(self._settings)
            before = self._screener
            if before is None or (before.versions.lists, before.versions.policy) != (
                pointer.version,
                policy.version,
            ):
                self._screener = None  # frees the memory of the earlier lists first
                self._screener = Screener(snapshot_lookup.snapshot(self._settings), policy)
                log.info("lists loaded for the last screening", version=pointer.version)
            assert self._screener is not None, "loaded above"
            stale = snapshot_lookup.staleness_now(self._settings, self._screener.snapshot, policy)
        except (OperatorError, SnapshotError, msgspec.DecodeError, *RedisFault) as error:
            raise ListsNotReadyError(f"{type(error).__name__}: {error}"[:200]) from error
        return self._screener, stale
