"""A batch of records to verdicts, through core: what can be read is screened, what cannot is held.

Nothing here waits for anything outside, and nothing is passed over: what the engine stumbles over is found
by halving and held alone.
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
"""Payments that are further ahead of the clock tell that it is wrong: Kafka lets a sender be an hour ahead
(`message.timestamp.after.max.ms`), and a clock that is behind makes an old list look fresh."""

MIN_PART = 16
"""Records judged before others get their turn on the loop: a batch of 500 kept it for half a second."""

Readable = tuple[Record, Received]


class LoadedLists(Protocol):
    """The lists that a worker screens with, as they stand now."""

    @property
    def screener(self) -> Screener | None:
        """Decides with the current snapshot; None while there is none."""

    def missing(self) -> str:
        """Why there is no snapshot, as a sentence."""

    def stale(self, now: datetime) -> Stale:
        """How to ask which list is too old for a profile."""


class Verdict(NamedTuple):
    """A record's decision, the payment if it is one, and why the record is a dead letter, if it is.

    `body` is the decision's JSON where it was claimed before by somebody; else it is made from `decision`.
    """

    record: Record
    decision: Decision
    payment: Payment | None
    dead: tuple[str, str] | None = None
    body: bytes | None = None


class Session(NamedTuple):
    """What a whole batch is judged by: one list, none if there is none; one moment; which lists are stale."""

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
        """The verdicts on a batch, in its order: none on a null record, one on each payment of a message."""
        session = self._session(records, now)
        spent = dict.fromkeys(("read", "screen"), 0.0)
        verdicts: list[Verdict] = []
        for some in _parts(records):
            with _timed(spent, "read"):
                read = [one for record in some for one in self._read(record)]
            for part in _parts(read):
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
            found = intake.read(
                record.value, record.key, record.header("content-type"), record.header("rail")
            )
        except InvalidEventError as error:
            return [self._unreadable(record, record.value, error)]
        return [(record, received) for received in found]

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
    """Why the clock cannot tell whether lists are fresh, as a sentence; None if it can."""
    ahead = max((record.timestamp for record in records), default=0.0) - now.timestamp()
    if ahead <= MAX_CLOCK_AHEAD_SECONDS:
        return None
    return f"this worker's clock is {ahead:.0f} s behind the payments: no list's age can be told by it"


Part = TypeVar("Part")


def _parts(whole: Sequence[Part]) -> Iterator[Sequence[Part]]:
    return (whole[start : start + MIN_PART] for start in range(0, len(whole), MIN_PART))


@contextmanager
def _timed(spent: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        spent[stage] += time.perf_counter() - started
