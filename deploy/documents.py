"""Generated parts of Markdown documents: tables between two marks, and the text around them left alone."""

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120
"""Longest line of prose."""


def replace_block(page: str, name: str, lines: Iterable[str]) -> str:
    """Return the page with the lines of the block `name` replaced.

    A block begins with a line `<!-- begin NAME: ... -->` and ends with `<!-- end NAME -->`. Raises
    `ValueError` if the page has no such block, or more than one.
    """
    pattern = re.compile(
        rf"(?<=^)(<!-- begin {re.escape(name)}: [^\n]* -->\n).*?(<!-- end {re.escape(name)} -->)$",
        re.DOTALL | re.MULTILINE,
    )
    body = "\n".join(lines)
    changed, count = pattern.subn(lambda match: f"{match[1]}\n{body}\n\n{match[2]}", page)
    if count != 1:
        raise ValueError(f"the page has {count} blocks <!-- begin {name}: ... -->; it must have one")
    return changed


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return the lines of a Markdown table; columns in `right` are aligned to the right."""
    rule = "|".join("--:" if column in right else "---" for column in range(len(header)))
    return [row_line(header), f"|{rule}|", *(row_line(row) for row in rows)]


def row_line(cells: Sequence[str]) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def wrap(text: str, indent: str = "") -> str:
    """Return a paragraph with its lines wrapped to the width of the documents.

    `indent` goes before every line but the first, as a list item needs.
    """
    words = " ".join(text.split())
    return textwrap.fill(
        words, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
