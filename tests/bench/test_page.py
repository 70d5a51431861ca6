"""docs/performance.md shows what was measured, and leaves out benches that did not run."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.figures import Figure, Measurement
from bench.page import PAGE, page, write, write_page
from bench.plot import Axes, svg
from bench.sections import SECTIONS


def test_a_measured_figure_is_in_its_section() -> None:
    text = page(Measurement({"commit": "abc"}, 600, [Figure("start.ready.1", 4.25, "s")]))
    assert "- commit: abc\n" in text
    assert f"## {SECTIONS['start'].heading}" in text
    assert "| first start | 4.25 |" in text
    assert f"## {SECTIONS['swap'].heading}" not in text, "nothing was measured for it"


def test_the_page_matches_its_data(tmp_path: Path) -> None:
    """If this fails, run `python -m bench.page`."""
    data = PAGE.parent / "data" / "performance.json"
    write_page(Measurement.from_json(data.read_text(encoding="utf-8")), tmp_path / "performance.md")
    assert (tmp_path / "performance.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_data_can_be_read_back() -> None:
    measurement = Measurement({"commit": "abc"}, 600, [Figure("engine.x", 4.25, "us")])
    assert Measurement.from_json(measurement.to_json()) == measurement


def test_a_line_has_four_significant_digits() -> None:
    assert Figure("engine.x", 12345.6, "us").line.split() == ["engine.x", "12,346", "us"]
    assert Figure("engine.x", 0.000123456, "us").line.split() == ["engine.x", "0.0001235", "us"]


def test_the_page_has_plots_the_cost_without_screening_and_the_capacity_model(tmp_path: Path) -> None:
    stages = ("decode", "screen", "claim", "encode", "publish", "count", "framework", "all")
    figures = [
        *(Figure(f"engine.growth.{times}x", 100.0 * times, "us") for times in (1, 2, 5)),
        *(
            Figure(f"{bench}.cpu.{stage}", 7.0, "us")
            for bench in ("pipeline.zipf", "floor.nothing")
            for stage in stages
        ),
        Figure("pipeline.zipf.cpu_rate", 1_000.0, "payments a CPU second"),
        Figure("floor.nothing.cpu.redis", 5.0, "us"),
        Figure("floor.nothing.cpu.kafka", 20.0, "us"),
    ]
    write(Measurement({}, 600, figures), tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "![engine-growth](images/performance-engine-growth.svg)" in text
    assert "| faust, aiokafka and threads, us of CPU per payment | 7 | 7 |" in text
    assert "| 10,000 | 15 | 0.05 cores | 0.20 cores |" in text, "10,000 / (1,000 * 0.7) workers"
    assert "busy at 200,000 payments per second" in " ".join(text.split()), "a script of 5 us on one core"
    drawn = (tmp_path / "images" / "performance-engine-growth.svg").read_text(encoding="utf-8")
    assert len(ElementTree.fromstring(drawn).findall("{*}polyline")) > 2  # noqa: S314 - our own


def test_a_plot_places_its_points_by_their_axes() -> None:
    drawn = svg(Axes("t", "x", "y"), {"line": [(1.0, 0.0), (2.0, 10.0)]})
    assert 'points="300.0,310.0 530.0,40.0"' in drawn, "from the floor to the ceiling"
    with pytest.raises(ValueError, match="nothing to plot"):
        svg(Axes("t", "x", "y"), {})
