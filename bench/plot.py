"""A line plot as SVG, small enough to commit and reproducible from the same numbers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 70, 110, 40, 50
_COLOURS = ("#1b6ca8", "#d1495b", "#66a182", "#8d6a9f", "#c98f1a")

Point = tuple[float, float]


class Axes(NamedTuple):
    """Title and axes of a plot; `log` makes the vertical axis logarithmic."""

    title: str
    x: str
    y: str
    log: bool = False


def svg(axes: Axes, lines: Mapping[str, Sequence[Point]]) -> str:
    """Return the plot; raise `ValueError` if there are no points."""
    points = [point for line in lines.values() for point in line]
    if not points:
        raise ValueError(f"nothing to plot for {axes.title}")
    return "\n".join(_elements(axes, lines, points)) + "\n"


def _elements(axes: Axes, lines: Mapping[str, Sequence[Point]], points: Sequence[Point]) -> Iterator[str]:
    max_x = max(x for x, _ in points)
    ticks = _decades(points) if axes.log else _even(max(y for _, y in points))
    low, high = (math.log10(ticks[0]), math.log10(ticks[-1])) if axes.log else (0.0, ticks[-1])

    def place(x: float, y: float) -> str:
        share = ((math.log10(y) if axes.log else y) - low) / (high - low)
        across = LEFT + x / max_x * (WIDTH - LEFT - RIGHT)
        return f"{across:.1f},{HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM):.1f}"

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="white"/>'
    )
    yield f'<text x="{LEFT}" y="20" font-size="15">{escape(axes.title)}</text>'
    yield f'<text x="{WIDTH // 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(axes.x)}</text>'
    yield f'<text x="{LEFT}" y="{TOP - 5}" fill="#555">{escape(axes.y)}</text>'
    for tick in ticks:
        start, end = place(0, tick), place(max_x, tick)
        yield f'<polyline points="{start} {end}" stroke="#ddd" fill="none"/>'
        y_label = float(start.split(",")[1]) + 4
        yield f'<text x="{LEFT - 6}" y="{y_label:.1f}" text-anchor="end">{tick:,.10g}</text>'
    for x in sorted({x for x, _ in points}):
        x_label = place(x, ticks[0]).split(",")[0]
        yield f'<text x="{x_label}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:,.4g}</text>'
    for colour, (label, line) in zip(_COLOURS, lines.items(), strict=False):
        coordinates = " ".join(place(x, y) for x, y in line)
        yield f'<polyline points="{coordinates}" stroke="{colour}" stroke-width="2" fill="none"/>'
        end_x, end_y = place(*line[-1]).split(",")
        yield f'<text x="{float(end_x) + 6:.1f}" y="{end_y}" fill="{colour}">{escape(label)}</text>'
    yield "</svg>"


def _decades(points: Sequence[Point]) -> list[float]:
    low = math.floor(math.log10(min(y for _, y in points)))
    high = math.ceil(math.log10(max(y for _, y in points)))
    return [10.0**exponent for exponent in range(low, max(high, low + 1) + 1)]


def _even(maximum: float) -> list[float]:
    step = 10.0 ** math.floor(math.log10(maximum))
    step = next(step * part for part in (0.2, 0.5, 1.0, 2.0) if maximum / (step * part) <= 6)
    return [step * number for number in range(math.ceil(maximum / step) + 1)]
