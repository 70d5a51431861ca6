"""The archive: every snapshot and policy that decisions were made with, in a folder or an S3 bucket.

The trees of the audit (`leaf_archive.py`) and cases (`case_archive.py`) are there too.

    snapshots/<version>              as in Redis, with its own checksum
    policies/<version>.json          the values, whose digest is the version
    announcements/<time>-<version>.json   which version became current when, and the dates of its lists

Stored objects never change.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.core.lists.announcement import Announcement
from holdgate.core.policy.policy import Policy
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

_VERSION = re.compile(r"[0-9a-f]{8,64}")


class ObjectStore(Protocol):
    """Stores objects by name. Each call raises `OperatorError` if it fails."""

    def put(self, name: str, data: bytes, is_private: bool = False, /) -> None:
        """Store an object atomically; an existing one stays unchanged.

        Only the owner may read a private file. In a bucket its policy says who may.
        """

    def get(self, name: str, /) -> bytes | None:
        """Return an object, None if there is none of this name."""

    def delete(self, name: str, /) -> None:
        """Delete an object, if there is one of this name."""

    def names(self, kind: str, /) -> list[tuple[float, str]]:
        """Return (Unix time stored, name without the kind) of each object of one kind."""


class Archive:
    """An archive in an object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put_snapshot(self, version: str, data: bytes) -> None:
        """Store a snapshot; an existing one stays unchanged."""
        self._store.put(f"snapshots/{version}", data)

    def snapshot(self, version: str) -> bytes | None:
        """Return a snapshot's bytes, None if it is not in the archive."""
        return self._get(f"snapshots/{version}", version)

    def put_policy(self, policy: Policy) -> None:
        """Store the values of a policy, all sections in one file."""
        self._store.put(f"policies/{policy.version}.json", msgspec.json.encode(policy, order="sorted"))

    def policy(self, version: str) -> Policy | None:
        """Return a policy, None if it is not in the archive.

        Raises `OperatorError` if its values do not give this version.
        """
        data = self._get(f"policies/{version}.json", version)
        if data is None:
            return None
        try:
            policy = msgspec.json.decode(data, type=Policy)
        except msgspec.DecodeError as error:
            raise OperatorError(f"policy {version} in the archive cannot be read: {error}") from error
        if policy.version != version:
            raise OperatorError(
                f"policy {version} in the archive was altered: its values are {policy.version}"
            )
        return policy

    def put_announcement(self, announcement: Announcement) -> None:
        """Store an announcement: when a version became current, and the dates of its lists."""
        when = announcement.published_at.strftime("%Y%m%dT%H%M%S%fZ")
        self._store.put(
            f"announcements/{when}-{announcement.version}.json", msgspec.json.encode(announcement)
        )

    def announcements(self) -> Iterator[Announcement]:
        """Yield the announcements, oldest first."""
        for name in sorted(name for _, name in self._store.names("announcements")):
            data = self._store.get(f"announcements/{name}")
            yield msgspec.json.decode(data or b"", type=Announcement)

    def versions(self) -> list[str]:
        """Return the versions of the stored snapshots, newest first."""
        names = self._store.names("snapshots")
        return [name for _, name in sorted(names, reverse=True) if _VERSION.fullmatch(name)]

    def _get(self, name: str, version: str) -> bytes | None:
        return self._store.get(name) if _VERSION.fullmatch(version) else None  # a version is never a path


def archive_of(settings: Settings) -> Archive | None:
    """Return the archive of HOLDGATE_ARCHIVE; None if it is not set."""
    store = open_store(settings)
    return None if store is None else Archive(store)


def open_store(settings: Settings) -> ObjectStore | None:
    """Return the store of HOLDGATE_ARCHIVE; None if it is not set."""
    if settings.archive is None:
        return None
    if settings.archive.startswith("s3://"):
        from holdgate.adapters.files.archive_bucket import (
            BucketStore,  # its client is large, and most do without
        )

        return BucketStore(settings)
    return FolderStore(Path(settings.archive))
