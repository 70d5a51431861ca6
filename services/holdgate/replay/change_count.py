"""Steps of a walk to what a journal says of them: the changes, and the counts."""

from collections.abc import Iterable, Sequence

from holdgate.replay.decision_diff import corridor, kind_of, origin, side, why
from holdgate.replay.journal import Change, Counted
from holdgate.replay.redecide import Again
from holdgate.replay.superseding import follow
from holdgate.replay.walk import Step
from holdgate.runtime.metric_labels import rail_label


def count(step: Step, found: Sequence[Change], counted: Counted) -> None:
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


def changes(rows: Iterable[Again], listed: frozenset[str]) -> list[Change]:
    """The rows whose decision would be another one; `after` is told as one that follows `before`."""
    found = []
    for row in rows:
        before = row.before
        if before is None:
            continue
        kind = kind_of(before, row.after)
        if kind == "same":
            continue
        payment, after = row.asked.payment, follow(row.after, before.decision_id)
        found.append(
            Change(
                partition=row.asked.record.partition,
                offset=row.asked.record.offset,
                payment_id=before.payment_id,
                uetr=before.uetr,
                kind=kind,
                before=side(before),
                after=side(after),
                why=why(before, row.after, listed),
                rail=rail_label(payment.rail if payment else None),
                corridor=corridor(payment),
                origin=origin(payment, row.after if row.after.matches else before),
            )
        )
    return found
