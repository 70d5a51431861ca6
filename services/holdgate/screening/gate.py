"""Decides a batch of records: screen through core, claim the decisions, publish them.

No record is skipped. An unreadable record, and a payment on which the engine fails, becomes a dead letter and
a HOLD. Failing calls to Redis and Kafka are retried in place until they succeed.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec.structs import replace

from holdgate.core.engine.outcome import expire_release
from holdgate.core.model import decision as contract
from holdgate.core.model.decision import Versions
from holdgate.core.policy.policy import Policy
from holdgate.core.records import claim
from holdgate.core.records.kafka_record import Outgoing, Record, dead_letter_headers, decision_headers
from holdgate.core.records.probe_mark import is_probe, is_signed_probe, without_probe_mark
from holdgate.core.records.topics import DEAD_LETTERS, DECISIONS, QUARANTINED, Topic
from holdgate.screening.dead_letter_limits import DeadLetterLimits
from holdgate.screening.decision_metrics import ScreeningWork, count_decisions
from holdgate.screening.judge import Judge, LoadedLists, Verdict
from holdgate.screening.metrics import Metrics
from holdgate.screening.retrying import wait_until_given


class Publisher(Protocol):
    """Writes records to Kafka and waits until all of them are acknowledged."""

    async def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Write the records, in order per partition; return the offset of each."""


class Claims(Protocol):
    """Stores the decisions in force. Each call retries until it has an answer."""

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Claim each (key, claim); return the claims that are in force, of an earlier decision if there is
        one.

        `claims` is called again for each retry, because a RELEASE may have passed its deadline meanwhile.
        """

    async def versions(self, name: bytes) -> Versions:
        """Return the versions that a claim refers to."""

    def published(self, offsets: Mapping[int, Sequence[int]]) -> None:
        """Record the offsets, by partition, at which the claimed decisions were published."""


class Gate:
    """Decides batches of records. `clock` returns Unix seconds; `waiting` is called with the system that does
    not answer."""

    def __init__(
        self,
        policy: Policy,
        lists: LoadedLists,
        claims: Claims,
        publisher: Publisher,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        dead_letters: DeadLetterLimits | None = None,
        probe_key: bytes | None = None,
        waiting: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._policy = policy
        self._lists = lists
        self._claims = claims
        self._publisher = publisher
        self._metrics = metrics
        self._judge = Judge(policy, lists, metrics)
        self._work = ScreeningWork(metrics)
        self._dead_letters = dead_letters
        self._clock = clock
        self._probe_key = probe_key
        self._waiting = waiting

    async def decide(self, records: Sequence[Record]) -> None:
        """Decide and publish a batch. When this returns, its records may be acknowledged."""
        started = self._clock()
        records = [self._check_mark(record) for record in records]
        self._metrics.batch.observe(len(records))
        wait = self._metrics.seconds.labels("wait")
        for record in records:
            if not is_probe(record):
                wait.observe(max(0.0, started - record.timestamp))
        verdicts = await self._judge.judge(records, datetime.fromtimestamp(started, UTC))
        if self._lists.screener is not None:
            self._work.count(self._lists.screener)
        verdicts, quarantined = self._quarantine(verdicts)
        verdicts = await self._first_decisions(verdicts)
        await self._publish(verdicts, quarantined)
        self._count(verdicts, len(quarantined))

    def _quarantine(self, verdicts: Sequence[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
        """Return the verdicts to publish, and those on unreadable records of senders beyond their limit.

        The latter wait undecided: nobody is helped by thousands of holds that say the same.
        """
        unreadable = [verdict for verdict in verdicts if verdict.dead is not None and verdict.payment is None]
        if self._dead_letters is None or not unreadable:
            return list(verdicts), []
        records = [verdict.record for verdict in unreadable]
        over = self._dead_letters.quarantine(records, time.monotonic())
        set_aside = {id(verdict) for verdict, is_over in zip(unreadable, over, strict=True) if is_over}
        return (
            [verdict for verdict in verdicts if id(verdict) not in set_aside],
            [verdict for verdict in unreadable if id(verdict) in set_aside],
        )

    def _check_mark(self, record: Record) -> Record:
        """Ignore the probe's header on the payments of others."""
        if not is_probe(record) or is_signed_probe(self._probe_key, record):
            return record
        self._metrics.foreign_probe_marks.inc()
        return without_probe_mark(record)

    async def _first_decisions(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Claim the verdicts; return the ones in force: a payment that comes again is answered with the
        decision that is in force."""
        own: list[Verdict] = []
        claims: list[tuple[str, bytes]] = []

        def as_of_now() -> list[tuple[str, bytes]]:
            own[:] = self._in_time(verdicts)
            claims[:] = map(_claim, own)
            return claims

        with self._metrics.seconds.labels("claim").time():
            standing = await self._claims.claim(as_of_now) if verdicts else []
            return [
                await self._standing(verdict, claimed, existing)
                for verdict, (_, claimed), existing in zip(own, claims, standing, strict=True)
            ]

    def _in_time(self, verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
        """Re-check deadlines: a RELEASE that waited past its deadline becomes a HOLD."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        for verdict in verdicts:
            decision = verdict.decision
            if verdict.payment is not None:
                decision = expire_release(decision, verdict.payment, self._policy, now)
            yield verdict if decision is verdict.decision else verdict._replace(decision=decision)

    async def _standing(self, verdict: Verdict, own: bytes, existing: bytes) -> Verdict:
        """Return the verdict that is in force, given its own claim and the one that stands on the payment."""
        outcome = "first" if own == existing else "again"
        if claim.claim_content(own) != claim.claim_content(existing):
            outcome = "changed"
            verdict = _content_changed(verdict, existing)
            key, own = _claim(verdict)
            [existing] = await self._claims.claim(lambda: [(key, own)])
        if not is_probe(verdict.record):
            self._metrics.claims.labels(outcome).inc()
        if own == existing:
            return verdict
        name = claim.versions_name(existing)
        versions = None if name is None else await self._claims.versions(name)
        decision = claim.restore_decision(existing, verdict.decision, versions)
        # A payment released before, on which the engine fails now, is no dead letter: all of those are HOLDs.
        dead = verdict.dead if decision.decision == "HOLD" else None
        return verdict._replace(decision=decision, dead=dead, body=claim.kept_bytes(existing))

    async def _publish(self, verdicts: Sequence[Verdict], quarantined: Sequence[Verdict]) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        outgoing = [_dead_letter(verdict, QUARANTINED, now) for verdict in quarantined]
        for verdict in verdicts:
            record, decision = verdict.record, verdict.decision
            if verdict.dead is not None:
                outgoing.append(_dead_letter(verdict, DEAD_LETTERS, now))
            outgoing.append(
                Outgoing(
                    DECISIONS.name,
                    decision.payment_id.encode(),
                    verdict.body or contract.to_json(decision),
                    record.partition,
                    decision_headers(record, decision.decision_id, now, decision.follows),
                )
            )
        with self._metrics.seconds.labels("publish").time():
            offsets = await wait_until_given(self._publisher.publish(outgoing), "Kafka", self._count_wait)
        published: dict[int, list[int]] = {}
        for written, offset in zip(outgoing, offsets, strict=True):
            if written.partition is not None:
                published.setdefault(written.partition, []).append(offset)
        self._claims.published(published)

    def _count_wait(self) -> None:
        self._metrics.retries.labels("kafka").inc()
        self._waiting("Kafka")

    def _count(self, verdicts: Sequence[Verdict], quarantined: int) -> None:
        count_decisions(self._metrics, self._policy, verdicts, self._clock())
        self._metrics.quarantined.inc(quarantined)
        if self._dead_letters is not None:
            dead = sum(verdict.dead is not None for verdict in verdicts)
            self._dead_letters.add(len(verdicts), dead, time.monotonic())


def _dead_letter(verdict: Verdict, topic: Topic, now: datetime) -> Outgoing:
    """Return the record of a verdict as a dead letter, with the verdict's reason."""
    assert verdict.dead is not None, "only an unreadable or failing record becomes a dead letter"
    record = verdict.record
    return Outgoing(
        topic.name, record.key, record.value, None, dead_letter_headers(record, *verdict.dead, now)
    )


def _claim(verdict: Verdict) -> tuple[str, bytes]:
    return claim.claim_key(verdict.decision), claim.encode_claim(verdict.decision)


def _content_changed(verdict: Verdict, standing: bytes) -> Verdict:
    content = claim.claim_content(standing).hex()
    held = replace(
        verdict.decision,
        decision="HOLD",
        reason="CONTENT_CHANGED",
        next_status="PDNG",
        detail=f"this payment_id was decided before with other content ({content})",
    )
    return verdict._replace(decision=held)
