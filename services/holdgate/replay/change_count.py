"""The changes and counts that a journal records for each step."""

from collections.abc import Container, Iterable, Sequence

from holdgate.core.policy.lifting import may_replace
from holdgate.replay.decision_diff import change_between, change_reason, corridor, match_origin, summarise
from holdgate.replay.journal import Change, Counts
from holdgate.replay.redecide import Redecision
from holdgate.replay.superseding import supersede
from holdgate.replay.walk import Step
from holdgate.runtime.metric_labels import RailLabels


def count_step(step: Step, step_changes: Sequence[Change], counts: Counts) -> None:
    """Add a step and its changes to the counts."""
    undecided = sum(row.before is None for row in step.rows)
    counts.payments += len(step.rows)
    counts.undecided += undecided
    changed = {(change.partition, change.offset, change.payment_id) for change in step_changes}
    reviewed = sum(_is_reviewed(row) and _position(row) not in changed for row in step.rows)
    counts.reviewed += reviewed
    counts.same += len(step.rows) - undecided - reviewed - len(step_changes)
    counts.unreadable += sum(row.replayed.received is None for row in step.rows)
    counts.passed_over += step.passed_over
    counts.gone += step.gone
    for change in step_changes:
        setattr(counts, change.kind, getattr(counts, change.kind) + 1)
        counts.needs_review += change.needs_review
        counts.lifted += change.kind == "released" and not change.needs_review


def changes(
    rows: Iterable[Redecision],
    listed_ids: frozenset[str],
    rails: RailLabels,
    lifts: Container[str],
    in_review: Container[str] = (),
) -> list[Change]:
    """Return the rows whose decision would change; `after` is the decision that would supersede `before`.

    A payment that people decided counts only if rescreening may hold it again. `listed_ids` are the ids of
    the entries that were screened with, `rails` labels a payment by its rail, `lifts` has the reasons whose
    holds rescreening may lift, `in_review` the ids of the holds that it may not lift all the same.
    """
    changed = []
    for row in rows:
        before, replayed = row.before, row.replayed
        if before is None:
            continue
        kind = change_between(before, row.after)
        allowed = may_replace(before, row.after, lifts, in_review)
        if kind == "same" or (_is_reviewed(row) and not allowed):
            continue
        payment, after = replayed.payment, supersede(row.after, before.decision_id)
        changed.append(
            Change(
                partition=replayed.record.partition,
                offset=replayed.record.offset,
                payment_id=before.payment_id,
                uetr=before.uetr,
                kind=kind,
                before=summarise(before),
                after=summarise(after),
                why=change_reason(before, row.after, listed_ids),
                rail=rails.label(payment.rail if payment else None),
                corridor=corridor(payment),
                origin=match_origin(payment, row.after if row.after.matches else before),
                needs_review=kind != "matches" and not allowed,
            )
        )
    return changed


def _is_reviewed(row: Redecision) -> bool:
    return row.before is not None and row.before.review is not None


def _position(row: Redecision) -> tuple[int, int, str]:
    record = row.replayed.record
    return record.partition, record.offset, row.after.payment_id
