"""A plan carried out: decisions that would be other ones now, written to the live decisions topic.

A plan is the journal of a whole dry run. Before the first record is written, every decision is made again and
has to be the planned one, nobody may have decided a payment of the plan in between, and the audit may not
know the plan. What a run that died wrote is found in the log and not written twice.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.engine.screener import Screener
from holdgate.core.model.decision import to_json
from holdgate.core.policy.timeliness import Stale
from holdgate.core.records.audit import LIFTED_AFTER, Audit
from holdgate.core.records.kafka_record import Outgoing, decision_headers
from holdgate.core.records.topics import DECISIONS, FOLLOWS, REPLAY
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
"""A plan that is older is made anew: whoever executes it should have seen what it says."""

BATCH_RECORDS = 500


class Plan(Struct, frozen=True):
    """What is reissued: by the id of the decision followed, the id of the one that follows it."""

    run: Run
    follows: dict[str, str]
    counts: dict[str, int]


def read_plan(path: Path, now: datetime) -> Plan:
    """The plan of a journal; raises `NotPossibleError` where it is none, not whole, or too old."""
    run, whole, follows = None, False, {}
    counts: dict[str, int] = {}
    for line in read_journal(path):
        if isinstance(line, Run):
            run = line
        elif isinstance(line, Change) and line.kind != "matches":
            if line.before.decision_id not in follows:
                counts[line.kind] = counts.get(line.kind, 0) + 1
            follows[line.before.decision_id] = line.after.decision_id
        whole = isinstance(line, End)
    if run is None or run.mode != "reissue":
        raise OperatorError(f"{path} is no plan: make one with `holdgate replay --mode reissue`")
    if not whole:
        raise OperatorError(f"{path} is not whole: `holdgate replay --resume {path}` first")
    if now - run.started_at > OLDEST:
        raise OperatorError(f"{path} is stale: it is of {run.started_at:%Y-%m-%d %H:%M} UTC, make it anew")
    if not follows:
        raise OperatorError(f"{path} changes no decision: there is nothing to reissue")
    return Plan(run, follows, counts)


class ReissuedDecision(NamedTuple):
    """A decision to be written: the id of the one it follows, and how long that held if this one releases."""

    followed: str
    record: Outgoing
    held_seconds: float | None


def check_unused(plan: Plan, audit: AuditLog, *, again: bool) -> None:
    """Raise `NotPossibleError` where the plan was executed, or begun and `again` does not say to go on."""
    known = [found for found in audit.read() if found.run_id == plan.run.run_id]
    if ended := next((found for found in known if found.state == "ended" and found.outcome == "done"), None):
        raise OperatorError(f"this plan was executed {_told(ended)}: make a new one")
    if known and known[-1].state == "started" and not again:
        raise OperatorError(
            f"this plan was begun {_told(known[0])} and did not end: if that run is dead, add --again"
        )
    if again and not known:
        raise OperatorError("this plan was never begun: leave --again out")


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
    """Reissue what the plan says; raises `NotPossibleError`, and has written nothing then.

    `reading` is told of each step before the first record is written and may raise, `progress` of what is.
    """
    log, audit, run = KafkaLog(settings), AuditLog(settings), plan.run
    check_unused(plan, audit, again=again)
    check_versions(run, screener)
    done = _written(log, plan)
    outgoing = list(_made_again(log, plan, screener, stale, reading))
    held = [found.held_seconds for found in outgoing if found.held_seconds is not None]
    reason = run.why or ""
    what = {"plan": run.run_id, "lists": run.list_version, "policy": run.policy_version}
    if not again:
        audit.write(run.run_id, "replay.reissue", "started", reason, what, plan.counts)
    pace = Pace(rate)
    with KafkaWriter(settings, group_of(settings, run)) as writer:
        for start in range(0, len(outgoing), BATCH_RECORDS):
            some = outgoing[start : start + BATCH_RECORDS]
            try:
                writer.publish([found.record for found in some if found.followed not in done])
            except OperatorError:
                counts = {"reissued": start}
                audit.write(run.run_id, "replay.reissue", "ended", reason, what, counts, "refused")
                raise
            progress(len(some))
            pace.wait(len(some))
        writer.commit(run.topic, {partition: end for partition, (_, end) in run.span.items()})
    counts = plan.counts | ({LIFTED_AFTER: round(sum(held))} if held else {})
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


def _written(log: KafkaLog, plan: Plan) -> set[str]:
    """What the plan itself wrote already, by the id followed; raises where somebody else was faster."""
    done: set[str] = set()
    for partition, bounds in log.bounds(DECISIONS.name).items():
        start = max(bounds.first, plan.run.decisions_end.get(partition, 0))
        for chunk in log.read(DECISIONS.name, partition, start, bounds.end):
            for record in chunk.records:
                followed = record.header(FOLLOWS)
                if followed is None or followed not in plan.follows:
                    continue
                if record.header(REPLAY) != plan.run.run_id:
                    raise OperatorError(
                        f"the plan is stale: decision {followed} has been followed since, make it anew"
                    )
                done.add(followed)
    return done


def _made_again(
    log: KafkaLog, plan: Plan, screener: Screener, stale: Stale, reading: Progress
) -> Iterator[ReissuedDecision]:
    """The decisions of the plan; raises unless all of it comes out as planned. The rest is only read."""
    left = dict(plan.follows)
    now = datetime.now(UTC)
    at: Mapping[int, int] = {partition: start for partition, (start, _) in plan.run.span.items()}

    def planned(asked: ReplayedRecord) -> bool:
        return asked.stood is not None and asked.stood.decision.decision_id in left

    for step in walk(log, plan.run, at, screener, stale, planned):
        reading(step.end_offset)
        for row in step.rows:
            if row.before is None or row.before.decision_id not in left:
                continue
            after, record = supersede(row.after, row.before.decision_id), row.asked.record
            if left.pop(row.before.decision_id) != after.decision_id:
                raise OperatorError("the plan is stale: a decision would be another one now, make it anew")
            headers = decision_headers(record, after.decision_id, now, after.follows, plan.run.run_id)
            outgoing = Outgoing(
                DECISIONS.name, after.payment_id.encode(), to_json(after), record.partition, headers
            )
            yield ReissuedDecision(row.before.decision_id, outgoing, _held(row, now))
    if left:
        raise OperatorError(
            f"the plan is stale: {len(left)} of its payments or decisions are no longer there, make it anew"
        )


def _held(row: Redecision, now: datetime) -> float | None:
    stood = row.asked.stood
    lifted = stood is not None and (stood.decision.decision, row.after.decision) == ("HOLD", "RELEASE")
    return (now - stood.since).total_seconds() if stood is not None and lifted else None


def _told(audit: Audit) -> str:
    return f"at {audit.at:%Y-%m-%dT%H:%M:%SZ} by {audit.by}"
