"""The last decisions as they come: a thread reads the end of screening.decisions, pages show what it read.

No name is in a row: it has ids, codes and figures alone. At more than a few hundred decisions a second the
thread skips, and the page says how many.
"""

import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import NamedTuple

import msgspec
import structlog

from holdgate.adapters.kafka.topic_admin import KafkaFault
from holdgate.adapters.kafka.topic_tail import TopicTail
from holdgate.core.model.decision import from_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import is_probe
from holdgate.core.records.topics import DECISIONS
from holdgate.core.review.event import make_case_id
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

KEPT_DECISIONS = 30
"""Rows that a page shows."""

MAX_READ_PER_PARTITION = 50
"""Records of a partition that are read per second. With eight partitions that is at most 400, which take
3 ms to decode."""

POLL_SECONDS = 1.0
FEED_RETRY_SECONDS = 10.0


class DecisionRow(NamedTuple):
    """A decision as the page shows it. `number` counts rows; `seconds_left` is to its deadline.

    `case_id` is there for decisions on payments that were held, `entry` and `score` if it has a match.
    """

    number: int
    at: datetime
    payment_id: str
    decision: str
    reason: str
    seconds_left: float | None
    follows: bool
    entry: str
    score: float | None
    matches: int
    case_id: str | None


class FeedState(NamedTuple):
    """The newest rows first, how many decisions were skipped since the start, and why none come, if so."""

    rows: Sequence[DecisionRow]
    skipped: int
    problem: str | None


class DecisionFeed:
    """The end of the topic, for all readers of one desk."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows: deque[DecisionRow] = deque(maxlen=KEPT_DECISIONS)
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._follow, name="decisions")
        self._next_number = 1
        self._skipped = 0
        self._problem: str | None = "the last decisions are being read"

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Tell readers and the thread to end; return at once."""
        self._stop.set()

    def close(self) -> None:
        """Stop reading."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_running(self) -> bool:
        """Whether more may come."""
        return self._thread.is_alive() and not self._stop.is_set()

    def read(self, after: int = 0) -> FeedState:
        """Return the rows with a larger number."""
        with self._lock:
            rows = [row for row in self._rows if row.number > after]
            return FeedState(rows[::-1], self._skipped, self._problem)

    def add(self, records: Sequence[Record], skipped: int = 0) -> None:
        """Add records in the order of their time; those of the probe are left out."""
        with self._lock:
            self._skipped += skipped
            for record in records:
                if (row := _row(record, self._next_number)) is not None:
                    self._rows.append(row)
                    self._next_number += 1
            self._problem = None

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(TopicTail(self._settings, DECISIONS.name, MAX_READ_PER_PARTITION)) as tail:
                    while not self._stop.is_set():
                        started = time.monotonic()
                        self.add(*tail.poll(POLL_SECONDS))
                        self._stop.wait(POLL_SECONDS - (time.monotonic() - started))
            except (OperatorError, *KafkaFault) as error:
                log.warning(
                    "the last decisions cannot be read", error=f"{type(error).__name__}: {error}"[:200]
                )
                with self._lock:
                    self._problem = "the last decisions cannot be read; the log of the desk says why"
                self._stop.wait(FEED_RETRY_SECONDS)


def _row(record: Record, number: int) -> DecisionRow | None:
    if record.value is None or is_probe(record):
        return None
    try:
        decision = from_json(record.value)
    except (msgspec.DecodeError, ValueError):
        return None
    best = max(decision.matches, key=lambda match: match.score, default=None)
    return DecisionRow(
        number,
        datetime.fromtimestamp(record.timestamp, UTC),
        decision.payment_id,
        decision.decision,
        decision.reason,
        None if decision.deadline is None else decision.deadline.timestamp() - record.timestamp,
        decision.follows is not None,
        best.entry_id if best else "",
        best.score if best else None,
        len(decision.matches),
        make_case_id(decision.payment_id, decision.content_hash)
        if decision.decision == "HOLD" or decision.review
        else None,
    )
