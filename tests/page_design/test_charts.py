"""Charts and reports: what they draw, that text stays text, and that they need neither script nor style."""

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from holdgate.page_design.charts import (
    BAR_LENGTH,
    ChartAxis,
    ChartLine,
    line_chart,
    line_sample,
    round_up,
    share_bar,
)
from holdgate.page_design.report_page import data_table, render_report, report_section

AXIS = ChartAxis(0, 100, [(0, "then"), (100, "now")])


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_a_scale_ends_above_its_values_and_not_far_above(value: float) -> None:
    assert value * (1 - 1e-8) <= round_up(value) <= max(5 * value, 1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.floats(min_value=0, max_value=1e9)), max_size=20),
    st.none() | st.floats(min_value=0.001, max_value=1e6),
    st.text(max_size=20),
)
def test_a_chart_is_well_formed_and_stays_inside(
    points: list[tuple[float, float]], limit: float | None, title: str
) -> None:
    title = re.sub(r"[^\w <>&\"']", "", title, flags=re.ASCII)
    svg = line_chart(title, AXIS, [ChartLine("rate", 1, sorted(points))], limit=limit, step=10)
    drawing = ET.fromstring(svg)  # noqa: S314 - our own
    assert drawing.findtext("title") == title
    _, _, width, height = map(float, drawing.attrib["viewBox"].split())
    for line in drawing.iter("polyline"):
        for pair in line.attrib["points"].split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    assert "style=" not in svg


def test_a_line_is_interrupted_where_nothing_was_measured() -> None:
    svg = line_chart("t", AXIS, [ChartLine("rate", 1, [(0, 1), (10, 1), (90, 2), (100, 2)])], step=10)
    assert svg.count('class="line n1"') == 2


def test_a_limit_is_on_the_scale_if_values_come_near_it_or_it_is_small() -> None:
    line = [ChartLine("age", 1, [(0, 2.0), (100, 3.0)])]
    assert 'class="limit"' in line_chart("t", AXIS, line, limit=10)
    assert 'class="limit"' not in line_chart("t", AXIS, line, limit=86_400)
    assert 'class="limit"' in line_chart("t", AXIS, [ChartLine("age", 1, [(0, 80_000.0)])], limit=86_400)


def test_a_bar_has_its_interval_and_target() -> None:
    svg = share_bar(0.5, 0.4, 0.6, target=0.9, is_bad=True)
    assert f'width="{BAR_LENGTH / 2}"' in svg
    assert 'class="fill bad"' in svg
    assert "M96.0 7H144.0" in svg
    assert 'class="target" d="M216.0' in svg
    assert "interval" not in share_bar(0.5)
    assert ET.fromstring(line_sample(0)).find("polyline") is not None  # noqa: S314 - our own


def test_a_report_is_one_file_without_script_and_leaves_empty_sections_out() -> None:
    table = data_table(("name", "found"), [("<b>", 1_234), ("x", 5)])
    page = render_report("A & B", "lead", [report_section("Found", "per cent", table), Markup("")])
    assert "<title>A &amp; B</title>" in page
    assert "&lt;b&gt;" in page
    assert '<td class="num">1,234</td>' in page
    assert page.count("<section>") == 1
    assert not re.search(r"<script|<link|src=|style=", page)
