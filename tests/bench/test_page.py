"""The page of the benches tells what was measured, and nothing of a bench that did not run."""

from tests.bench.figures import Figure
from tests.bench.page import page


def test_every_figure_stands_on_the_page_under_its_bench() -> None:
    told = page([Figure("start.ready.1", 4.25, "s")], {"commit": "abc"}, payments=600)
    assert "- commit: abc\n" in told
    assert "## Start" in told
    assert "| ready.1 | 4.25 | s |" in told
    assert "## Swap" not in told


def test_a_line_has_four_significant_digits() -> None:
    assert Figure("engine.x", 12345.6, "us").line.split() == ["engine.x", "12,346", "us"]
    assert Figure("engine.x", 0.000123456, "us").line.split() == ["engine.x", "0.0001235", "us"]
