"""A report as one HTML page that needs nothing beside it."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources

from holdgate.replay.report import Report, about, breakdowns, counts, examples, sentence


def render_html(found: Report) -> Iterator[str]:
    """The lines of the page."""
    yield resources.files("holdgate.replay").joinpath("report.html").read_text(encoding="utf-8")
    yield f"<h1>Replay {escape(found.run.run_id)}{'' if found.whole else ': not whole'}</h1>"
    yield f'<p class="summary">{escape(sentence(found.counted))}</p>'
    yield from _table((), [*about(found.run), *counts(found.counted)])
    for name, head, rows, rest in breakdowns(found):
        yield f"<h2>Changes by {escape(name)}</h2>"
        yield from _table(head, rows)
        if rest:
            yield f"<p>and {rest:,} with other values</p>"
    for title, head, rows in examples(found):
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
