"""Reports as one HTML file each: the stylesheet is inside, nothing is loaded, and there is no script."""

from collections.abc import Sequence
from importlib import resources

from markupsafe import Markup, escape

from holdgate import __version__

Cell = str | Markup | int | float
"""Of a table: integers are grouped and right-aligned like all numbers, text is escaped."""


def render_report(title: str, lead: str | Markup, sections: Sequence[Markup]) -> str:
    """Return a report; empty sections are left out."""
    sheet = resources.files("holdgate.page_design").joinpath("static/page.css").read_text(encoding="utf-8")
    style = Markup(sheet)  # noqa: S704 - a file of this package
    return Markup(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n'
        '<body class="report">\n<main>\n<h1>{}</h1>\n<p class="lead">{}</p>\n{}\n'
        '<footer class="quiet">Made by Holdgate {}.</footer>\n</main>\n</body>\n</html>\n'
    ).format(title, style, title, lead, Markup("\n").join(filter(None, sections)), __version__)


def report_section(title: str, explanation: str | Markup, content: Markup) -> Markup:
    """Return a section with its heading."""
    return Markup("<section>\n<h2>{}</h2>\n<p>{}</p>\n{}\n</section>").format(title, explanation, content)


def data_table(head: Sequence[str], rows: Sequence[Sequence[Cell]], numeric: Sequence[int] = ()) -> Markup:
    """Return a table that scrolls by itself where it is too wide.

    Columns of numbers are right-aligned; `numeric` names further columns, whose cells are text.
    """
    right = {n for row in rows for n, cell in enumerate(row) if isinstance(cell, int | float)} | set(numeric)
    classes = [Markup(' class="num"') if n in right else Markup("") for n in range(len(head))]
    heading = Markup("").join(Markup("<th{}>{}</th>").format(classes[n], name) for n, name in enumerate(head))
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(classes[n], _cell(cell)) for n, cell in enumerate(row)
            )
        )
        for row in rows
    )
    header = Markup("<thead><tr>{}</tr></thead>\n").format(heading) if any(head) else ""
    return Markup(
        '<div class="scroll" tabindex="0"><table class="plain">\n{}<tbody>\n{}\n</tbody></table></div>'
    ).format(header, body)


def _cell(value: Cell) -> Markup:
    if isinstance(value, int):
        return escape(f"{value:,}")
    if isinstance(value, float):
        return escape(f"{value:.4f}")
    # A name that is written from right to left must not turn its neighbours.
    return value if isinstance(value, Markup) else Markup("<bdi>{}</bdi>").format(value)
