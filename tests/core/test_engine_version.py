"""Equal engine versions mean equal decisions: whatever decides is in the version."""

import re
import shutil
import tomllib
from fnmatch import fnmatch
from importlib import metadata, resources
from pathlib import Path

import pytest

from deploy.local.daemon import ROOT
from holdgate import __version__
from holdgate.core import engine_version


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the core that the version is taken of, to be changed."""
    source = Path(str(resources.files("holdgate.core")))
    copy = tmp_path / "core"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(resources, "files", lambda _package: copy)
    return copy


def _version() -> str:
    return engine_version.engine_version.__wrapped__()


def test_it_starts_with_the_packages_version() -> None:
    assert re.fullmatch(re.escape(__version__) + r"\+[0-9a-f]{8}", engine_version.engine_version())


def test_it_is_the_same_wherever_the_package_lies(core: Path) -> None:
    assert _version() == engine_version.engine_version()


@pytest.mark.parametrize("name", ["screen.py", "matching.py", "intake/canonical.py", "data/README.md"])
def test_any_file_of_the_core_changes_it(core: Path, name: str) -> None:
    before = _version()
    (core / name).write_bytes((core / name).read_bytes() + b"\n")
    assert _version() != before


def test_a_new_file_and_a_renamed_one_change_it(core: Path) -> None:
    versions = {_version()}
    (core / "new.py").write_bytes(b"")
    versions.add(_version())
    (core / "new.py").rename(core / "newer.py")
    versions.add(_version())
    assert len(versions) == 3


def test_compiled_files_do_not_change_it(core: Path) -> None:
    """The first run of a fresh installation writes them."""
    before = _version()
    (core / "__pycache__").mkdir()
    (core / "__pycache__" / "screen.cpython-311.pyc").write_bytes(b"x")
    assert _version() == before


@pytest.mark.parametrize("library", engine_version.SCORING_LIBRARIES)
def test_another_version_of_a_scoring_library_changes_it(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = _version(), metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.0" if name == library else real(name))
    assert _version() != before


def test_everything_that_is_in_it_is_installed() -> None:
    """Else an image would name another engine than a checkout of the same sources."""
    with (ROOT / "pyproject.toml").open("rb") as settings:
        packaged = tomllib.load(settings)["tool"]["setuptools"]["package-data"]["*"]
    files = [file.name for file in engine_version._files(resources.files("holdgate.core"))]
    assert [name for name in files if not any(fnmatch(name, one) for one in ("*.py", *packaged))] == []
