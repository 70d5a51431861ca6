"""Cached snapshots are used if their sources did not change, and never if they are damaged."""

import os
import time
from pathlib import Path

import pytest

from holdgate.adapters.files import snapshot_cache
from holdgate.adapters.files.snapshot_cache import MAX_SNAPSHOTS, SnapshotCache, open_snapshot_cache
from holdgate.lists.building import BuiltSnapshot, build_lists
from tests.support.small_list import write

pytestmark = pytest.mark.slow  # starts commands that index lists


class CountingCache(SnapshotCache):
    """Counts the snapshots read and stored."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.hits = self.stored = 0

    def get(self, key: str) -> bytes | None:
        """Return a snapshot, and count it."""
        cached = super().get(key)
        self.hits += cached is not None
        return cached

    def put(self, key: str, data: bytes) -> None:
        """Store a snapshot, and count it."""
        self.stored += 1
        super().put(key, data)


@pytest.fixture
def ofac(tmp_path: Path) -> Path:
    return write(tmp_path / "ofac", every=400)


def _build(ofac: Path, cache: SnapshotCache) -> BuiltSnapshot:
    return build_lists({"ofac": str(ofac)}, lambda _: None, cache=cache)


def test_the_same_sources_are_indexed_once(ofac: Path, tmp_path: Path) -> None:
    cache = CountingCache(tmp_path / "cache")
    first = _build(ofac, cache)
    assert _build(ofac, cache) == first
    assert (cache.hits, cache.stored) == (1, 1)
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("what", ["bytes", "date", "name", "engine"])
def test_a_cached_snapshot_is_identified_by_what_it_was_built_from(
    what: str, ofac: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CountingCache(tmp_path / "cache")
    before = _build(ofac, cache)
    if what == "bytes":
        write(ofac, every=350)
    elif what == "date":
        (ofac / "edition.toml").write_text("as_of = 2024-01-01T00:00:00Z\n")
    elif what == "engine":
        monkeypatch.setattr(snapshot_cache, "engine_version", lambda: "another")
    name = "private" if what == "name" else "ofac"
    after = build_lists({name: str(ofac)}, lambda _: None, cache=cache)
    assert (cache.hits, cache.stored) == (0, 2)
    assert (after == before) == (what == "engine")


@pytest.mark.parametrize("damage", [b"", b"not a snapshot", None])
def test_a_damaged_snapshot_is_rebuilt(damage: bytes | None, ofac: Path, tmp_path: Path) -> None:
    cache = CountingCache(tmp_path / "cache")
    first = _build(ofac, cache)
    [file] = (tmp_path / "cache").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content) if damage is None else damage)
    assert _build(ofac, cache) == first
    assert (cache.hits, cache.stored) == (0, 2)
    assert _build(ofac, cache) == first
    assert cache.hits == 1


def test_an_unwritable_cache_is_no_failure(ofac: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = CountingCache(tmp_path / "file" / "cache")
    assert _build(ofac, cache) == _build(ofac, cache)
    assert (cache.hits, cache.stored) == (0, 2)


def test_only_the_most_recently_used_snapshots_are_kept(tmp_path: Path, ofac: Path) -> None:
    cache = SnapshotCache(tmp_path / "cache")
    data = _build(ofac, cache).data
    [first] = (tmp_path / "cache").iterdir()
    for number in range(MAX_SNAPSHOTS):
        path = tmp_path / "cache" / f"{number}.snapshot"
        path.write_bytes(data)
        os.utime(path, (time.time() - 1_000 + number,) * 2)
    assert cache.get(first.stem) == data
    cache.put("new", data)
    remaining = {path.stem for path in (tmp_path / "cache").iterdir()}
    assert len(remaining) == MAX_SNAPSHOTS
    assert {first.stem, "new"} <= remaining
    assert not {"0", "1"} & remaining


def test_the_cache_folder_follows_the_environment() -> None:
    def folder(**environ: str) -> Path | None:
        cached = open_snapshot_cache(environ)
        return None if cached is None else cached._folder

    assert folder(HOME="/home/a") == Path("/home/a/.cache/holdgate")
    assert folder(HOME="/home/a", XDG_CACHE_HOME="/cache") == Path("/cache/holdgate")
    assert folder(HOLDGATE_CACHE="/kept", XDG_CACHE_HOME="/cache") == Path("/kept")
    assert folder(HOLDGATE_CACHE="off", HOME="/home/a") is None
