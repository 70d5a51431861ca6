"""Steps of a walk to what a journal says of them: the changes, and the counts."""

from collections.abc import Iterable, Sequence

from holdgate.replay.decision_diff import change_between, change_reason, corridor, match_origin, summarise
from holdgate.replay.journal import Change, Counts
from holdgate.replay.redecide import Redecision
from holdgate.replay.superseding import supersede
from holdgate.replay.walk import Step
from holdgate.runtime.metric_labels import RailLabels


def count_step(step: Step, found: Sequence[Change], counted: Counts) -> None:
    """Add a step and its changes to what was counted."""
    undecided = sum(row.before is None for row in step.rows)
    counted.payments += len(step.rows)
    counted.undecided += undecided
    counted.same += len(step.rows) - undecided - len(found)
    counted.unreadable += sum(row.asked.received is None for row in step.rows)
    counted.passed_over += step.passed_over
    counted.gone += step.gone
    for change in found:
        setattr(counted, change.kind, getattr(counted, change.kind) + 1)


def changes(rows: Iterable[Redecision], listed: frozenset[str], rails: RailLabels) -> list[Change]:
    """The rows whose decision would be another one; `after` is told as one that follows `before`."""
    found = []
    for row in rows:
        before = row.before
        if before is None:
            continue
        kind = change_between(before, row.after)
        if kind == "same":
            continue
        payment, after = row.asked.payment, supersede(row.after, before.decision_id)
        found.append(
            Change(
                partition=row.asked.record.partition,
                offset=row.asked.record.offset,
                payment_id=before.payment_id,
                uetr=before.uetr,
                kind=kind,
                before=summarise(before),
                after=summarise(after),
                why=change_reason(before, row.after, listed),
                rail=rails.label(payment.rail if payment else None),
                corridor=corridor(payment),
                origin=match_origin(payment, row.after if row.after.matches else before),
            )
        )
    return found
