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


def write(folder: Path, every: int = 46, without: frozenset[str] = frozenset()) -> Path:
    """Write the small list to a folder, dated and labelled like the sample; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = _rows("sdn.csv")
    kept = {row[0] for row in entries[::every]} | {BANK, PERSON}
    for name in ("sdn.csv", "alt.csv", "add.csv"):
        text = io.StringIO()
        csv.writer(text).writerows(row for row in _rows(name) if row[0] in kept - without)
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


@cache
def _built(without: frozenset[str]) -> BuiltSnapshot:
    """Build a snapshot once per session for all tests."""
    with TemporaryDirectory() as folder:
        return build_lists({"ofac": str(write(Path(folder), without=without))}, lambda _: None)


@cache
def _rows(name: str) -> list[list[str]]:
    text = lzma.decompress((SAMPLE / f"{name}.xz").read_bytes()).rstrip(END_MARK).decode()
    return list(csv.reader(io.StringIO(text, newline="")))
