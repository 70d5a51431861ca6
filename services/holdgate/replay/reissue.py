"""Execute a plan: write the decisions that would change to the live decisions topic.

A plan is the journal of a complete dry run. Before the first record is written, every decision is made again
from the record that the plan names and must equal the planned one, no payment of the plan may have been
decided since, and the audit must not list the plan as executed. Records that an interrupted execution wrote
are found in the log and not repeated. What people decided or began to work on since is left to them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.adapters.redis.claim_update import ClaimUpdate
from holdgate.core.engine.screener import Screener
from holdgate.core.model.decision import Decision, from_json, to_json
from holdgate.core.policy.lifting import may_replace
from holdgate.core.policy.timeliness import Stale
from holdgate.core.records.audit import IN_REVIEW, LIFTED_AFTER, UNREADABLE_CLAIMS, Audit
from holdgate.core.records.kafka_record import Outgoing, decision_headers
from holdgate.core.records.topics import DECISIONS, FOLLOWS, REPLAY
from holdgate.replay.decision_diff import change_between
from holdgate.replay.holds_in_review import HoldsInReview
from holdgate.replay.journal import Change, End, Run, read_journal
from holdgate.replay.publication import group_of
from holdgate.replay.redecide import Redecision, ReplayedRecord
from holdgate.replay.run_setup import check_versions, live_screener
from holdgate.replay.runner import Pace, Progress, no_progress
from holdgate.replay.superseding import supersede
from holdgate.replay.walk import walk
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

OLDEST = timedelta(hours=24)
"""An older plan is rejected: whoever executes a plan should have read it."""

BATCH_RECORDS = 500


class Successor(NamedTuple):
    """The id of the decision that supersedes another, and the position of the payment it is made from.

    The id does not depend on the outcome: a payment that was sent again may be in time in its first record
    and late in its second.
    """

    decision_id: str
    partition: int
    offset: int


class Plan(Struct, frozen=True):
    """What is reissued: `follows` maps the id of a superseded decision to its successor."""

    run: Run
    follows: dict[str, Successor]
    counts: dict[str, int]


class FoundSuccessors(NamedTuple):
    """The ids of decisions that were superseded after the plan was made: by this plan, and by people."""

    written: set[str]
    by_people: set[str]


class EmptyPlanError(OperatorError):
    """A plan changes no decision that rescreening may change."""


def read_plan(path: Path, now: datetime) -> Plan:
    """Return the plan of a journal, without the decisions that people change.

    If a payment was sent again, the first record with a change counts. A change that is for people in one
    record is for people in all. Raises `EmptyPlanError` if no change is left, and `OperatorError` for a
    journal that is not a plan, incomplete or too old.
    """
    run, complete = None, False
    changes: dict[str, Change] = {}
    for_people: set[str] = set()
    for line in read_journal(path):
        if isinstance(line, Run):
            run = line
        elif isinstance(line, Change) and line.needs_review:
            for_people.add(line.before.decision_id)
        elif isinstance(line, Change) and line.kind != "matches":
            changes.setdefault(line.before.decision_id, line)
        complete = isinstance(line, End)
    if run is None or run.mode != "reissue":
        raise OperatorError(f"{path} is not a plan: make one with `holdgate replay --mode reissue`")
    if not complete:
        raise OperatorError(f"{path} is incomplete: complete it with `holdgate replay --resume {path}`")
    if now - run.started_at > OLDEST:
        raise OperatorError(
            f"{path} is stale: it was made at {run.started_at:%Y-%m-%d %H:%M} UTC; make a new plan"
        )
    allowed = {id: change for id, change in changes.items() if id not in for_people}
    if not allowed:
        raise EmptyPlanError(f"{path} changes no decision that rescreening may change: nothing to reissue")
    follows = {
        id: Successor(change.after.decision_id, change.partition, change.offset)
        for id, change in allowed.items()
    }
    return Plan(run, follows, dict(Counter(change.kind for change in allowed.values())))


class ReissuedDecision(NamedTuple):
    """A decision to write.

    `before` is the decision it supersedes, `held_seconds` says how long that one held the payment, if this
    one releases it.
    """

    before: Decision
    decision: Decision
    record: Outgoing
    held_seconds: float | None


def check_unused(plan: Plan, audit: AuditLog, *, again: bool) -> None:
    """Raise `OperatorError` if the plan was executed, or if it was started and `again` is not set."""
    audits = [entry for entry in audit.read() if entry.run_id == plan.run.run_id]
    if done := next((entry for entry in audits if entry.state == "ended" and entry.outcome == "done"), None):
        raise OperatorError(f"this plan was executed {_when_and_who(done)}: make a new one")
    if audits and audits[-1].state == "started" and not again:
        raise OperatorError(
            f"this plan was started {_when_and_who(audits[0])} and did not end: if that run is dead,"
            " add --again"
        )
    if again and not audits:
        raise OperatorError("this plan was never started: omit --again")


def reissue(
    settings: Settings,
    plan: Plan,
    screener: Screener,
    stale: Stale,
    *,
    again: bool = False,
    rate: float | None = None,
    reading: Progress = no_progress,
    progress: Progress = no_progress,
) -> Audit:
    """Write the plan's decisions to the live topic and to the claims, and return the audit of that.

    `reading` is called for each step before the first record is written, and may raise to stop; `progress` is
    called with the number of records written. Raises `OperatorError` if the plan does not hold any more, with
    nothing written, or if Kafka denies a permission.
    """
    log, audit, run = KafkaLog(settings), AuditLog(settings), plan.run
    check_unused(plan, audit, again=again)
    check_versions(run, screener)
    written, by_people = _find_successors(log, plan)
    reissued = list(_redecide_plan(log, plan, screener, stale, reading))
    lifts, in_review, done = screener.policy.rescreen.lifts, HoldsInReview(log), list[ReissuedDecision]()
    reason = run.why or ""
    what = {"plan": run.run_id, "lists": run.list_version, "policy": run.policy_version}
    if not again:
        audit.write(run.run_id, "replay.reissue", "started", reason, what, plan.counts)
    pace = Pace(rate)
    with KafkaWriter(settings, group_of(settings, run)) as writer, closing(ClaimUpdate(settings)) as claims:
        for start in range(0, len(reissued), BATCH_RECORDS):
            in_review.expire()
            batch = [
                entry
                for entry in reissued[start : start + BATCH_RECORDS]
                if entry.before.decision_id in written
                or (
                    entry.before.decision_id not in by_people
                    and may_replace(entry.before, entry.decision, lifts, in_review)
                )
            ]
            try:
                writer.publish([entry.record for entry in batch if entry.before.decision_id not in written])
            except OperatorError:
                counts = {"reissued": start}
                audit.write(run.run_id, "replay.reissue", "ended", reason, what, counts, "refused")
                raise
            claims.replace([entry.decision for entry in batch])
            done += batch
            progress(len(batch))
            pace.wait(len(batch))
        writer.commit(run.topic, {partition: end for partition, (_, end) in run.span.items()})
    counts = _count_done(done, len(reissued) - len(done))
    if claims.unreadable:
        counts[UNREADABLE_CLAIMS] = claims.unreadable
    return audit.write(run.run_id, "replay.reissue", "ended", reason, what, counts)


def execute_plan(
    settings: Settings,
    plan: Plan,
    *,
    again: bool = False,
    rate: float | None = None,
    progress: Progress = no_progress,
) -> Audit:
    """Reissue a plan with the current lists and the policy of the settings; see `reissue`."""
    screener = live_screener(settings)
    stale = snapshot_lookup.staleness_now(settings, screener.snapshot, screener.policy)
    return reissue(settings, plan, screener, stale, again=again, rate=rate, progress=progress)


def _find_successors(log: KafkaLog, plan: Plan) -> FoundSuccessors:
    """Return which decisions of the plan were superseded since; raise if another run superseded one."""
    written, by_people = set[str](), set[str]()
    for partition, bounds in log.bounds(DECISIONS.name).items():
        start = max(bounds.first, plan.run.decisions_end.get(partition, 0))
        for chunk in log.read(DECISIONS.name, partition, start, bounds.end):
            for record in chunk.records:
                superseded_id = record.header(FOLLOWS)
                if superseded_id is None or superseded_id not in plan.follows:
                    continue
                if record.header(REPLAY) == plan.run.run_id:
                    written.add(superseded_id)
                elif from_json(record.value or b"").review is not None:
                    by_people.add(superseded_id)
                else:
                    raise OperatorError(
                        f"the plan is stale: decision {superseded_id} was superseded since; make a new plan"
                    )
    return FoundSuccessors(written, by_people)


def _redecide_plan(
    log: KafkaLog, plan: Plan, screener: Screener, stale: Stale, reading: Progress
) -> Iterator[ReissuedDecision]:
    """Yield the decisions of the plan; raise unless each one is as planned. Other payments are only read."""
    pending = dict(plan.follows)
    now = datetime.now(UTC)
    start_offsets: Mapping[int, int] = {partition: start for partition, (start, _) in plan.run.span.items()}

    def planned(payment: ReplayedRecord) -> bool:
        if payment.standing is None:
            return False
        successor = pending.get(payment.standing.decision.decision_id)
        return successor is not None and successor[1:] == (payment.record.partition, payment.record.offset)

    for step in walk(log, plan.run, start_offsets, screener, stale, planned):
        reading(step.end_offset)
        for row in step.rows:
            if row.before is None or row.before.decision_id not in pending:
                continue
            after, record = supersede(row.after, row.before.decision_id), row.replayed.record
            is_planned = pending.pop(row.before.decision_id).decision_id == after.decision_id
            if not (is_planned and may_replace(row.before, after, screener.policy.rescreen.lifts)):
                raise OperatorError(
                    "the plan is stale: a decision would differ from the planned one; make a new plan"
                )
            headers = decision_headers(record, after.decision_id, now, after.follows, plan.run.run_id)
            outgoing = Outgoing(
                DECISIONS.name, after.payment_id.encode(), to_json(after), record.partition, headers
            )
            yield ReissuedDecision(row.before, after, outgoing, _held_seconds(row, now))
    if pending:
        raise OperatorError(
            f"the plan is stale: {len(pending)} of its payments or decisions are gone; make a new plan"
        )


def _count_done(done: Sequence[ReissuedDecision], left: int) -> dict[str, int]:
    """Return the counts of a reissue; `left` decisions were not written, because people decide on them."""
    counts = dict(Counter(str(change_between(entry.before, entry.decision)) for entry in done))
    held_seconds = [entry.held_seconds for entry in done if entry.held_seconds is not None]
    if held_seconds:
        counts[LIFTED_AFTER] = round(sum(held_seconds))
    if left:
        counts[IN_REVIEW] = left
    return counts


def _held_seconds(row: Redecision, now: datetime) -> float | None:
    standing = row.replayed.standing
    if standing is None or (standing.decision.decision, row.after.decision) != ("HOLD", "RELEASE"):
        return None
    return (now - standing.since).total_seconds()


def _when_and_who(audit: Audit) -> str:
    return f"at {audit.at:%Y-%m-%dT%H:%M:%SZ} by {audit.by}"
