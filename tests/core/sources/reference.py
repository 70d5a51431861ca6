"""Where the lists for tests lie: small made-up ones in the repository, real ones beside it."""

from pathlib import Path

import pytest

from holdgate.core.sources import SourceFile

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "lists"
REFERENCE = ROOT.parent / "shared" / "data" / "lists"


def files_of(path: Path) -> list[SourceFile]:
    """A list's file, or the files of its folder."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    return [SourceFile(one.name, one.read_bytes()) for one in paths]


def real(*names: str) -> list[SourceFile]:
    """Files of the reference data; the test is skipped where they are absent."""
    files: list[SourceFile] = []
    for name in names:
        path = REFERENCE / name
        if not path.exists():
            pytest.skip(f"the reference data ({name}) is not beside this repository")
        files += files_of(path)
    return files
