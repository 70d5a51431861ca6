"""Text tables for a terminal or a file: numbers to the right, wide characters count as two columns."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from holdgate.runtime.terminal_text import escape_text

GAP = "  "
MAX_WIDTH = 60
"""Maximum width of a cell; longer texts are cut and end with dots."""


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table: the head, then one line per row; columns of numbers are right-aligned."""
    texts = [[_text(value) for value in row] for row in rows]
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(head))]
    widths = [max(cell_len(row[i]) for row in [list(head), *texts]) for i in range(len(head))]
    for row in [list(head), *texts]:
        cells = [_padded(cell, widths[i], numeric[i]) for i, cell in enumerate(row)]
        yield GAP.join(cells).rstrip()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4f}"
    text = escape_text(str(value))
    return text if len(text) <= MAX_WIDTH else text[: MAX_WIDTH - 3] + "..."


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space
