"""One batch of records to decisions that stand: gather, decide through core, claim, publish.

No record is passed over. What cannot be read is a dead letter and a HOLD, what the engine stumbles over
is a dead letter and a HOLD, and what fails outside is tried again in place until it succeeds.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import structlog

from holdgate.core import claim
from holdgate.core import decision as contract
from holdgate.core.decision import Decision, Versions
from holdgate.core.intake import InvalidEventError, Received, raw_hash
from holdgate.core.intake import record as intake
from holdgate.core.payment import Payment
from holdgate.core.policy import Policy
from holdgate.core.records import Outgoing, Record, dead_letter_headers, decision_headers
from holdgate.core.screen import Screener
from holdgate.core.timeliness import Stale
from holdgate.core.verdict import hold, hold_unreadable
from holdgate.flow import DEAD_LETTERS, DECISIONS
from holdgate.metrics import Metrics
from holdgate.screening.counting import WorkDone, count, is_probe
from holdgate.screening.limit import DeadLetterLimit
from holdgate.screening.patience import until_given

log = structlog.get_logger()


AHEAD_SECONDS = 3_900.0
"""Payments that are further ahead of the clock tell that it is wrong: Kafka lets a sender be an hour ahead
(`message.timestamp.after.max.ms`), and a clock that is behind makes an old list look fresh."""


class Publisher(Protocol):
    """Writes records; returns when every one of them stands in the log."""

    async def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Write the records, in order a partition; returns the offset that each got."""


class Claims(Protocol):
    """Where first decisions are kept. Each call returns only with an answer."""

    async def claim(self, claims: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Claim each (key, claim); returns what stands."""

    async def versions(self, name: bytes) -> Versions:
        """The versions that a claim names."""

    def published(self, offsets: Mapping[int, Sequence[int]]) -> None:
        """Say at which offsets of each partition what was claimed stands as decisions now."""


class Loaded(Protocol):
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


class Gate:
    """Decides batches. `clock` returns Unix seconds."""

    def __init__(
        self,
        policy: Policy,
        lists: Loaded,
        claims: Claims,
        publisher: Publisher,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        dead_letters: DeadLetterLimit | None = None,
    ) -> None:
        self._policy = policy
        self._lists = lists
        self._claims = claims
        self._publisher = publisher
        self._metrics = metrics
        self._work = WorkDone(metrics)
        self._dead_letters = dead_letters
        self._clock = clock

    async def decide(self, records: Sequence[Record]) -> None:
        """Decide and publish a batch; when this returns, its records may be acknowledged."""
        started = self._clock()
        self._metrics.batch.observe(len(records))
        wait = self._metrics.seconds.labels("wait")
        for record in records:
            if not is_probe(record):
                wait.observe(max(0.0, started - record.timestamp))
        verdicts = await self._first_decisions(self._judge(records))
        await self._publish(verdicts)
        self._count(verdicts)

    def _judge(self, records: Sequence[Record]) -> list[Verdict]:
        readable: list[tuple[Record, Received]] = []
        verdicts: dict[tuple[int, int], list[Verdict]] = {}
        with self._metrics.seconds.labels("read").time():
            for record in records:
                if record.value is None:
                    self._metrics.tombstones.inc()
                    continue
                try:
                    payments = intake.read(
                        record.value, record.key, record.header("content-type"), record.header("rail")
                    )
                except InvalidEventError as error:
                    verdicts[_place(record)] = [self._unreadable(record, record.value, error)]
                else:
                    readable += ((record, received) for received in payments)
        with self._metrics.seconds.labels("screen").time():
            for verdict in self._screen(readable):
                verdicts.setdefault(_place(verdict.record), []).append(verdict)
        if self._lists.screener is not None:
            self._work.count(self._lists.screener)
        return [verdict for record in records for verdict in verdicts.get(_place(record), ())]

    def _unreadable(self, record: Record, value: bytes, error: InvalidEventError) -> Verdict:
        payment_id = intake.identity(record.key, error, record.position)
        content = raw_hash(value)
        decision = hold_unreadable(payment_id, content, self._policy, str(error))
        return Verdict(record, decision, None, (error.code, str(error)))

    def _screen(self, readable: Sequence[tuple[Record, Received]]) -> list[Verdict]:
        now = datetime.fromtimestamp(self._clock(), UTC)
        screener = self._lists.screener
        if screener is None:
            why = self._lists.missing()
            return [
                _verdict(record, received, hold(received, self._policy, "LIST_UNAVAILABLE", why))
                for record, received in readable
            ]
        behind = _clock_behind(now, [record for record, _ in readable])
        stale = (lambda _: behind) if behind else self._lists.stale(now)
        try:
            decisions = screener.screen([received for _, received in readable], now=now, stale=stale)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not release or stop the partition
            if len(readable) > 1:
                middle = len(readable) // 2
                return self._screen(readable[:middle]) + self._screen(readable[middle:])
            return [self._broken(*readable[0], error)]
        return [
            _verdict(record, received, decision)
            for (record, received), decision in zip(readable, decisions, strict=True)
        ]

    def _broken(self, record: Record, received: Received, error: Exception) -> Verdict:
        kind = type(error).__name__
        log.error("engine failed on a payment: held", position=record.position, error=kind)
        why = f"the engine failed with {kind}: the payment was not screened"
        decision = hold(received, self._policy, "INTERNAL_ERROR", why)
        return _verdict(record, received, decision)._replace(dead=("internal_error", why))

    async def _first_decisions(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts that stand: of each payment and content, the one that was claimed first."""
        with self._metrics.seconds.labels("claim").time():
            own = [_claim(verdict) for verdict in verdicts]
            standing = await self._claims.claim(own) if own else []
            return [
                await self._standing(verdict, mine, theirs)
                for verdict, (_, mine), theirs in zip(verdicts, own, standing, strict=True)
            ]

    async def _standing(self, verdict: Verdict, mine: bytes, theirs: bytes) -> Verdict:
        outcome = "first" if mine == theirs else "again"
        if claim.content(mine) != claim.content(theirs):
            outcome = "changed"
            verdict = _content_changed(verdict, theirs)
            key, mine = _claim(verdict)
            [theirs] = await self._claims.claim([(key, mine)])
        if not is_probe(verdict.record):
            self._metrics.claims.labels(outcome).inc()
        if mine == theirs:
            return verdict
        name = claim.versions_name(theirs)
        versions = None if name is None else await self._claims.versions(name)
        decision = claim.decided(theirs, verdict.decision, versions)
        # What the engine fails on now, but released before, is no dead letter: each of these is a HOLD.
        dead = verdict.dead if decision.decision == "HOLD" else None
        return verdict._replace(decision=decision, dead=dead, body=claim.kept_bytes(theirs))

    async def _publish(self, verdicts: Sequence[Verdict]) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        outgoing = []
        for verdict in verdicts:
            record, decision = verdict.record, verdict.decision
            if verdict.dead is not None:
                letter = dead_letter_headers(record, *verdict.dead, now)
                outgoing.append(Outgoing(DEAD_LETTERS.name, record.key, record.value, None, letter))
            outgoing.append(
                Outgoing(
                    DECISIONS.name,
                    decision.payment_id.encode(),
                    verdict.body or contract.to_json(decision),
                    record.partition,
                    decision_headers(record, decision.decision_id, now),
                )
            )
        with self._metrics.seconds.labels("publish").time():
            waited = self._metrics.retries.labels("kafka").inc
            offsets = await until_given(self._publisher.publish(outgoing), "Kafka", waited)
        stand: dict[int, list[int]] = {}
        for written, offset in zip(outgoing, offsets, strict=True):
            if written.partition is not None:
                stand.setdefault(written.partition, []).append(offset)
        self._claims.published(stand)

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        count(self._metrics, self._policy, verdicts, self._clock())
        if self._dead_letters is not None:
            dead = sum(verdict.dead is not None for verdict in verdicts)
            self._dead_letters.add(dead, time.monotonic())


def _clock_behind(now: datetime, records: Sequence[Record]) -> str | None:
    """Why the clock cannot tell whether lists are fresh, as a sentence; None if it can."""
    ahead = max((record.timestamp for record in records), default=0.0) - now.timestamp()
    if ahead <= AHEAD_SECONDS:
        return None
    return f"this worker's clock is {ahead:.0f} s behind the payments: no list's age can be told by it"


def _place(record: Record) -> tuple[int, int]:
    return record.partition, record.offset


def _claim(verdict: Verdict) -> tuple[str, bytes]:
    return claim.key(verdict.decision), claim.encode(verdict.decision)


def _content_changed(verdict: Verdict, standing: bytes) -> Verdict:
    decision = verdict.decision
    held = contract.decide(
        payment_id=decision.payment_id,
        uetr=decision.uetr,
        refers_to=decision.refers_to,
        content_hash=decision.content_hash,
        versions=claim.versions_of(decision),
        reason="CONTENT_CHANGED",
        status="PDNG",
        detail=f"this payment_id was decided before with other content ({claim.content(standing).hex()})",
        matches=decision.matches,
        notes=decision.notes,
        deadline=decision.deadline,
    )
    return verdict._replace(decision=held)


def _verdict(record: Record, received: Received, decision: Decision) -> Verdict:
    return Verdict(record, decision, received.payment)
