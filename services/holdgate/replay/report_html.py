"""Render a report as one self-contained HTML page."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources

from holdgate.replay.report import Report, breakdowns, examples, inputs, other_counts, sentence


def render_html(report: Report) -> Iterator[str]:
    """Yield the lines of the page."""
    yield resources.files("holdgate.replay").joinpath("report.html").read_text(encoding="utf-8")
    yield f"<h1>Replay {escape(report.run.run_id)}{'' if report.complete else ': incomplete'}</h1>"
    yield f'<p class="summary">{escape(sentence(report.counts))}</p>'
    yield from _table((), [*inputs(report.run), *other_counts(report.counts)])
    for name, head, rows, rest in breakdowns(report):
        yield f"<h2>Changes by {escape(name)}</h2>"
        yield from _table(head, rows)
        if rest:
            yield f"<p>and {rest:,} with other values</p>"
    for title, head, rows in examples(report):
        yield f"<h2>{escape(title)}</h2>"
        yield from _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield "<table>"
    if head:
        yield "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(map(_cell, row)) + "</tr>"
    yield "</table>"


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<td class="number">{value:,}</td>' if isinstance(value, int) else f"<td>{value:.4f}</td>"
    return f"<td>{escape(str(value))}</td>"
