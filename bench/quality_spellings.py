"""The part of docs/quality.md about kinds of spellings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.comparison_page import code
from deploy.documents import table, wrap

Row = Mapping[str, Any]

INTRODUCTION = """Names are written differently in other languages and scripts, shortened and misheard. Each
kind of services/holdgate/quality/spellings/kinds.toml changes up to {size} listed names, by tables and rules
that the matcher does not use; the seed is {seed}. *now* is the share that is held, in percent, *first* the
share whose own entry scores highest, *before* the share that the engine of commit {commit} held, with
{before_size} names of each kind."""
STRANGERS = """These names are one step from a listed one and somebody else's, or borne by thousands of
people: the share held, in percent, which should be small."""
MEASURED = """Nicknames and acronyms are measured only: a name alone does not tell whose they are."""
CHANGED = """Names that were {before} and are {now}, from each kind in turn:"""
CHANGES_SHOWN = 20
MISSED = """Names that are still missed, one of each kind that finds fewer than {share:.0%}:"""
COMMIT = "b9f0810"
SHOWN_BELOW = 0.9
"""Kinds with a smaller share show an example of what they miss."""


def spellings(report: Row, before: Row) -> Iterator[str]:
    """Yield the tables of all kinds, each beside what it was before, and examples of what is missed."""
    rows = report["spellings"]
    size = max(row["tried"] for row in rows)
    introduction = INTRODUCTION.format(
        size=size, seed=report["seed"], commit=COMMIT, before_size=before["size"]
    )
    earlier = {row["name"]: row for row in before["spellings"]}
    for expects, text in (("found", introduction), ("measured", MEASURED), ("nobody", STRANGERS)):
        yield from (wrap(text), "")
        chosen = [row for row in rows if row["expects"] == expects]
        cells = [
            (
                row["group"],
                row["name"],
                str(row["tried"]),
                _percent(_share(earlier[row["name"]])),
                _percent(_share(row)),
                "" if expects == "nobody" else _percent(row["first"] / row["tried"]),
            )
            for row in chosen
        ]
        both = (_mean([earlier[row["name"]] for row in chosen]), _mean(chosen))
        cells.append(("", "mean", "", _percent(both[0]), _percent(both[1]), ""))
        yield from table(("group", "kind", "names", "before", "now", "first"), cells, right=range(2, 6))
        yield ""
    for expects, were, are in (("found", "missed", "found"), ("nobody", "held", "released")):
        yield from (wrap(CHANGED.format(before=were, now=are)), "")
        changed = [_no_longer(earlier[row["name"]], row) for row in rows if row["expects"] == expects]
        yield from table(("kind", "in the payment", "listed"), _in_turn(changed)[:CHANGES_SHOWN])
        yield ""
    yield from (wrap(MISSED.format(share=SHOWN_BELOW)), "")
    missed = [
        _example(row, row["examples"][0])
        for row in rows
        if row["expects"] == "found" and _share(row) < SHOWN_BELOW and row["examples"]
    ]
    yield from table(("kind", "in the payment", "listed"), missed)


def spellings_summary(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return what the summary of the page says of spellings."""
    found = [row for row in rows if row["expects"] == "found"]
    nobody = [row for row in rows if row["expects"] == "nobody"]
    return [
        ("listed names held, mean of the kinds of spellings", f"{_percent(_mean(found))} %"),
        ("listed names held, worst kind of spelling", f"{_percent(min(map(_share, found)))} %"),
        ("names one step from a listed one, or common ones, held", f"{_percent(_mean(nobody))} %"),
    ]


def _no_longer(before: Row, now: Row) -> list[tuple[str, ...]]:
    """Return the examples of the earlier measurement that the later one, of the same names, does not have."""
    names = {example.split(" = ", 1)[0] for example in now["examples"]}
    gone = (example for example in before["examples"] if example.split(" = ", 1)[0] not in names)
    return [_example(now, example) for example in gone] if before["tried"] == now["tried"] else []


def _in_turn(groups: Sequence[Sequence[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Return the first of each group, then the second of each."""
    longest = max(map(len, groups), default=0)
    return [group[turn] for turn in range(longest) for group in groups if turn < len(group)]


def _example(row: Row, example: str) -> tuple[str, ...]:
    return (row["name"], *map(code, example.split(" = ", 1)))


def _share(row: Row) -> float:
    return float(row["held"] / row["tried"])


def _mean(rows: Sequence[Row]) -> float:
    return sum(map(_share, rows)) / len(rows)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
