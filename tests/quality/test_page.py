"""The report as a page: every share has an interval, what was not measured is left out or said."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from holdgate.quality.intervals import area_interval, f1_interval, mean_interval, wilson_interval
from holdgate.quality.labelled_pairs import f1_score
from holdgate.quality.page import render_page
from holdgate.quality.report import Ablation, QualityReport

PUBLISHED = Path(__file__).parents[2] / "docs" / "data" / "quality.json"


class Published(msgspec.Struct):
    """The measurement of docs/quality.md."""

    report: QualityReport
    ablation: tuple[Ablation, ...]


@pytest.fixture(scope="module")
def published() -> Published:
    return msgspec.json.decode(PUBLISHED.read_bytes(), type=Published)


def test_every_section_has_data_and_every_share_an_interval(published: Published) -> None:
    page = render_page(published.report, published.ablation)
    assert page.count("<section>") == 11
    assert "<script" not in page
    assert "style=" not in page
    assert not re.search(r"<tbody>\s*</tbody>", page)
    for row in published.report.recall:
        assert row.name.replace("_", " ") in page
    assert f"{published.report.names:,} names" in page


def test_sections_without_data_are_left_out(published: Published) -> None:
    empty = replace(
        published.report,
        alerts=(),
        burden=(),
        payments=None,
        whole_payments=None,
        pairs=(),
        doubted=(),
        contexts=(),
        spellings=(),
        costs=(),
        misses=(),
    )
    page = render_page(empty)
    assert page.count("<section>") == 3
    assert "ROC" not in page


@given(st.integers(0, 500), st.integers(0, 500))
def test_intervals_hold_their_figure(right: int, wrong: int) -> None:
    low, high = f1_interval(right, wrong)
    scored = [(1.0, True)] * right + [(1.0, False)] * wrong
    assert 0 <= low <= f1_score(scored) + 1e-9
    assert f1_score(scored) <= high + 1e-9 <= 1 + 2e-9
    low, high = wilson_interval(right, right + wrong)
    assert 0 <= low <= high <= 1


def test_known_intervals() -> None:
    # Hanley and McNeil (1982): area 0.893 over 51 and 58 cases has a standard error of 0.032.
    low, high = area_interval(0.893, 51, 58) or (0, 0)
    assert (high - low) / 2 / 1.96 == pytest.approx(0.032, abs=0.0015)
    assert area_interval(0.5, 0, 4) is None
    assert mean_interval([1.0]) is None
    assert mean_interval([1.0, 3.0]) == pytest.approx((0.04, 3.96))
