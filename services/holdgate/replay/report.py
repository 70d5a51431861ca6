"""What a journal says, for a person: counts, by what they fall on, and the examples nearest the threshold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import nsmallest
from pathlib import Path

from msgspec import Struct

from holdgate.replay.decision_diff import ALL_CHANGES, DecisionChange
from holdgate.replay.journal import Change, Checkpoint, Counts, End, JournalLine, Run, read_journal
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.text_table import table

MAX_NEAREST = 10
"""Examples of a kind: those that the smallest change would decide otherwise."""

MAX_VALUES = 15
"""Rows of a breakdown, the largest; the rest is told as one number."""

DIMENSIONS = ("reason", "rail", "corridor", "origin")


class Report(Struct):
    """A journal, summed up. `tallies` count changes by dimension, value and kind; `nearest` are examples."""

    run: Run
    counted: Counts
    whole: bool
    tallies: dict[str, dict[str, dict[DecisionChange, int]]]
    nearest: dict[DecisionChange, list[Change]]


def build_report(path: Path) -> Report:
    """Sum a journal up; raises `NotPossibleError` for a file that is none."""
    return add_up(read_journal(path), path)


def add_up(found: Iterable[JournalLine], path: Path) -> Report:
    """Sum lines up, in memory that does not grow with them."""
    run, counted, whole = None, Counts(), False
    tallies: dict[str, dict[str, dict[DecisionChange, int]]] = {
        name: defaultdict(dict) for name in DIMENSIONS
    }
    nearest: dict[DecisionChange, list[Change]] = {kind: [] for kind in ALL_CHANGES}
    for line in found:
        if isinstance(line, Run):
            run = line
        elif isinstance(line, Change):
            for name in DIMENSIONS:
                kinds = tallies[name][_value(line, name)]
                kinds[line.kind] = kinds.get(line.kind, 0) + 1
            nearest[line.kind] = nsmallest(MAX_NEAREST, [*nearest[line.kind], line], key=_distance)
        elif isinstance(line, Checkpoint | End):
            counted, whole = line.counted, isinstance(line, End)
    if run is None:
        raise OperatorError(f"{path} is no journal of a replay: it has no beginning")
    return Report(run, counted, whole, {name: dict(by) for name, by in tallies.items()}, nearest)


def render_text(found: Report) -> Iterator[str]:
    """The lines of a report on a terminal."""
    run = found.run
    yield f"Replay {run.run_id}, {run.mode}" + ("" if found.whole else ": NOT WHOLE, resume it")
    yield from (f"  {name:8} {value}" for name, value in about(run))
    yield ""
    yield sentence(found.counted)
    yield ""
    yield from (f"  {count:>9,}  {what}" for what, count in counts(found.counted))
    for name, head, rows, rest in breakdowns(found):
        yield ""
        yield f"Changes by {name}"
        yield from ("  " + line for line in table(head, rows))
        if rest:
            yield f"  and {rest:,} with other values"
    for title, head, rows in examples(found):
        yield ""
        yield title
        yield from ("  " + line for line in table(head, rows))


def about(run: Run) -> Iterator[tuple[str, str]]:
    """What was replayed, with what."""
    span = ", ".join(f"{partition}:{start}-{end}" for partition, (start, end) in sorted(run.span.items()))
    yield "topic", f"{run.topic} {span}"
    yield "lists", run.list_version + (f" from {' '.join(run.lists)}" if run.lists else "")
    yield "policy", run.policy_version + (f" from {run.policy}" if run.policy else "")
    yield "engine", run.engine_version
    yield "by", f"{run.by}, {run.started_at:%Y-%m-%dT%H:%M:%SZ}" + (f": {run.why}" if run.why else "")


def sentence(counted: Counts) -> str:
    """The one sentence that was asked for."""
    return (
        f"Of {counted.payments:,} payments, {counted.held:,} more would be held and {counted.released:,}"
        f" released; {counted.reason:,} be held for another reason, {counted.matches:,} with other matches."
    )


def counts(counted: Counts) -> Iterator[tuple[str, int]]:
    """What else was met, where it was."""
    told = {
        "same": "decided as before",
        "undecided": "not decided yet: nothing to compare with",
        "unreadable": "records that cannot be read, held as INVALID_EVENT",
        "passed_over": "passed over: not wanted by the filter, or of the probe",
        "gone": "offsets without a record: compacted, or marks of a transaction",
        "published": "decisions published",
    }
    yield from ((text, getattr(counted, name)) for name, text in told.items() if getattr(counted, name))


def breakdowns(found: Report) -> Iterator[tuple[str, tuple[str, ...], list[tuple[object, ...]], int]]:
    """By dimension: its name, the head of its table, the rows, largest first, and how many are left out."""
    kinds = [kind for kind in ALL_CHANGES if getattr(found.counted, kind)]
    if not kinds:
        return
    for name, by in found.tallies.items():
        ranked = sorted(by.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
        rows: list[tuple[object, ...]] = [
            (value, *(counts.get(kind, 0) for kind in kinds)) for value, counts in ranked[:MAX_VALUES]
        ]
        yield name, (name, *kinds), rows, sum(sum(by.values()) for _, by in ranked[MAX_VALUES:])


def examples(found: Report) -> Iterator[tuple[str, tuple[str, ...], list[tuple[object, ...]]]]:
    """Of each kind, the payments nearest to being decided otherwise."""
    head = ("payment", "rail", "corridor", "score", "before", "after", "why")
    for kind in ALL_CHANGES:
        rows: list[tuple[object, ...]] = [
            (
                change.payment_id,
                change.rail,
                change.corridor,
                max(change.before.score, change.after.score),
                change.before.reason,
                change.after.reason,
                change.why,
            )
            for change in found.nearest[kind]
        ]
        if rows:
            yield f"{kind.capitalize()}: nearest the threshold first", head, rows


def _value(change: Change, name: str) -> str:
    if name == "reason":
        return change.before.reason if change.kind == "released" else change.after.reason
    return str(getattr(change, name))


def _distance(change: Change) -> tuple[float, int, int]:
    """Held now by the lowest score, or released from the highest: both lie next to the threshold."""
    score = -change.before.score if change.kind == "released" else change.after.score
    return score, change.partition, change.offset
