"""The lists for tests: small made-up ones in the repository, published ones beside it."""

from pathlib import Path

import pytest

from holdgate.core.sources import SourceFile

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "lists"
REFERENCE = ROOT.parent / "shared" / "data" / "lists"


def files_of(path: Path) -> list[SourceFile]:
    """Return a list's file, or the files of its folder."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    return [SourceFile(file.name, file.read_bytes()) for file in paths]


def real(*names: str) -> list[SourceFile]:
    """Return files of the reference data; skip the test if they are absent."""
    files: list[SourceFile] = []
    for name in names:
        path = REFERENCE / name
        if not path.exists():
            pytest.skip(f"the reference data ({name}) is not beside this repository")
        files += files_of(path)
    return files
