"""`python -m bench.page`: write docs/performance.md and its plots from docs/data/performance.json.

The data file has every measured figure with its unit; the page shows a selection in tables.
"""

from collections.abc import Iterator, Mapping
from math import sqrt
from pathlib import Path

from bench.figures import Measurement, format_value
from bench.model import scaling
from bench.plot import Axes, Point, svg
from bench.sections import CAPACITY, HEAD, SECTIONS, SUMMARY, WORKLOAD, Matrix
from deploy.documents import table, wrap
from deploy.local.daemon import ROOT

PAGE = ROOT / "docs" / "performance.md"
DATA = ROOT / "docs" / "data" / "performance.json"

Values = Mapping[str, float]


def write(measurement: Measurement, page_path: Path) -> None:
    """Write the page, its data to `data/` and its plots to `images/` beside it."""
    data = page_path.parent / "data" / f"{page_path.stem}.json"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(measurement.to_json(), encoding="utf-8")
    write_page(measurement, page_path)


def write_page(measurement: Measurement, page_path: Path) -> None:
    """Write the page and its plots to `images/` beside it."""
    images = page_path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    files = {}
    for title, drawing in _plots(measurement.values):
        file = images / f"{page_path.stem}-{title}.svg"
        file.write_text(drawing, encoding="utf-8")
        files[title] = f"images/{file.name}"
    page_path.write_text(page(measurement, files), encoding="utf-8")


def page(measurement: Measurement, plots: Mapping[str, str] | None = None) -> str:
    """Return the page; `plots` maps the title of each plot to its file."""
    return "\n".join(_lines(measurement, plots or {})) + "\n"


def _lines(measurement: Measurement, plots: Mapping[str, str]) -> Iterator[str]:
    values = measurement.values
    yield from ("# How fast is Holdgate?", "")
    yield wrap(HEAD.format(payments=measurement.payments))
    rows = [(label, format_value(values[name])) for name, label in SUMMARY.items() if name in values]
    if rows:
        yield from ("", "## In short", "", *table(("what", "measured"), rows, right=(1,)))
    yield from ("", "## What was measured, and on what?", "")
    yield from (wrap(f"- {what}: {value}", "  ") for what, value in measurement.circumstances.items())
    yield from ("", wrap(WORKLOAD))
    for section in SECTIONS.values():
        tables = [lines for matrix in section.tables if (lines := list(_matrix(matrix, values)))]
        if not tables:
            continue
        yield from ("", f"## {section.heading}", "", wrap(section.text))
        if section.plot in plots:
            yield from ("", f"![{section.plot}]({plots[section.plot]})")
        for lines in tables:
            yield from ("", *lines)
    if model := list(scaling(values)):
        yield from ("", "## How many workers does a rate need?", "", wrap(CAPACITY), "", *model)


def _matrix(matrix: Matrix, values: Values) -> Iterator[str]:
    """Yield the table without rows and columns that have no figure; nothing if no figure is there."""
    columns = [column for column in matrix.columns if any(f"{column}.{row}" in values for row in matrix.rows)]
    rows = [row for row in matrix.rows if any(f"{column}.{row}" in values for column in columns)]
    if columns:
        cells = [
            (
                matrix.rows[row],
                *(
                    format_value(values[f"{column}.{row}"]) if f"{column}.{row}" in values else ""
                    for column in columns
                ),
            )
            for row in rows
        ]
        header = ("what", *(matrix.columns[column] for column in columns))
        yield from table(header, cells, right=range(1, len(header)))


def _plots(values: Values) -> Iterator[tuple[str, str]]:
    loads = [
        name.split(".")[2]
        for name in values
        if name.startswith("pipeline.latency.") and name.endswith(".p50")
    ]
    if loads:
        latency = {
            label: [
                (
                    values[f"pipeline.latency.{load}.rate"],
                    max(0.1, values[f"pipeline.latency.{load}.{label}"]),
                )
                for load in loads
            ]
            for label in ("p50", "p90", "p99", "p99.9")
        }
        axes = Axes(
            "Latency against load",
            "payments per second, one worker",
            "ms from due time to decision",
            log=True,
        )
        yield "pipeline-latency", svg(axes, latency)
    growth: list[Point] = [
        (float(name.removeprefix("engine.growth.").rstrip("x")), value)
        for name, value in values.items()
        if name.startswith("engine.growth.")
    ]
    if growth:
        root = [(x, growth[0][1] * sqrt(x / growth[0][0])) for x, _ in growth]
        axes = Axes("Cost against list size", "times the lists", "us per payment, caches empty")
        yield "engine-growth", svg(axes, {"measured": growth, "square root": root})


def main() -> None:
    """Write the page and its plots from the data file."""
    write_page(Measurement.from_json(DATA.read_text(encoding="utf-8")), PAGE)


if __name__ == "__main__":
    main()
