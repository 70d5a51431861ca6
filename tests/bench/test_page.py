"""The page of the benches tells what was measured, and nothing of a bench that did not run."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.figures import Figure
from bench.page import page, write
from bench.plot import Axes, svg


def test_every_figure_stands_on_the_page_under_its_bench() -> None:
    told = page([Figure("start.ready.1", 4.25, "s")], {"commit": "abc"}, payments=600)
    assert "- commit: abc\n" in told
    assert "## Start" in told
    assert "| ready.1 | 4.25 | s |" in told
    assert "## Swap" not in told


def test_a_line_has_four_significant_digits() -> None:
    assert Figure("engine.x", 12345.6, "us").line.split() == ["engine.x", "12,346", "us"]
    assert Figure("engine.x", 0.000123456, "us").line.split() == ["engine.x", "0.0001235", "us"]


def test_the_page_brings_its_plots_the_distance_to_the_floor_and_the_model(tmp_path: Path) -> None:
    stages = ("decode", "screen", "claim", "encode", "publish", "count", "framework", "all")
    figures = [
        *(Figure(f"engine.growth.{times}x", 100.0 * times, "us") for times in (1, 2, 5)),
        *(
            Figure(f"{bench}.cpu.{one}", 7.0, "us")
            for bench in ("pipeline.zipf", "floor.nothing")
            for one in stages
        ),
        Figure("pipeline.zipf.cpu_rate", 1_000.0, "payments a CPU second"),
        Figure("floor.nothing.cpu.redis", 5.0, "us"),
        Figure("floor.nothing.cpu.kafka", 20.0, "us"),
    ]
    write(figures, {}, 600, tmp_path / "performance.md")
    told = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "![engine-growth](performance-engine-growth.svg)" in told
    assert "| framework | 7.0 | 7.0 |" in told
    assert "| 10,000 | 15 | 0.05 cores | 0.20 cores |" in told, "10,000 / (1,000 * 0.7) workers"
    assert "full at 200,000 payments a second" in told, "a script of 5 us on one core"
    drawn = (tmp_path / "performance-engine-growth.svg").read_text(encoding="utf-8")
    assert len(ElementTree.fromstring(drawn).findall("{*}polyline")) > 2  # noqa: S314 - our own


def test_a_plot_places_its_points_by_their_axes() -> None:
    drawn = svg(Axes("t", "x", "y"), {"line": [(1.0, 0.0), (2.0, 10.0)]})
    assert 'points="300.0,310.0 530.0,40.0"' in drawn, "from the floor to the ceiling"
    with pytest.raises(ValueError, match="nothing to plot"):
        svg(Axes("t", "x", "y"), {})
