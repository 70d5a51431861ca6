"""Execute a run, from its journal's last checkpoint to its end."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import msgspec

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine.screener import Screener
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.replay.change_count import changes, count_step
from holdgate.replay.holds_in_review import HoldsInReview
from holdgate.replay.journal import Checkpoint, End, Journal
from holdgate.replay.publication import Publication, open_publication
from holdgate.replay.walk import walk
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.metric_labels import RailLabels
from holdgate.runtime.settings import Settings

Progress = Callable[[int], None]
"""Called with the number of offsets done since the last call."""


def no_progress(_: int) -> None:
    """Report no progress."""


class Pace:
    """Limits the number of payments per second; None sets no limit."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._started = time.monotonic()
        self._payments = 0

    def wait(self, payments: int) -> None:
        """Count payments as done, and sleep until the rate allows the next ones."""
        self._payments += payments
        if self._rate:
            time.sleep(max(0.0, self._started + self._payments / self._rate - time.monotonic()))


def execute_run(
    settings: Settings,
    journal: Journal,
    screener: Screener,
    *,
    rate: float | None = None,
    progress: Progress = no_progress,
) -> End:
    """Run to the end; if the run publishes, write its audit too.

    A run of mode reissue judges the age of lists as of now, like the worker whose decisions it plans to
    replace. Raises `OperatorError` if Kafka denies a permission; the audit then says `refused`.
    """
    log, run, checkpoint = KafkaLog(settings), journal.run, journal.checkpoint
    stale = (
        snapshot_lookup.staleness_now(settings, screener.snapshot, screener.policy)
        if run.mode == "reissue"
        else all_fresh
    )
    if not run.target:
        return run_to_end(journal, log, screener, stale=stale, rate=rate, progress=progress)
    audit, reason = AuditLog(settings), run.why or ""
    what = {"topic": run.target, "lists": run.list_version}
    with ExitStack() as exits:
        target = exits.enter_context(open_publication(settings, log, run, checkpoint))
        if not journal.offsets_done:
            audit.write(run.run_id, "replay.publish", "started", reason, what)
        try:
            end = run_to_end(
                journal, log, screener, stale=stale, publication=target, rate=rate, progress=progress
            )
        except OperatorError:
            audit.write(run.run_id, "replay.publish", "ended", reason, what, outcome="refused")
            raise
        counts = {"published": end.counted.published}
        audit.write(run.run_id, "replay.publish", "ended", reason, what, counts)
    return end


def run_to_end(
    journal: Journal,
    log: KafkaLog,
    screener: Screener,
    *,
    stale: Stale = all_fresh,
    publication: Publication | None = None,
    rate: float | None = None,
    progress: Progress = no_progress,
) -> End:
    """Replay the rest of the range and write the journal's end.

    After any exception the journal can be resumed.
    """
    run, next_offsets = journal.run, dict(journal.checkpoint.next)
    counts = msgspec.structs.replace(journal.checkpoint.counted)
    target_offsets = dict(journal.checkpoint.target)
    listed_ids = frozenset(entry.id for entry in screener.snapshot.entries)
    rails, lifts = RailLabels(screener.policy.rails), screener.policy.rescreen.lifts
    in_review = HoldsInReview(log) if run.mode == "reissue" else ()
    pace, stopped = Pace(rate), False
    for step in walk(log, run, next_offsets, screener, stale):
        if run.most is not None and counts.payments + len(step.rows) >= run.most:
            step, stopped = step._replace(rows=step.rows[: run.most - counts.payments]), True
        step_changes = changes(step.rows, listed_ids, rails, lifts, in_review)
        count_step(step, step_changes, counts)
        if publication is not None:
            counts.published += publication.publish(step.rows)
            target_offsets = dict(publication.ends)
        progress(step.end_offset - next_offsets[step.partition])
        next_offsets[step.partition] = step.end_offset
        journal.write(*step_changes, Checkpoint(next_offsets, counts, target_offsets))
        if publication is not None:
            publication.commit(next_offsets)
        if stopped:
            break
        pace.wait(len(step.rows))
    end = End(datetime.now(UTC), counts, stopped)
    journal.write(end)
    return end
