"""A replay's report as a page: what changed, and no section that has nothing to say."""

from datetime import UTC, datetime
from pathlib import Path

from holdgate.replay.decision_diff import DecisionSummary
from holdgate.replay.journal import Change, Counts, End, JournalLine, Run
from holdgate.replay.report import summarise_lines
from holdgate.replay.report_html import render_html

RUN = Run(
    run_id="r1",
    mode="diff",
    started_at=datetime(2026, 3, 2, tzinfo=UTC),
    by="ana",
    topic="payments.submitted",
    span={0: (0, 10)},
    decisions_end={0: 10},
    list_version="v1",
    policy_version="p1",
    engine_version="e1",
)


BEFORE = DecisionSummary("1", "RELEASE", "NO_MATCH", "ACCP", "v0", "p1", "e1")
AFTER = DecisionSummary("2", "HOLD", "LIST_MATCH", "PDNG", "v1", "p1", "e1")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _page(*lines: JournalLine) -> str:
    return "\n".join(render_html(summarise_lines([RUN, *lines], Path("journal"))))


def test_changes_are_counted_and_shown_as_text() -> None:
    change = Change(0, 3, "<b>P-1</b>", "held", BEFORE, AFTER, "a new entry", "swift", "DE > RU", "submitted")
    page = _page(change, End(NOW, Counts(payments=10, held=1, same=9)))
    assert page.startswith("<!doctype html>")
    assert "1 more would be held" in page
    assert "Changes by corridor" in page
    assert "&lt;b&gt;P-1&lt;/b&gt;" in page
    assert "<script" not in page


def test_without_changes_there_are_no_tables_of_changes() -> None:
    page = _page(End(NOW, Counts(payments=10, same=10)))
    assert page.count("<section>") == 2
    assert "decided as before" in page
    assert "incomplete" not in page
    assert "incomplete" in _page()
