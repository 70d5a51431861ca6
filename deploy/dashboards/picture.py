"""`python -m deploy.dashboards.picture PROMETHEUS GATE [FILE.svg]`: the first screen without Grafana.

Prints panel, value, colour and limits, from the panels' own queries, and the firing alerts. With a file it
draws them, too.
"""

import json
import math
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from deploy.dashboards.first_screen import ALERTS, NOW
from deploy.dashboards.panels import Panel

COLOURS = {"green": "#299c46", "orange": "#d9730d", "red": "#c4162a", "blue": "#3274d9", "grey": "#6e7077"}
COLUMNS, WIDTH, HEIGHT, GAP = 6, 200, 120, 8


class Shown(NamedTuple):
    """A panel: its main value and the ones beside it as text, its colour and its limits."""

    title: str
    value: str
    beside: tuple[str, ...]
    colour: str
    limits: str


class Source:
    """A Prometheus, and the gate whose queries it answers."""

    def __init__(self, address: str, gate: str) -> None:
        self._address = address.rstrip("/")
        self._variables = {"$__rate_interval": "1m", "$cluster": "", "$namespace": "", "$gate": gate}

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series of an instant query."""
        for name, value in self._variables.items():
            query = query.replace(name, value)
        words = urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(f"{self._address}/api/v1/query?{words}", timeout=10) as answer:  # noqa: S310 - http
            found: list[dict[str, Any]] = json.loads(answer.read())["data"]["result"]
            return found

    def value(self, query: str) -> float | None:
        """Return the first value of a query; None if there is none."""
        values = [float(series["value"][1]) for series in self.ask(query)]
        return next((value for value in values if math.isfinite(value)), None)


def shown(panel: Panel, source: Source) -> Shown:
    """Return what a panel shows now."""
    values = [source.value(query.expr) for query in panel.queries]
    beside = tuple(
        f"{query.legend} {formatted(value, query.unit)}"
        for query, value in zip(panel.queries[1:], values[1:], strict=True)
        if value is not None
    )
    main = values[0]
    if main is None:
        return Shown(panel.title, panel.nothing or "no data", beside, "grey", limits_of(panel))
    reached = [limit.colour for limit in panel.limits if main >= limit.value]
    colour = reached[-1] if reached else panel.below
    return Shown(panel.title, formatted(main, panel.unit), beside, colour, limits_of(panel))


def limits_of(panel: Panel) -> str:
    """Return the limits of a panel as text."""
    steps = [f"from {formatted(limit.value, panel.unit)} {limit.colour}" for limit in panel.limits]
    return ", ".join([panel.below, *steps])


def formatted(value: float, unit: str) -> str:
    """Return a value with its unit."""
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        return f"{value:.3g} s" if value < 120 else f"{value / 3600:.3g} h"
    return (f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}") + ("/s" if unit == "reqps" else "")


def firing(source: Source) -> list[str]:
    """Return the firing alerts, pages first."""
    [panel] = ALERTS.panels
    found = [series["metric"] for series in source.ask(panel.queries[0].expr)]
    about = ("list", "instance", "payment", "reason", "job")
    return sorted(
        " ".join([one["severity"], one["alertname"], *(one[name] for name in about if name in one)])
        for one in found
    )


def draw(panels: Sequence[Shown], alerts: Sequence[str]) -> Iterator[str]:
    """Yield the lines of an SVG: a tile per panel before its colour, and the alerts below."""
    rows = math.ceil(len(panels) / COLUMNS)
    wide, tiles = COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP
    high = tiles + 24 * (1 + len(alerts)) + GAP
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" font-family="sans-serif">'
    yield f'<rect width="{wide}" height="{high}" fill="#111217"/>'
    for at, panel in enumerate(panels):
        x, y = GAP + at % COLUMNS * (WIDTH + GAP), GAP + at // COLUMNS * (HEIGHT + GAP)
        fill = COLOURS[panel.colour]
        yield f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="3" fill="{fill}"/>'
        yield _text(x + 8, y + 20, 13, panel.title)
        yield _text(x + 8, y + 62, 30, panel.value)
        for line, words in enumerate(panel.beside):
            yield _text(x + 8, y + 86 + 18 * line, 13, words)
    for line, alert in enumerate(alerts or ["Nothing is wrong."]):
        yield _text(GAP, tiles + 20 + 24 * line, 15, alert)
    yield "</svg>"


def _text(x: int, y: int, size: int, words: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="#fff">{escape(words)}</text>'


def main(address: str, gate: str, picture: str | None = None) -> None:
    """Print the first screen as a table, and draw it."""
    source = Source(address, gate)
    panels, alerts = [shown(panel, source) for panel in NOW.panels], firing(source)
    print("panel\tvalue\tbeside\tcolour\tlimits")
    for one in panels:
        print("\t".join((one.title, one.value, "; ".join(one.beside), one.colour, one.limits)))
    for alert in alerts or ["Nothing is wrong."]:
        print(f"alert\t{alert}")
    if picture:
        Path(picture).write_text("\n".join(draw(panels, alerts)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
