"""`python -m bench.paired --against COMMIT`: what does a payment cost here, and at another commit?

Two processes, one of each checkout, decide the same payments in turn, a hundred at a time, so that whatever
else the machine does slows both. The first half of the payments warms up the caches. Each side has its own
modules and policy, and the libraries of this checkout's environment. `--traffic` chooses kinds of traffic:
`customers` warms up for 20,000 payments.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import msgspec

from bench.engine import TRAFFIC, Traffic
from bench.figures import Figure, Measurement
from bench.gate import build_lists_in_child
from bench.identity import checked_out
from bench.lists import choose_lists
from bench.page import DATA
from bench.parties import ordinary_parties
from deploy.local.daemon import ROOT
from deploy.local.sandbox import sandbox
from holdgate.core.lists.snapshot import load_snapshot

RUNNER = ROOT / "bench" / "paired_run.py"
TURN = 100
"""Payments that one side decides at a time."""


class Side:
    """A process that decides with the modules of one checkout."""

    def __init__(self, checkout: Path, payments: Path, lists: Mapping[str, str]) -> None:
        paths = [f"{name}={Path(path).resolve()}" for name, path in lists.items()]
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(RUNNER), str(payments), *paths],
            env={**os.environ, "PYTHONPATH": str(checkout / "services")},
            cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self._answer() != "ready":
            raise RuntimeError(f"{checkout} cannot decide: its own error is above")

    def seconds(self, label: str, start: int) -> float:
        """Return the CPU seconds for one turn of payments."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{label} {start} {start + TURN}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def compare(sides: Sequence[Side], traffic: Traffic, number: int) -> Iterator[Figure]:
    """Yield the cost of `number` payments on both sides, after those that warm up the caches."""
    totals = [0.0, 0.0]
    label, warm = traffic.label, number if traffic.warm is None else traffic.warm
    for turn, start in enumerate(range(0, warm + number, TURN)):
        for i in (0, 1) if turn % 2 else (1, 0):
            seconds = sides[i].seconds(label, start)
            totals[i] += seconds if start >= warm else 0.0
    before, now = totals
    yield Figure(f"paired.{label}.before", before / number * 1e6, "us per payment")
    yield Figure(f"paired.{label}.now", now / number * 1e6, "us per payment")
    yield Figure(f"paired.{label}.ratio", now / before, "times the cost before")


@click.command()
@click.option("--against", metavar="COMMIT", required=True, help="The commit to compare with.")
@click.option("--payments", default=1_000, show_default=True, help="Payments of each traffic, in hundreds.")
@click.option("--traffic", "chosen", multiple=True, help="Only this traffic; may be repeated.")
@click.option("--warm", type=int, help="Payments that warm up the caches, instead of the traffic's own.")
@click.option("--record", is_flag=True, help="Replace these figures in docs/data/performance.json.")
def main(against: str, payments: int, chosen: tuple[str, ...], warm: int | None, record: bool) -> None:
    """Measure the cost of a payment here and at another commit, side by side."""
    kinds = [traffic for traffic in TRAFFIC if not chosen or traffic.label in chosen]
    kinds = kinds if warm is None else [traffic._replace(warm=warm) for traffic in kinds]
    entries = load_snapshot(build_lists_in_child().data).entries
    _, pool = ordinary_parties()
    recorded_traffic = {
        traffic.label: [
            (record.payment_id, record.value) for record in traffic.records(pool, entries, payments)
        ]
        for traffic in kinds
    }
    with sandbox("paired") as folder, contextlib.ExitStack() as exits:
        recorded = folder / "payments"
        recorded.write_bytes(msgspec.msgpack.encode(recorded_traffic))
        checkouts = (exits.enter_context(checked_out(against, folder)), ROOT)
        sides = [Side(checkout, recorded, choose_lists()[1]) for checkout in checkouts]
        for side in sides:
            exits.callback(side.close)
        figures: list[Figure] = []
        for traffic in kinds:
            for figure in compare(sides, traffic, payments):
                print(figure.line, flush=True)
                figures.append(figure)
    if record:
        recorded_before = Measurement.from_json(DATA.read_text(encoding="utf-8"))
        measured = tuple(f"paired.{traffic.label}." for traffic in kinds)
        others = [figure for figure in recorded_before.figures if not figure.name.startswith(measured)]
        merged = msgspec.structs.replace(recorded_before, figures=[*others, *figures])
        DATA.write_text(merged.to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
