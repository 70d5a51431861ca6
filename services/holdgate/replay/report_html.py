"""Render a report as one self-contained HTML page. Sections without changes are left out."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from holdgate.page_design.charts import share_bar
from holdgate.page_design.report_page import Cell, data_table, render_report, report_section
from holdgate.replay.report import Report, breakdowns, examples, inputs, other_counts, sentence


def render_html(report: Report) -> Iterator[str]:
    """Yield the page."""
    title = f"Replay {report.run.run_id}{'' if report.complete else ': incomplete'}"
    sections = [
        report_section(
            "What was replayed", "Every payment of this range was decided again.", _rows(inputs(report.run))
        ),
        _counts_section(report),
        *(_breakdown_section(*breakdown) for breakdown in breakdowns(report)),
        *(
            report_section(title, "Payments, with the best score of both decisions.", _table(head, rows))
            for title, head, rows in examples(report)
        ),
    ]
    lead = Markup('<span class="summary">{}</span>').format(sentence(report.counts))
    yield render_report(title, lead, sections)


def _counts_section(report: Report) -> Markup:
    counts = list(other_counts(report.counts))
    if not counts:
        return Markup("")
    return report_section("All payments", "Numbers of payments or records.", _rows(counts))


def _breakdown_section(name: str, head: Sequence[str], rows: Sequence[Sequence[object]], rest: int) -> Markup:
    totals = [sum(count for count in row[1:] if isinstance(count, int)) for row in rows]
    full = max(totals, default=1) or 1
    cells = [(*map(_cell, row), share_bar(total / full)) for row, total in zip(rows, totals, strict=True)]
    explanation = "Numbers of payments; the bar shows their sum, of the largest row's."
    if rest:
        explanation += f" Other values have {rest:,} more."
    return report_section(f"Changes by {name}", explanation, data_table((*head, ""), cells))


def _rows(rows: Iterator[tuple[str, Cell]] | Sequence[tuple[str, Cell]]) -> Markup:
    return data_table(("", ""), list(rows))


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    return data_table(head, [tuple(map(_cell, row)) for row in rows])


def _cell(value: object) -> Cell:
    return value if isinstance(value, int | float) else str(value)
