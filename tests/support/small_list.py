"""A small list that is quick to index: every 46th entry of the sample, a person, and a bank with a BIC."""

import csv
import io
import lzma
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.local.daemon import ROOT
from holdgate.lists.building import BuiltSnapshot, build_lists

SAMPLE = ROOT / "deploy" / "sample" / "ofac"
POLICY = ROOT / "deploy" / "policy.toml"
SAMPLE_POLICY = ROOT / "deploy" / "sample" / "policy.toml"

BANK, BANK_BIC = "12696", "BOELKPPY"
PERSON, PERSON_NAME = "40188", "Yan Valentinovich Novikov"

END_MARK = b"\x1a"


def write(
    folder: Path,
    every: int = 46,
    without: frozenset[str] = frozenset(),
    also: frozenset[str] = frozenset(),
    old: str = "",
    new: str = "",
) -> Path:
    """Write the small list and the entries `also` to a folder, labelled like the sample; return the folder.

    With `old`, that text of every row is replaced by `new`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = _rows("sdn.csv")
    kept = {row[0] for row in entries[::every]} | {BANK, PERSON} | also
    for name in ("sdn.csv", "alt.csv", "add.csv"):
        text = io.StringIO()
        rows = (row for row in _rows(name) if row[0] in kept - without)
        csv.writer(text).writerows([cell.replace(old, new) for cell in row] if old else row for row in rows)
        (folder / name).write_bytes(text.getvalue().encode() + END_MARK)
    (folder / "edition.toml").write_bytes((SAMPLE / "edition.toml").read_bytes())
    return folder


@pytest.fixture(scope="session")
def small() -> BuiltSnapshot:
    """Return a snapshot of the small list."""
    return _built(frozenset())


@pytest.fixture(scope="session")
def smaller() -> BuiltSnapshot:
    """Return the same snapshot without the person."""
    return _built(frozenset({PERSON}))


@pytest.fixture(scope="session")
def renamed() -> BuiltSnapshot:
    """Return the same snapshot in which the person has another name that still matches."""
    return _built(frozenset(), "NOVIKOV, Yan Valentinovich", "NOVIKOV, Yan Valentinovych")


@cache
def _built(without: frozenset[str], old: str = "", new: str = "") -> BuiltSnapshot:
    """Build a snapshot once per session for all tests."""
    with TemporaryDirectory() as folder:
        path = write(Path(folder), without=without, old=old, new=new)
        return build_lists({"ofac": str(path)}, lambda _: None)


@cache
def _rows(name: str) -> list[list[str]]:
    text = lzma.decompress((SAMPLE / f"{name}.xz").read_bytes()).rstrip(END_MARK).decode()
    return list(csv.reader(io.StringIO(text, newline="")))
