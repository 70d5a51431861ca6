"""`python -m bench.spellings`: kinds of spellings alone, on the reference data.

Prints a table by kind, or writes it as JSON with -o. docs/data/spellings-before.json was written with the
kinds of this package and the engine of b9f0810.
"""

from pathlib import Path

import click
import msgspec

from bench.lists import build_measured_lists
from bench.parties import REFERENCE
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.quality.reference_data import read_common_names
from holdgate.quality.spellings.changes import spelt_names
from holdgate.quality.spellings.page import render_spellings
from holdgate.quality.spellings.spelling_rates import measure_spellings


@click.command()
@click.option("--seed", default=7, show_default=True)
@click.option("--size", default=25, show_default=True, help="Names per kind.")
@click.option("--only", default="", help="Only kinds whose name contains this.")
@click.option("--examples", default=0, show_default=True, help="Examples per kind that are printed.")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write JSON to this file.")
def main(seed: int, size: int, only: str, examples: int, output: Path | None) -> None:
    """Measure kinds of spellings."""
    screener = Screener(load_snapshot(build_measured_lists().data), choose_policy(None))
    names = spelt_names(screener.snapshot.entries, read_common_names(REFERENCE), seed, size, only)
    rows = measure_spellings(screener, names)
    click.echo("\n".join(render_spellings(rows, examples)))
    if output is not None:
        report = {"seed": seed, "size": size, "spellings": rows}
        output.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


if __name__ == "__main__":
    main()
