"""Conditional download of a list from an http(s) address.

A download is cached with its validators (ETag, Last-Modified; RFC 9110, 13.1) and its SHA-256. If the cached
bytes do not match the digest, the file is downloaded again.
"""

import contextlib
import hashlib
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from holdgate.core.sources import ListError, SourceFile

FETCH_SECONDS = 60.0

NOT_MODIFIED = 304


class FetchError(ListError):
    """A list that could not be downloaded completely: the server or the network failed, not the list."""


class CachedDownload(Struct, frozen=True, omit_defaults=True):
    """The validators of a downloaded file, and the SHA-256 of its bytes."""

    address: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """Return the request headers that ask for the file only if it changed."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in stated.items() if value}


def fetch(address: str, max_bytes: int, folder: Path | None = None) -> SourceFile:
    """Return the file at an address, of at most `max_bytes`; cache it in `folder` if given.

    Raises `FetchError` if the download fails or is incomplete, `ListError` if the file is too large.
    """
    name = Path(urlsplit(address).path).name or address
    stem = hashlib.sha256(address.encode()).hexdigest()[:16]
    cached = _read_cached(folder / stem, address) if folder else None
    conditions = cached[0].conditions if cached else {}
    request = urllib.request.Request(address, headers={"User-Agent": "holdgate", **conditions})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=FETCH_SECONDS) as response:  # noqa: S310
            length, headers = response.length, response.headers
            content: bytes = response.read(max_bytes + 1)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == NOT_MODIFIED and cached:
                return SourceFile(name, cached[1])
            raise FetchError(address, None, f"cannot be fetched: {error}") from error
    except (OSError, HTTPException) as error:
        raise FetchError(address, None, f"cannot be fetched: {error}") from error
    if len(content) > max_bytes:
        raise ListError(name, None, f"more than {max_bytes:,} bytes: not a sanctions list")
    # With a size limit, http.client returns the part of a truncated response without an error.
    if length is not None and length != len(content):
        raise FetchError(address, None, f"was cut short: only {len(content):,} of {length:,} bytes arrived")
    if folder:
        digest = hashlib.sha256(content).hexdigest()
        # A full disk makes the next download longer; it must not keep a list from being published.
        with contextlib.suppress(OSError):
            _write_cached(
                folder / stem,
                CachedDownload(address, digest, headers["ETag"], headers["Last-Modified"]),
                content,
            )
    return SourceFile(name, content)


def _read_cached(path: Path, address: str) -> tuple[CachedDownload, bytes] | None:
    """Return the cached download of an address; None if there is none, or it is damaged."""
    try:
        download = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=CachedDownload)
        content = path.read_bytes()
    except (OSError, msgspec.DecodeError):
        return None
    intact = hashlib.sha256(content).hexdigest() == download.sha256
    return (download, content) if intact and download.address == address else None


def _write_cached(path: Path, download: CachedDownload, content: bytes) -> None:
    """Write both files, each atomically; between the two the digest does not match, so nothing is cached."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, text in ((path, content), (path.with_suffix(".json"), msgspec.json.encode(download))):
        temporary = target.with_name(f"{target.name}.{os.getpid()}")
        temporary.write_bytes(text)
        temporary.replace(target)
