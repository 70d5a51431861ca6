"""`python -m bench.contexts`: names in context alone, on the reference data, without the other measurements.

Prints the table of `holdgate quality`, or writes it as JSON with -o. docs/data/contexts-before.json was
written with the contexts of this package and the engine of d4aaa59, which decides as b9f0810 does.
"""

from pathlib import Path

import click
import msgspec

from bench.lists import build_measured_lists
from bench.parties import REFERENCE
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.quality.contexts import measure_contexts, whole_payments
from holdgate.quality.ordinary_payments import measure_held_payments, ordinary_payments
from holdgate.quality.reference_data import read_ordinary_names
from holdgate.quality.table import render_contexts


@click.command()
@click.option("--seed", default=7, show_default=True)
@click.option("--size", default=25, show_default=True, help="Names of each type per context.")
@click.option("--payments", default=5_000, show_default=True, help="Payments between ordinary parties.")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write JSON to this file.")
def main(seed: int, size: int, payments: int, output: Path | None) -> None:
    """Measure names in context."""
    screener = Screener(load_snapshot(build_measured_lists().data), choose_policy(None))
    ordinary = read_ordinary_names(REFERENCE)
    rows = measure_contexts(screener, screener.snapshot.entries, ordinary, seed, size)
    report = {
        "seed": seed,
        "size": size,
        "contexts": rows,
        "payments": measure_held_payments(screener, list(ordinary_payments(ordinary, seed, payments))),
        "whole_payments": measure_held_payments(screener, list(whole_payments(ordinary, seed, payments))),
    }
    click.echo("\n".join(render_contexts(rows)))
    if output is not None:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


if __name__ == "__main__":
    main()
