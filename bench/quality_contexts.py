"""The part of docs/quality.md about names in context."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.documents import table, wrap

Row = Mapping[str, Any]

INTRODUCTION = """Payments rarely carry a name alone: an account has two holders, a name continues on the next
line, an address follows it. Each context of services/holdgate/quality/contexts.toml is filled with {size}
listed persons and {size} listed entities, exactly as they are spelt, with as many that have one letter
inserted, deleted, replaced or swapped, and with ordinary names; the seed is {seed}. The share of payments
that the policy holds, in percent: listed names should all be held, ordinary names should not. `before` is the
same measurement, with {before_size} names of each type and the same seed, of the engine before names were
searched for in context (commit {commit})."""
COLUMNS = {
    "persons": "persons",
    "entities": "entities",
    "edited_persons": "persons, one edit",
    "edited_entities": "entities, one edit",
}
BEFORE = "b9f0810"


def contexts(report: Row, before: Row) -> Iterator[str]:
    """Yield the summary and the table of all contexts, each beside what it was before."""
    size = max(row["persons"]["tried"] for row in report["contexts"])
    introduction = INTRODUCTION.format(
        size=size, seed=report["seed"], before_size=before["size"], commit=BEFORE
    )
    yield wrap(introduction)
    yield ""
    yield from _overview(report, before)
    yield ""
    earlier = {row["name"]: row for row in before["contexts"]}
    rows = [
        (
            row["group"],
            row["name"],
            *(_change(earlier.get(row["name"]), row, column) for column in ("persons", "entities")),
            *(_percent(_share(row[column])) for column in ("edited_persons", "edited_entities")),
            _percent(_share(row["ordinary"])),
        )
        for row in report["contexts"]
    ]
    head = ("group", "context", "persons: before, now", "entities: before, now", "persons, one edit")
    yield from table((*head, "entities, one edit", "ordinary"), rows, right=range(2, 7))


def contexts_summary(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return what the summary of the page says of contexts."""
    return [
        ("listed names held, mean of the contexts", _of_both(rows, "persons", "entities", _mean)),
        ("listed names held, worst context", _of_both(rows, "persons", "entities", min)),
        (
            "listed names with one edit held, mean of the contexts",
            _of_both(rows, "edited_persons", "edited_entities", _mean),
        ),
        ("ordinary names in the contexts held", f"{_percent(_ordinary(rows), 2)} %"),
    ]


def _overview(report: Row, before: Row) -> Iterator[str]:
    both = (before["contexts"], report["contexts"])
    rows = [
        (f"listed {label}, {kind} of the contexts", *(_percent(pick(_shares(rows, key))) for rows in both))
        for key, label in COLUMNS.items()
        for kind, pick in (("mean", _mean), ("lowest", min))
    ]
    rows.append(("ordinary names in the contexts", *(_percent(_ordinary(rows), 2) for rows in both)))
    for key, label in (("payments", "ordinary payments"), ("whole_payments", "whole ordinary messages")):
        held = ((part[key]["held"], part[key]["payments"]) for part in (before, report))
        rows.append((label, *(_percent(stopped / total, 2) for stopped, total in held)))
    yield from table(("held, in percent", "before", "now"), rows, right=(1, 2))


def _of_both(rows: Sequence[Row], persons: str, entities: str, pick: Any) -> str:
    shares = (_percent(pick(_shares(rows, column))) for column in (persons, entities))
    return "persons {} %, entities {} %".format(*shares)


def _change(before: Row | None, now: Row, column: str) -> str:
    earlier = _percent(_share(before[column])) if before else "-"
    return f"{earlier}, {_percent(_share(now[column]))}" if now[column]["tried"] else ""


def _shares(rows: Sequence[Row], column: str) -> list[float]:
    return [share for row in rows if (share := _share(row[column])) is not None]


def _share(count: Row) -> float | None:
    return count["held"] / count["tried"] if count["tried"] else None


def _ordinary(rows: Sequence[Row]) -> float:
    held, tried = (sum(row["ordinary"][key] for row in rows) for key in ("held", "tried"))
    return float(held / tried)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _percent(share: float | None, digits: int = 1) -> str:
    return "" if share is None else f"{100 * share:.{digits}f}"
