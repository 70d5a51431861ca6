"""Summarise a journal for a person: counts, breakdowns, and the examples nearest to the threshold."""

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
"""Examples per kind of change: those whose score is nearest to the threshold."""

MAX_VALUES = 15
"""Rows per breakdown, the largest ones; the rest is summed up."""

DIMENSIONS = ("reason", "rail", "corridor", "origin")


class Report(Struct):
    """The summary of a journal.

    `tallies` counts changes by dimension, value and kind; `nearest` has the examples of each kind.
    """

    run: Run
    counts: Counts
    complete: bool
    tallies: dict[str, dict[str, dict[DecisionChange, int]]]
    nearest: dict[DecisionChange, list[Change]]


def build_report(path: Path) -> Report:
    """Summarise a journal; raise `OperatorError` for any other file."""
    return summarise_lines(read_journal(path), path)


def summarise_lines(lines: Iterable[JournalLine], path: Path) -> Report:
    """Summarise the lines of a journal, in memory that does not grow with their number."""
    run, counts, complete = None, Counts(), False
    tallies: dict[str, dict[str, dict[DecisionChange, int]]] = {
        name: defaultdict(dict) for name in DIMENSIONS
    }
    nearest: dict[DecisionChange, list[Change]] = {kind: [] for kind in ALL_CHANGES}
    for line in lines:
        if isinstance(line, Run):
            run = line
        elif isinstance(line, Change):
            for name in DIMENSIONS:
                kinds = tallies[name][_value(line, name)]
                kinds[line.kind] = kinds.get(line.kind, 0) + 1
            nearest[line.kind] = nsmallest(MAX_NEAREST, [*nearest[line.kind], line], key=_distance)
        elif isinstance(line, Checkpoint | End):
            counts, complete = line.counted, isinstance(line, End)
    if run is None:
        raise OperatorError(f"{path} is not a journal of a replay: its first line is not a run")
    return Report(run, counts, complete, {name: dict(by) for name, by in tallies.items()}, nearest)


def render_text(report: Report) -> Iterator[str]:
    """Yield the lines of a report for a terminal."""
    run = report.run
    yield f"Replay {run.run_id}, {run.mode}" + ("" if report.complete else ": INCOMPLETE, resume it")
    yield from (f"  {name:8} {value}" for name, value in inputs(run))
    yield ""
    yield sentence(report.counts)
    yield ""
    yield from (f"  {count:>9,}  {text}" for text, count in other_counts(report.counts))
    for name, head, rows, rest in breakdowns(report):
        yield ""
        yield f"Changes by {name}"
        yield from ("  " + line for line in table(head, rows))
        if rest:
            yield f"  and {rest:,} with other values"
    for title, head, rows in examples(report):
        yield ""
        yield title
        yield from ("  " + line for line in table(head, rows))


def inputs(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what was replayed and with which lists, policy and engine, as (name, value)."""
    ranges = ", ".join(f"{partition}:{start}-{end}" for partition, (start, end) in sorted(run.span.items()))
    yield "topic", f"{run.topic} {ranges}"
    yield "lists", run.list_version + (f" from {' '.join(run.lists)}" if run.lists else "")
    yield "policy", run.policy_version + (f" from {run.policy}" if run.policy else "")
    yield "engine", run.engine_version
    yield "by", f"{run.by}, {run.started_at:%Y-%m-%dT%H:%M:%SZ}" + (f": {run.why}" if run.why else "")


def sentence(counts: Counts) -> str:
    """Return the result of the replay in one sentence."""
    return (
        f"Of {counts.payments:,} payments, {counts.held:,} more would be held and {counts.released:,}"
        f" released; {counts.reason:,} be held for another reason, {counts.matches:,} with other matches."
    )


def other_counts(counts: Counts) -> Iterator[tuple[str, int]]:
    """Yield the counts beside the changes that are not zero, as (text, count)."""
    texts = {
        "same": "decided as before",
        "reviewed": "decided by people, and no new entry concerns them",
        "needs_review": "held for a reason that rescreening may not lift: people decide",
        "undecided": "not decided yet: nothing to compare with",
        "unreadable": "records that cannot be read, held as INVALID_EVENT",
        "passed_over": "excluded by the filter, or payments of the probe",
        "gone": "offsets without a record: compacted, or transaction markers",
        "published": "decisions published",
    }
    yield from ((text, getattr(counts, name)) for name, text in texts.items() if getattr(counts, name))


def breakdowns(report: Report) -> Iterator[tuple[str, tuple[str, ...], list[tuple[object, ...]], int]]:
    """Yield, per dimension: name, table head, rows with the largest first, and the sum of the other rows."""
    kinds = [kind for kind in ALL_CHANGES if getattr(report.counts, kind)]
    if not kinds:
        return
    for name, by in report.tallies.items():
        ranked = sorted(by.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
        rows: list[tuple[object, ...]] = [
            (value, *(counts.get(kind, 0) for kind in kinds)) for value, counts in ranked[:MAX_VALUES]
        ]
        yield name, (name, *kinds), rows, sum(sum(by.values()) for _, by in ranked[MAX_VALUES:])


def examples(report: Report) -> Iterator[tuple[str, tuple[str, ...], list[tuple[object, ...]]]]:
    """Yield, per kind of change: title, table head, and the payments nearest to the threshold."""
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
            for change in report.nearest[kind]
        ]
        if rows:
            yield f"{kind.capitalize()}: nearest to the threshold first", head, rows


def _value(change: Change, name: str) -> str:
    if name == "reason":
        return change.before.reason if change.kind == "released" else change.after.reason
    return str(getattr(change, name))


def _distance(change: Change) -> tuple[float, int, int]:
    """Sort key: the lowest score that holds and the highest that was released come first."""
    score = -change.before.score if change.kind == "released" else change.after.score
    return score, change.partition, change.offset
