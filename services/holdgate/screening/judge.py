"""Judges a batch of records through core: readable payments are screened, unreadable records are held.

Nothing here waits for Redis or Kafka, and no record is skipped: a payment on which the engine fails is
isolated by halving the batch, and held.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

import structlog

from holdgate.core.engine.isolation import failure_detail, isolate_failures
from holdgate.core.engine.outcome import hold, hold_unreadable
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import Payment
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.timeliness import Stale
from holdgate.core.records.kafka_record import Record
from holdgate.runtime.stack_frames import exception_frames
from holdgate.screening.metrics import Metrics

log = structlog.get_logger()

MAX_CLOCK_AHEAD_SECONDS = 3_900.0
"""If records are further ahead of this clock, the clock is wrong: Kafka accepts timestamps up to an hour
ahead (`message.timestamp.after.max.ms`). A clock that is behind makes an old list look fresh."""

CHUNK = 16
"""Records judged before other tasks get a turn on the event loop; a batch of 500 blocked it for half a
second."""

Readable = tuple[Record, Received]


class LoadedLists(Protocol):
    """The lists that a worker screens with at the moment."""

    @property
    def screener(self) -> Screener | None:
        """The screener of the snapshot in use; None if there is none."""

    def missing(self) -> str:
        """Return why there is no snapshot, as a sentence."""

    def stale(self, now: datetime) -> Stale:
        """Return a function from a profile to the sentence about its stale list; None if all are fresh."""


class Verdict(NamedTuple):
    """A record's decision, its payment if it could be read, and code and text of its dead letter if it is
    one.

    `body` is the decision's JSON if an earlier claim kept it; otherwise it is made from `decision`.
    """

    record: Record
    decision: Decision
    payment: Payment | None
    dead: tuple[str, str] | None = None
    body: bytes | None = None


class Session(NamedTuple):
    """What a whole batch is judged with: screener (None without lists), time, and staleness of the lists."""

    screener: Screener | None
    now: datetime
    stale: Stale


class Judge:
    """Judges batches of records."""

    def __init__(self, policy: Policy, lists: LoadedLists, metrics: Metrics) -> None:
        self._policy = policy
        self._lists = lists
        self._metrics = metrics

    async def judge(self, records: Sequence[Record], now: datetime) -> list[Verdict]:
        """Return the verdicts on a batch, in order: none for a null record, one for each payment of a
        message."""
        session = self._session(records, now)
        spent = dict.fromkeys(("read", "screen"), 0.0)
        verdicts: list[Verdict] = []
        for chunk in _chunks(records):
            with _timed(spent, "read"):
                read = [item for record in chunk for item in self._read(record)]
            for part in _chunks(read):
                with _timed(spent, "screen"):
                    verdicts += self._verdicts(part, session)
                await asyncio.sleep(0)
        for stage, seconds in spent.items():
            self._metrics.seconds.labels(stage).observe(seconds)
        return verdicts

    def _session(self, records: Sequence[Record], now: datetime) -> Session:
        behind = _clock_behind(now, records)
        stale = (lambda _: behind) if behind else self._lists.stale(now)
        return Session(self._lists.screener, now, stale)

    def _read(self, record: Record) -> Sequence[Readable | Verdict]:
        if record.value is None:
            self._metrics.tombstones.inc()
            return []
        try:
            payments = intake.read(
                record.value, record.key, record.header("content-type"), record.header("rail")
            )
        except InvalidEventError as error:
            return [self._unreadable(record, record.value, error)]
        return [(record, received) for received in payments]

    def _unreadable(self, record: Record, value: bytes, error: InvalidEventError) -> Verdict:
        payment_id = intake.held_payment_id(record.key, error, record.position)
        decision = hold_unreadable(payment_id, raw_hash(value), self._policy, str(error))
        return Verdict(record, decision, None, (error.code, str(error)))

    def _verdicts(self, read: Sequence[Readable | Verdict], session: Session) -> Iterator[Verdict]:
        screened = iter(self._screen([one for one in read if not isinstance(one, Verdict)], session))
        return (one if isinstance(one, Verdict) else next(screened) for one in read)

    def _screen(self, readable: Sequence[Readable], session: Session) -> list[Verdict]:
        screener, now, stale = session
        if screener is None:
            why = self._lists.missing()
            return [_verdict(one, hold(one[1], self._policy, "LIST_UNAVAILABLE", why)) for one in readable]

        def screen(part: Sequence[Readable]) -> list[Verdict]:
            decisions = screener.screen([received for _, received in part], now=now, stale=stale)
            return [_verdict(readable, decision) for readable, decision in zip(part, decisions, strict=True)]

        return isolate_failures(readable, screen, self._hold_failed)

    def _hold_failed(self, readable: Readable, error: Exception) -> Verdict:
        record, received = readable
        log.error(
            "engine failed on a payment: held",
            position=record.position,
            error=type(error).__name__,
            frames=exception_frames(error),
        )
        why = failure_detail(error)
        decision = hold(received, self._policy, "INTERNAL_ERROR", why)
        return Verdict(record, decision, received.payment, dead=("internal_error", why))


def _verdict(readable: Readable, decision: Decision) -> Verdict:
    record, received = readable
    return Verdict(record, decision, received.payment)


def _clock_behind(now: datetime, records: Sequence[Record]) -> str | None:
    """Return why this clock cannot be used to judge the age of lists, as a sentence; None if it can."""
    ahead = max((record.timestamp for record in records), default=0.0) - now.timestamp()
    if ahead <= MAX_CLOCK_AHEAD_SECONDS:
        return None
    return f"this worker's clock is {ahead:.0f} s behind the payments: no list's age can be told by it"


Item = TypeVar("Item")


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


@contextmanager
def _timed(spent: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        spent[stage] += time.perf_counter() - started
