"""The archive: every snapshot and policy that decisions were made with, in a folder.

    snapshots/<version>              as in Redis, with its own checksum
    policies/<version>.json          the values, whose digest is the version
    announcements/<time>-<version>.json   what became current when, and how old its lists were said to be

A bucket serves where it is mounted as a folder. Files appear whole or not at all, and are never changed.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from holdgate.core.announcement import Announcement
from holdgate.core.policy import Policy
from holdgate.refusal import NotPossibleError

_VERSION = re.compile(r"[0-9a-f]{8,64}")


class Archive:
    """An archive in a folder, which is made when something is first put into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_snapshot(self, version: str, data: bytes) -> None:
        """Keep a snapshot; one that is there already stays as it is."""
        self._put(f"snapshots/{version}", data)

    def snapshot(self, version: str) -> bytes | None:
        """A snapshot's bytes, None where it was never put."""
        return self._get(f"snapshots/{version}", version)

    def put_policy(self, policy: Policy) -> None:
        """Keep a policy by its values, all sections in one file."""
        self._put(f"policies/{policy.version}.json", msgspec.json.encode(policy, order="sorted"))

    def policy(self, version: str) -> Policy | None:
        """A policy; raises `NotPossibleError` where its values are not those that the version names."""
        data = self._get(f"policies/{version}.json", version)
        if data is None:
            return None
        try:
            found = msgspec.json.decode(data, type=Policy)
        except msgspec.DecodeError as error:
            raise NotPossibleError(f"policy {version} in the archive cannot be read: {error}") from error
        if found.version != version:
            raise NotPossibleError(
                f"policy {version} in the archive was altered: its values are {found.version}"
            )
        return found

    def put_announcement(self, announcement: Announcement) -> None:
        """Keep what was announced: when it became current, and how old its lists were."""
        when = announcement.published_at.strftime("%Y%m%dT%H%M%S%fZ")
        self._put(f"announcements/{when}-{announcement.version}.json", msgspec.json.encode(announcement))

    def announcements(self) -> Iterator[Announcement]:
        """What was announced, oldest first."""
        for path in sorted(self._folder.glob("announcements/*.json")):
            yield msgspec.json.decode(path.read_bytes(), type=Announcement)

    def versions(self) -> list[str]:
        """The versions of the snapshots here, newest first."""
        found = self._folder.glob("snapshots/*")
        dated = [(path.stat().st_mtime, path.name) for path in found if _VERSION.fullmatch(path.name)]
        return [name for _, name in sorted(dated, reverse=True)]

    def _put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).chmod(0o644)
            Path(beside).rename(path)
        except OSError as error:
            raise NotPossibleError(
                f"{path} cannot be written ({error.strerror}): is HOLDGATE_ARCHIVE a folder with room?"
            ) from error

    def _get(self, name: str, version: str) -> bytes | None:
        if not _VERSION.fullmatch(version):
            return None  # a version is never a path
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotPossibleError(f"{self._folder / name} cannot be read: {error.strerror}") from error


def archive_of(folder: str | None) -> Archive | None:
    """The archive of the settings; None where there is none."""
    return Archive(Path(folder)) if folder else None
