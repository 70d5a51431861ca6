"""The tables of fault runs in docs show what docs/data/fault-runs.jsonl records."""

from pathlib import Path

import pytest

from chaos.run_tables import CURRENT, DOCUMENTS, control_table, read_runs, runs_table, summary, update


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.name)
def test_documents_match_the_recorded_runs(page: Path) -> None:
    """If this fails, run `python -m chaos.run_tables`."""
    text = page.read_text(encoding="utf-8")
    assert update(text, read_runs()) == text


def test_a_broken_guarantee_is_shown() -> None:
    run = next(run for run in read_runs() if run["holds"] and run["series"] == CURRENT)
    failed = run | {"holds": False, "missing": 1_200, "late_ends": 1}
    assert "| 1,200 missing, 1 late ends |" in runs_table([failed])[-1]
    shown = "\n".join(summary([run, failed]))
    assert "| runs | 2, of which 1 passed |" in shown
    assert "| missing, conflicting, out of order | 1,200 |" in shown


def test_control_runs_have_a_column_per_guarantee() -> None:
    header, _, *rows = control_table([run for run in read_runs() if run.get("control")])
    assert len(rows) == 2
    assert header.count("|") == rows[0].count("|")
