"""A cache of built snapshots in the user's cache folder, for commands that are called repeatedly.

A file is named after the inputs of its snapshot (the bytes and dates of the sources, and the engine version).
Snapshots carry a checksum: a damaged one is rebuilt. If the folder cannot be used, nothing is cached and no
command fails.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from holdgate.adapters.files.list_files import ListFiles
from holdgate.core.engine_version import engine_version
from holdgate.core.lists.snapshot import SnapshotError, check_snapshot

MAX_SNAPSHOTS = 8
"""Most recently used snapshots that are kept, about 20 MB each."""

OFF = "off"


class SnapshotCache:
    """The snapshots cached in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """Return the intact snapshot of these sources; None if it is not cached."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            check_snapshot(data)
            os.utime(path)
        except (OSError, SnapshotError):
            return None
        return data

    def put(self, key: str, data: bytes) -> None:
        """Store a snapshot, and delete the least recently used ones."""
        path = self._path(key)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
            by_age = sorted(self._folder.glob("*.snapshot"), key=lambda one: one.stat().st_mtime)
            for old in by_age[:-MAX_SNAPSHOTS]:
                old.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.snapshot"


def open_snapshot_cache(environ: Mapping[str, str]) -> SnapshotCache | None:
    """Return the cache in HOLDGATE_CACHE (None for `off`), else in the user's cache folder (XDG)."""
    chosen = environ.get("HOLDGATE_CACHE", "")
    if chosen == OFF:
        return None
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or "/nonexistent") / ".cache")
    return SnapshotCache(Path(chosen or Path(home) / "holdgate"))


def cache_key(files_by_list: Mapping[str, ListFiles]) -> str:
    """Return a digest of a snapshot's inputs: names, files, dates and labels of lists, engine version.

    Undated files count as of today: a private list is as old as its last reading.
    """
    digest = hashlib.sha256(engine_version().encode())
    for name, list_files in files_by_list.items():
        dated = list_files.as_of.isoformat() if list_files.as_of else datetime.now(UTC).date().isoformat()
        digest.update(repr((name, dated, list_files.label, sorted(list_files.topics or ()))).encode())
        for file in list_files.files:
            digest.update(repr((file.name, hashlib.sha256(file.content).hexdigest())).encode())
    return digest.hexdigest()[:32]
