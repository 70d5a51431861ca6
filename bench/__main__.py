"""`python -m bench BENCH|all`: measure and print one line per figure, or JSON with --json."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import click

from bench import (
    engine,
    floor,
    hostile,
    page,
    parser,
    peers,
    pipeline,
    pressure,
    start,
    swap,
)
from bench.figures import Figure, describe_circumstances, print_figures
from bench.lists import choose_lists
from bench.parties import ordinary_parties

BENCHES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "parser": parser.measure,
    "engine": engine.measure,
    "hostile": hostile.measure,
    "pipeline": pipeline.measure,
    "floor": floor.measure,
    "start": start.measure,
    "swap": swap.measure,
    "peers": peers.measure,
    "pressure": lambda _: pressure.measure(),
}


@click.command()
@click.argument("bench", type=click.Choice([*BENCHES, "all"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end instead of lines.")
@click.option("--payments", default=2_000, show_default=True, help="Payments per bench.")
@click.option("--seconds", type=float, help="Duration of the flood of the bench `pressure`.")
@click.option(
    "--page",
    "page_path",
    type=click.Path(path_type=Path),
    help="Write the page to this file, its data to data/ and its plots to images/ beside it.",
)
def main(bench: str, as_json: bool, payments: int, seconds: float | None, page_path: Path | None) -> None:
    """Run one bench, or all of them one after the other, and print every measured figure."""
    about = describe_circumstances() | {"lists": choose_lists()[0], "names": ordinary_parties()[0]}
    chosen = BENCHES.values() if bench == "all" else [BENCHES[bench]]
    if bench == "pressure" and seconds is not None:
        chosen = [lambda _: pressure.measure(seconds)]
    figures = chain.from_iterable(measure(payments) for measure in chosen)
    measurement = print_figures(figures, about, payments, as_json)
    if page_path is not None:
        page.write(measurement, page_path)


if __name__ == "__main__":
    main()
