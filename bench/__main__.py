"""`python -m bench BENCH|all`: measure, a line a figure, or --json."""

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
from bench.figures import Figure, circumstances, write
from bench.lists import measured
from bench.parties import ordinary

BENCHES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "parser": parser.parser,
    "engine": engine.engine,
    "hostile": hostile.hostile,
    "pipeline": pipeline.pipeline,
    "floor": floor.floor,
    "start": start.start,
    "swap": swap.swap,
    "peers": peers.peers,
    "pressure": lambda _: pressure.pressure(),
}


@click.command()
@click.argument("bench", type=click.Choice([*BENCHES, "all"]))
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
@click.option("--payments", default=2_000, show_default=True, help="Payments a run.")
@click.option("--seconds", type=float, help="Seconds of flood, for the bench `pressure`.")
@click.option("--page", "written", type=click.Path(path_type=Path), help="Write docs/performance.md here.")
def main(bench: str, as_json: bool, payments: int, seconds: float | None, written: Path | None) -> None:
    """Measure, each bench on its own or all of them in turn."""
    about = circumstances() | {"lists": measured()[0], "names": ordinary()[0]}
    chosen = BENCHES.values() if bench == "all" else [BENCHES[bench]]
    if bench == "pressure" and seconds is not None:
        chosen = [lambda _: pressure.pressure(seconds)]
    figures: list[Figure] = []
    write(_kept(chain.from_iterable(measure(payments) for measure in chosen), figures), about, as_json)
    if written is not None:
        page.write(figures, about, payments, written)


def _kept(figures: Iterator[Figure], into: list[Figure]) -> Iterator[Figure]:
    for figure in figures:
        into.append(figure)
        yield figure


if __name__ == "__main__":
    main()
