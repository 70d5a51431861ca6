"""Equal engine versions give equal decisions: the version covers everything that decides."""

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
    """A copy of the core, free to be changed, from which the version is computed."""
    source = Path(str(resources.files("holdgate.core")))
    copy = tmp_path / "core"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(resources, "files", lambda _package: copy)
    return copy


def _version() -> str:
    return engine_version.engine_version.__wrapped__()


def test_it_starts_with_the_package_version() -> None:
    assert re.fullmatch(re.escape(__version__) + r"\+[0-9a-f]{8}", engine_version.engine_version())


def test_it_does_not_depend_on_where_the_package_is(core: Path) -> None:
    assert _version() == engine_version.engine_version()


@pytest.mark.parametrize(
    "path",
    [
        "engine/screener.py",
        "intake/canonical.py",
        "model/screened_fields.toml",
        "places/data/territories.tsv.gz",
        "names/data/ordinary-names.tsv.gz",
    ],
)
def test_changed_code_or_data_changes_it(core: Path, path: str) -> None:
    before = _version()
    (core / path).write_bytes((core / path).read_bytes() + b"\n")
    assert _version() != before


@pytest.mark.parametrize(
    "path", ["names/data/README.md", "policy/data/policy.toml", "__pycache__/goods.cpython-311.pyc"]
)
def test_files_that_decide_nothing_do_not_change_it(core: Path, path: str) -> None:
    """The delivered policy has a version of its own; compiled files appear at the first run."""
    before = _version()
    file = core / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"# changed\n")
    assert _version() == before


def test_a_new_a_renamed_and_a_moved_file_change_it(core: Path) -> None:
    versions = {_version()}
    (core / "new.py").write_bytes(b"")
    versions.add(_version())
    (core / "new.py").rename(core / "newer.py")
    versions.add(_version())
    (core / "newer.py").rename(core / "names" / "newer.py")
    versions.add(_version())
    assert len(versions) == 4


@pytest.mark.parametrize("library", engine_version.SCORING_LIBRARIES)
def test_another_version_of_a_scoring_library_changes_it(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = _version(), metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.0" if name == library else real(name))
    assert _version() != before


def test_everything_in_it_is_installed() -> None:
    """Otherwise an image would report another engine version than a checkout of the same sources."""
    with (ROOT / "pyproject.toml").open("rb") as settings:
        packaged = tomllib.load(settings)["tool"]["setuptools"]["package-data"]["*"]
    names = [file.name for _, file in engine_version.digested_files()]
    assert [name for name in names if not any(fnmatch(name, glob) for glob in ("*.py", *packaged))] == []
