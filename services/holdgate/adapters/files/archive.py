"""The archive: every snapshot and policy that decisions were made with, in a folder or a bucket.

    snapshots/<version>              as in Redis, with its own checksum
    policies/<version>.json          the values, whose digest is the version
    announcements/<time>-<version>.json   what became current when, and how old its lists were said to be

What is kept is never changed.
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
    """Where things are kept by name. Each call raises `NotPossibleError` where it cannot be done."""

    def put(self, name: str, data: bytes, /) -> None:
        """Keep something, whole or not at all; what is there already stays as it is."""

    def get(self, name: str, /) -> bytes | None:
        """What was kept, None where it never was."""

    def names(self, kind: str, /) -> list[tuple[float, str]]:
        """The names of one kind, without it, each with the Unix time it was kept at."""


class Archive:
    """An archive on a shelf."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put_snapshot(self, version: str, data: bytes) -> None:
        """Keep a snapshot; one that is there already stays as it is."""
        self._store.put(f"snapshots/{version}", data)

    def snapshot(self, version: str) -> bytes | None:
        """A snapshot's bytes, None where it was never put."""
        return self._get(f"snapshots/{version}", version)

    def put_policy(self, policy: Policy) -> None:
        """Keep a policy by its values, all sections in one file."""
        self._store.put(f"policies/{policy.version}.json", msgspec.json.encode(policy, order="sorted"))

    def policy(self, version: str) -> Policy | None:
        """A policy; raises `NotPossibleError` where its values are not those that the version names."""
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
        """Keep what was announced: when it became current, and how old its lists were."""
        when = announcement.published_at.strftime("%Y%m%dT%H%M%S%fZ")
        self._store.put(
            f"announcements/{when}-{announcement.version}.json", msgspec.json.encode(announcement)
        )

    def announcements(self) -> Iterator[Announcement]:
        """What was announced, oldest first."""
        for name in sorted(name for _, name in self._store.names("announcements")):
            data = self._store.get(f"announcements/{name}")
            yield msgspec.json.decode(data or b"", type=Announcement)

    def versions(self) -> list[str]:
        """The versions of the snapshots here, newest first."""
        names = self._store.names("snapshots")
        return [name for _, name in sorted(names, reverse=True) if _VERSION.fullmatch(name)]

    def _get(self, name: str, version: str) -> bytes | None:
        return self._store.get(name) if _VERSION.fullmatch(version) else None  # a version is never a path


def archive_of(settings: Settings) -> Archive | None:
    """The archive of the settings; None where there is none."""
    if settings.archive is None:
        return None
    if settings.archive.startswith("s3://"):
        from holdgate.adapters.files.archive_bucket import (
            BucketStore,  # its client is large, and most do without
        )

        return Archive(BucketStore(settings))
    return Archive(FolderStore(Path(settings.archive)))
