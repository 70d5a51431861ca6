"""`python -m chaos.run_tables`: write the tables of fault runs from docs/data/fault-runs.jsonl.

Each line of the data file is the last line that one run of `make chaos` printed, less the reasons of its
decisions, with three members added by hand: `series` (the group of runs it belongs to), `workers` and `note`.
Runs of series 1 were recorded with fewer members; of series 2 only the figures of the table are left.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chaos.checker import INVARIANTS
from deploy.documents import replace_block, table, wrap
from deploy.local.daemon import ROOT

DATA = ROOT / "docs" / "data" / "fault-runs.jsonl"
DOCUMENTS = (ROOT / "docs" / "fault-runs.md", ROOT / "docs" / "reliability.md")
CURRENT = "5"
"""The series that docs/reliability.md summarises."""
BROKEN = (*INVARIANTS, "stalled", "late_ends")
COLUMNS = (
    *(
        "seed",
        "rounds",
        "brokers",
        "workers",
        "payments",
        "decisions",
        "faults",
        "kills",
        "back (s)",
        "gap (s)",
    ),
    *("broken guarantees", "note"),
)
BROKER_FAULTS = ("broker_kill", "broker_pause", "broker_disk_full", "leader_kill", "isr_below_minimum")

Run = dict[str, Any]


def read_runs(path: Path = DATA) -> list[Run]:
    """Return the recorded runs, in the order of the file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def update(page: str, runs: Sequence[Run]) -> str:
    """Return the page with each of its blocks of fault runs regenerated."""
    for name, lines in BLOCKS.items():
        if f"<!-- begin {name}:" in page:
            page = replace_block(page, name, lines(runs))
    return page


def totals(runs: Sequence[Run]) -> list[str]:
    """Return one sentence with the sums of these runs, wrapped into lines."""
    faults: Counter[str] = Counter()
    for run in runs:
        faults.update(run.get("faults", {}))
    failovers, full_disks = faults["redis_failover"], faults["broker_disk_full"]
    sums = [
        (len(runs), "runs"),
        (sum(run["payments"] for run in runs), "payments"),
        (sum(run["decisions"] for run in runs), "decisions"),
        (sum(map(_worker_kills, runs)), "workers killed"),
        (faults["redis_kill"] + failovers, f"Redis servers killed ({failovers} of them failovers)"),
        (faults["redis_flush"], "flushes of Redis with a list change"),
        (sum(faults[kind] for kind in BROKER_FAULTS), f"broker faults ({full_disks} of them full disks)"),
        (faults["rolling_restart"], "rolling restarts"),
        (faults["worker_freeze"], "frozen workers"),
        (faults["clock_jump"], "wrong clocks"),
        (faults["list_damage"], "damaged lists"),
        (sum(run.get("following", 0) for run in runs), "decisions that replaced another"),
        (faults["claims_forged"], "series of forged claims"),
        (sum(map(_cases, runs)), "cases"),
        (sum(map(_review_kills, runs)), "review processes killed"),
        (sum(map(_late_events, runs)), "decisions of people whose event came more than 5 s later"),
        (faults["lists_conflict"], "conflicts between publishers of lists"),
        (faults["projection_loss"], "lost projections"),
        (sum(run["rounds"] for run in runs if run["nodes"] == 3), "rounds with three brokers"),
    ]
    sentence = "Totals: " + ", ".join(f"{number:,} {noun}" for number, noun in sums if number) + "."
    return wrap(sentence).splitlines()


def runs_table(runs: Sequence[Run]) -> list[str]:
    """Return the table of these runs, one row per run."""
    return table(COLUMNS, map(_cells, runs), right=range(10))


def control_table(runs: Sequence[Run]) -> list[str]:
    """Return the table of the control runs, one row per run and a column per guarantee."""
    header = ("seed", "payments", "decisions", *(name.replace("_", " ") for name in INVARIANTS))
    columns = ("payments", "decisions", *INVARIANTS)
    rows = [
        (str(run["seed"]), *(f"{run[column]:,}" if column in run else "-" for column in columns))
        for run in runs
    ]
    return table(header, rows, right=range(len(header)))


def summary(runs: Sequence[Run]) -> list[str]:
    """Return the summary of the current series."""
    passed = sum(run["holds"] for run in runs)
    slowest = max(run["back_to_work_seconds"] for run in runs)
    gap = max(run["longest_gap_seconds"] for run in runs)
    late = sum(run["late_releases"] for run in runs)
    broken = Counter[str]()
    for run in runs:
        broken.update({name: run[name] for name in BROKEN if run.get(name)})
    rows = [
        ("runs", f"{len(runs)}, of which {passed} passed"),
        ("payments", f"{sum(run['payments'] for run in runs):,}"),
        ("decisions", f"{sum(run['decisions'] for run in runs):,}"),
        ("workers killed", f"{sum(map(_worker_kills, runs)):,}"),
        ("faults", f"{sum(map(_fault_count, runs)):,}"),
        ("missing, conflicting, out of order", _count(broken, "missing", "conflicting", "out_of_order")),
        ("unscreened releases", _count(broken, "unscreened_releases")),
        ("offsets committed too early", _count(broken, "offsets_ahead")),
        ("records not accounted for", _count(broken, "unaccounted")),
        ("rounds that stalled", _count(broken, "stalled")),
        ("workers that did not stop within 45 s of SIGTERM", _count(broken, "late_ends")),
        ("longest time from the last fault until the backlog was gone", f"{slowest} s"),
        ("longest time without a decision while a payment waited", f"{gap} s"),
        ("releases claimed in time but written after their deadline", f"{late:,}"),
    ]
    return table(("what", "result"), rows, right=(1,))


def _count(broken: Counter[str], *names: str) -> str:
    return f"{sum(broken[name] for name in names):,}"


def _cells(run: Run) -> list[str]:
    back = run["back_to_work_seconds"]
    broken = [f"{run[name]:,} {name.replace('_', ' ')}" for name in BROKEN if run.get(name)]
    return [
        str(run["seed"]),
        str(run["rounds"]),
        str(run["nodes"]),
        str(run["workers"]),
        f"{run['payments']:,}",
        f"{run['decisions']:,}",
        str(_fault_count(run)),
        str(_worker_kills(run)),
        "-" if back is None else str(back),
        str(run["longest_gap_seconds"]),
        ", ".join(broken),
        run["note"],
    ]


def _fault_count(run: Run) -> int:
    return sum(run["faults"].values()) if "faults" in run else int(run["fault_count"])


def _cases(run: Run) -> int:
    return sum(run.get("review", {}).get("cases", {}).values())


def _review_kills(run: Run) -> int:
    return int(run.get("review", {}).get("process_ends", {}).get("SIGKILL", 0))


def _late_events(run: Run) -> int:
    return int(run.get("review", {}).get("late_events", 0))


def _worker_kills(run: Run) -> int:
    if "worker_ends" in run:
        return int(run["worker_ends"].get("SIGKILL", 0))
    return int(run.get("worker_kills", 0))


def _of_series(
    series: str, *parts: Callable[[Sequence[Run]], list[str]]
) -> Callable[[Sequence[Run]], list[str]]:
    def lines(runs: Sequence[Run]) -> list[str]:
        chosen = [run for run in runs if run["series"] == series]
        blocks = [part(chosen) for part in parts]
        return [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]

    return lines


BLOCKS: dict[str, Callable[[Sequence[Run]], list[str]]] = {
    **{f"series {series}": _of_series(series, totals, runs_table) for series in "1234567"},
    "control": _of_series("control", control_table),
    "fault runs": _of_series(CURRENT, summary),
}


def main() -> None:
    """Write the tables of both documents."""
    runs = read_runs()
    for path in DOCUMENTS:
        path.write_text(update(path.read_text(encoding="utf-8"), runs), encoding="utf-8")


if __name__ == "__main__":
    main()
