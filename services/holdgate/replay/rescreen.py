"""Screen recent payments with the current lists, and reissue every decision that would now differ.

This makes a plan and executes it, for use after a list update. A second run finds nothing to do, because the
reissued decisions stand. If a run is interrupted, the decisions it wrote stand too, and the next run plans
only the rest.
"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import Audit
from holdgate.replay import reissue
from holdgate.replay.journal import Run
from holdgate.replay.run_setup import RunRequest, check_request, live_screener, new_run
from holdgate.replay.runner import Progress, no_progress, run_to_end
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class RescreenResult(NamedTuple):
    """What a rescreening did: its plan, the audit of the changes, and how many changes are for people.

    The audit is None if no decision was changed.
    """

    plan: Path
    audit: Audit | None
    needs_review: int


class TooManyError(OperatorError):
    """More decisions would change than --max allows; the plan is complete."""

    def __init__(self, changed: int, most: int, run: Run, plan: Path) -> None:
        super().__init__(
            f"{changed:,} decisions would change, more than --max {most:,}: check the plan with"
            f" `holdgate replay --show {plan}` and, if it is right, run `holdgate replay --execute {plan}`"
        )
        self.changed = changed
        self.run = run
        self.plan = plan


def rescreen(
    settings: Settings,
    request: RunRequest,
    most: int,
    rate: float | None = None,
    progress: Progress = no_progress,
) -> RescreenResult:
    """Reissue the decisions that the current lists and policy change, except holds that people lift.

    Raises `TooManyError`, with nothing written, if more than `most` decisions would change: a person should
    check the plan first. Lifted holds do not count: their payments were never screened with fresh lists, so
    these are first decisions rather than changed ones. `progress` is called for each step before the first
    record is written, and may raise to stop.
    """
    check_request(request)
    log = KafkaLog(settings)
    screener = live_screener(settings)
    stale = snapshot_lookup.staleness_now(settings, screener.snapshot, screener.policy)
    journal = new_run(settings, log, request, screener.versions)
    with closing(journal):
        counts = run_to_end(journal, log, screener, stale=stale, rate=rate, progress=progress).counted
    changed = counts.changed - counts.matches - counts.needs_review
    if changed - counts.lifted > most:
        raise TooManyError(changed - counts.lifted, most, journal.run, journal.path)
    if not changed:
        return RescreenResult(journal.path, None, counts.needs_review)
    try:
        plan = reissue.read_plan(journal.path, datetime.now(UTC))
    except reissue.EmptyPlanError:  # people decide on each of these payments as it was first sent
        return RescreenResult(journal.path, None, counts.needs_review)
    audit = reissue.reissue(settings, plan, screener, stale, rate=rate, reading=progress)
    return RescreenResult(journal.path, audit, counts.needs_review)
