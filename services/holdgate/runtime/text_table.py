"""Tables for a terminal or a file: aligned columns, numbers to the right, wide characters counted as two."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

GAP = "  "
WIDEST = 60
"""Columns of a cell at most; what is longer ends with dots."""


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """The lines of a table: the head, then a line a row; a column of numbers stands to the right."""
    texts = [[_text(value) for value in row] for row in rows]
    numeric = [all(isinstance(row[at], int | float) for row in rows) for at in range(len(head))]
    columns = [max(cell_len(row[at]) for row in [list(head), *texts]) for at in range(len(head))]
    for row in [list(head), *texts]:
        cells = [_padded(cell, columns[at], numeric[at]) for at, cell in enumerate(row)]
        yield GAP.join(cells).rstrip()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4f}"
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in str(value))
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space
