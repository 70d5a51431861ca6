"""Snapshots that were built on this machine before, for commands that are called again and again.

A folder of its user's own. A file is named by what its snapshot was built from (the sources' bytes, their
dates, and the engine), and a snapshot carries its own checksum: what is damaged, or another's, is built anew.
Where the folder cannot be used, nothing is kept, and no command fails for it.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from holdgate.adapters.files.list_files import ListFiles
from holdgate.core.engine_version import engine_version
from holdgate.core.lists.snapshot import SnapshotError, check_snapshot

MAX_SNAPSHOTS = 8
"""Snapshots that are kept, the latest used ones: some 20 MB each."""

OFF = "off"


class SnapshotCache:
    """The snapshots kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """The snapshot of these sources, whole; None where it is not kept."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            check_snapshot(data)
            os.utime(path)
        except (OSError, SnapshotError):
            return None
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep a snapshot, and forget those that were used longest ago."""
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
    """Where HOLDGATE_CACHE says, `off` for nowhere; else in the user's cache folder (XDG Base Directory)."""
    chosen = environ.get("HOLDGATE_CACHE", "")
    if chosen == OFF:
        return None
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or "/nonexistent") / ".cache")
    return SnapshotCache(Path(chosen or Path(home) / "holdgate"))


def cache_key(files_by_list: Mapping[str, ListFiles]) -> str:
    """What a snapshot is built from: lists by name, their files, dates and labels, and what builds it."""
    digest = hashlib.sha256(engine_version().encode())
    for name, list_files in files_by_list.items():
        digest.update(
            repr((name, list_files.as_of.isoformat(), list_files.is_dated, list_files.label)).encode()
        )
        for file in list_files.files:
            digest.update(repr((file.name, hashlib.sha256(file.content).hexdigest())).encode())
    return digest.hexdigest()[:32]
