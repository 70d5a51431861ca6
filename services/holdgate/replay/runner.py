"""A replay from its journal's last checkpoint to its end."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine.screener import Screener
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.replay.change_count import changes, count_step
from holdgate.replay.journal import Checkpoint, End, Journal
from holdgate.replay.publication import Publication
from holdgate.replay.walk import walk

Progress = Callable[[int], None]
"""Told how many offsets more are done."""


class Pace:
    """At most so many payments a second; without a rate, as many as can be."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._begun = time.monotonic()
        self._payments = 0

    def wait(self, payments: int) -> None:
        """Say that so many are done, and wait until they may be."""
        self._payments += payments
        if self._rate:
            time.sleep(max(0.0, self._begun + self._payments / self._rate - time.monotonic()))


def run_to_end(
    journal: Journal,
    log: KafkaLog,
    screener: Screener,
    *,
    stale: Stale = all_fresh,
    publication: Publication | None = None,
    rate: float | None = None,
    progress: Progress = lambda _: None,
) -> End:
    """Replay what is left, and write the journal's end. What raises leaves a journal to be resumed."""
    run, at = journal.run, dict(journal.checkpoint.next)
    counted = msgspec.structs.replace(journal.checkpoint.counted)
    target = dict(journal.checkpoint.target)
    listed = frozenset(entry.id for entry in screener.snapshot.entries)
    pace, stopped = Pace(rate), False
    for step in walk(log, run, at, screener, stale):
        if run.most is not None and counted.payments + len(step.rows) >= run.most:
            step, stopped = step._replace(rows=step.rows[: run.most - counted.payments]), True
        found = changes(step.rows, listed)
        count_step(step, found, counted)
        if publication is not None:
            counted.published += publication.publish(step.rows)
            target = dict(publication.ends)
        progress(step.end_offset - at[step.partition])
        at[step.partition] = step.end_offset
        journal.write(*found, Checkpoint(at, counted, target))
        if publication is not None:
            publication.commit(at)
        if stopped:
            break
        pace.wait(len(step.rows))
    end = End(datetime.now(UTC), counted, stopped)
    journal.write(end)
    return end
