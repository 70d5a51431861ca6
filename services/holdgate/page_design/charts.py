"""Charts as SVG, drawn on the server: no script, no inline style, colours from the stylesheet.

Each chart has a title for readers who do not see it, and its series differ by dashes as well as by colour.
Figures that matter stand beside a chart as text.
"""

from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from markupsafe import Markup

CHART_WIDTH, CHART_HEIGHT = 420, 150
"""Units of the drawing, which is scaled to the width of its column."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 10, 20
MAX_GAP_STEPS = 3
"""Steps between two points from which a line is interrupted: nothing was measured in between."""

MAX_FAR_LIMIT = 60.0
"""Limits up to this are always on the scale: a deadline of seconds, but not one of a day."""

BAR_LENGTH, BAR_THICKNESS = 240, 14


class ChartLine(NamedTuple):
    """A line: its name, its number (1 to 4, which sets colour and dashes), and its points in order of x."""

    name: str
    number: int
    points: Sequence[tuple[float, float]]


class ChartAxis(NamedTuple):
    """The range of x, and what is written below it at which x."""

    low: float
    high: float
    labels: Sequence[tuple[float, str]]


def line_chart(
    title: str,
    axis: ChartAxis,
    lines: Sequence[ChartLine],
    *,
    y_max: float | None = None,
    limit: float | None = None,
    y_text: Callable[[float], str] = "{:,g}".format,
    step: float | None = None,
    height: int = CHART_HEIGHT,
    diagonal: bool = False,
) -> Markup:
    """Return a chart of lines from zero upwards.

    `y_max` is the top of the scale, by default a round number above all values. `limit` is drawn as a line
    across; unless it is small, only if the values come near it. `step` is the usual distance of points, for
    gaps. `diagonal` draws the line of chance of a ROC curve.
    """
    highest = max((y for line in lines for _, y in line.points), default=0.0)
    has_limit = limit is not None and limit < max(MAX_FAR_LIMIT, 4 * highest)
    top = y_max or round_up(max(highest, limit if limit and has_limit else 0.0))
    plot_width, plot_height = CHART_WIDTH - _LEFT - _RIGHT, height - _TOP - _BOTTOM

    def place(x: float, y: float) -> str:
        right = _LEFT + plot_width * (x - axis.low) / ((axis.high - axis.low) or 1.0)
        return f"{right:.1f},{_TOP + plot_height * (1 - min(y, top) / top):.1f}"

    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img"><title>{}</title>').format(
            CHART_WIDTH, height, title
        )
    ]
    for share in (0.0, 0.5, 1.0):
        y = _TOP + plot_height * (1 - share)
        parts.append(
            Markup(
                '<path class="grid" d="M{} {:.1f}H{}"/><text class="tick" x="{}" y="{:.1f}">{}</text>'
            ).format(_LEFT, y, CHART_WIDTH - _RIGHT, _LEFT - 5, y + 4, y_text(top * share))
        )
    for x, text in axis.labels:
        left = float(place(x, 0.0).partition(",")[0])
        anchor = "start" if x <= axis.low else "end" if x >= axis.high else "middle"
        parts.append(
            Markup('<text class="below" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
                left, height - 4, anchor, text
            )
        )
    if diagonal:
        points = f"{place(axis.low, 0.0)} {place(axis.high, top)}"
        parts.append(Markup('<polyline class="grid" points="{}"/>').format(points))
    if limit is not None and has_limit:
        points = f"{place(axis.low, limit)} {place(axis.high, limit)}"
        parts.append(Markup('<polyline class="limit" points="{}"/>').format(points))
    for line in lines:
        for run in _unbroken(line.points, step):
            points = " ".join(place(x, y) for x, y in run)
            if len(run) == 1:
                points = f"{points} {points}"
            parts.append(Markup('<polyline class="line n{}" points="{}"/>').format(line.number, points))
    return Markup("").join(parts) + Markup("</svg>")


def share_bar(
    share: float,
    low: float | None = None,
    high: float | None = None,
    *,
    target: float | None = None,
    full: float = 1.0,
    is_bad: bool = False,
) -> Markup:
    """Return a bar for a share, of which `full` fills the track.

    `low` and `high` are an interval, drawn as a line with ends; `target` is a mark across the bar.
    """

    def place(value: float) -> float:
        return round(min(1.0, max(0.0, value / full)) * BAR_LENGTH, 1)

    parts = [
        Markup(
            '<svg class="bar-chart" width="{0}" height="{1}" viewBox="0 0 {0} {1}" aria-hidden="true">'
        ).format(BAR_LENGTH, BAR_THICKNESS),
        Markup('<rect class="track" y="3" width="{}" height="8"/>').format(BAR_LENGTH),
        Markup('<rect class="{}" y="3" width="{}" height="8"/>').format(
            "fill bad" if is_bad else "fill", place(share)
        ),
    ]
    if low is not None and high is not None:
        start, end = place(low), place(high)
        parts.append(Markup('<path class="interval" d="M{0} 7H{1}M{0} 4V10M{1} 4V10"/>').format(start, end))
    if target is not None:
        parts.append(Markup('<path class="target" d="M{0} 0V14"/>').format(place(target)))
    return Markup("").join(parts) + Markup("</svg>")


def line_sample(number: int) -> Markup:
    """Return a short piece of a line, for the legend of a chart; 0 is the limit."""
    kind = f"line n{number}" if number else "limit"
    return Markup(
        '<svg class="sample" width="22" height="8" viewBox="0 0 22 8" aria-hidden="true">'
        '<polyline class="{}" points="1,4 21,4"/></svg>'
    ).format(kind)


def round_up(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten that is not below a value; 1 for zero."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    steps = next(step for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))
    return steps * power if power < 1 else float(ceil(steps * power))


def _unbroken(points: Sequence[tuple[float, float]], step: float | None) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = []
    for point in points:
        if not runs or (step is not None and point[0] - runs[-1][-1][0] > MAX_GAP_STEPS * step):
            runs.append([])
        runs[-1].append(point)
    return runs
