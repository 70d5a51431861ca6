"""docs/lists.md describes the list formats as the readers implement them."""

import re

from holdgate.core.sources import FORMATS, SourceFile, read
from holdgate.core.sources.private_csv import COLUMNS
from tests.core.sources.reference import CASES, ROOT

DOC = (ROOT / "docs" / "lists.md").read_text(encoding="utf-8")


def test_the_private_layout_is_documented_column_by_column() -> None:
    table = DOC.partition("| column |")[2].partition("\n\n")[0]
    columns = [row.split("|")[1] for row in table.splitlines()[2:] if not row.startswith("| `x_")]
    named = {name for cell in columns for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(COLUMNS)


def test_the_documented_example_can_be_read() -> None:
    example = "\n".join(line[4:] for line in DOC.splitlines() if line.startswith(("    id,", "    C-")))
    source = read("mine", [SourceFile("watchlist.csv", example.encode())])
    assert [(entry.id, entry.type, len(entry.names)) for entry in source.entries] == [
        ("mine:C-1", "person", 3),
        ("mine:C-2", "entity", 1),
    ]


def test_every_format_has_a_sample() -> None:
    folders = {path.name for path in (CASES / "good").iterdir() if path.is_dir()}
    assert {list_format.name for list_format in FORMATS} <= folders
