"""Conditional download of a list from http(s) addresses.

A download is cached with its validators (ETag, Last-Modified; RFC 9110, 13.1), its SHA-256 and the time at
which the server last confirmed it. If the cached bytes do not match the digest, the file is downloaded again.
If a server fails, the list is used as it was last fetched, and grows older from that time.

Proxies are those of the environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
"""

import contextlib
import hashlib
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from holdgate.core.sources import ListError, SourceFile
from holdgate.runtime.settings import FETCH_AGENT

FETCH_SECONDS = 60.0

RETRY_WAITS = (1.0, 5.0)
"""Seconds before each further try. A server that is restarted answers again within seconds; one that does not
is asked again in the next round."""

LONGEST_WAIT = 30.0
"""A server that asks for a longer pause (Retry-After) is asked again in the next round."""

NOT_MODIFIED = 304

_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})


class FetchError(ListError):
    """A list that could not be downloaded completely: the server or the network failed, not the list."""


class DownloadOptions(Struct, frozen=True):
    """How lists are downloaded: the User-Agent, and the folder that caches them, if any."""

    agent: str = FETCH_AGENT
    folder: Path | None = None


class Download(Struct, frozen=True):
    """The files of a list, the time at which the server last confirmed them, and why not now."""

    files: tuple[SourceFile, ...]
    fetched_at: datetime
    failure: FetchError | None = None


class CachedDownload(Struct, frozen=True, omit_defaults=True):
    """The validators of a downloaded file, the SHA-256 of its bytes, and when they were last confirmed."""

    address: str
    sha256: str
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """Return the request headers that ask for the file only if it changed."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in stated.items() if value}


def download(addresses: Sequence[str], max_bytes: int, options: DownloadOptions) -> Download:
    """Return the files at the addresses of one list, each of at most `max_bytes`.

    They are cached together, so that files of different editions are never mixed. If one cannot be fetched,
    all are returned as they were last fetched. Raises `FetchError` if there is no complete earlier download,
    `ListError` if a file is too large.
    """
    fetched: list[tuple[CachedDownload, SourceFile]] = []
    try:
        fetched += [_fetch(address, max_bytes, options) for address in addresses]
    except FetchError as error:
        cached = [_read_cached(options.folder, address) for address in addresses]
        kept = [found for found in cached if found is not None]
        if len(kept) < len(addresses):
            raise
        files = tuple(SourceFile(_name(one.address), content) for one, content in kept)
        return Download(files, min(one.fetched_at for one, _ in kept), error)
    if options.folder is not None:
        # A full disk makes the next download longer; it must not keep a list from being published.
        with contextlib.suppress(OSError):
            for record, file in fetched:
                _write_cached(options.folder, record, file.content)
    return Download(tuple(file for _, file in fetched), min(record.fetched_at for record, _ in fetched))


def _fetch(address: str, max_bytes: int, options: DownloadOptions) -> tuple[CachedDownload, SourceFile]:
    """Return a file and its record; try again after a failure that may be temporary."""
    for wait in RETRY_WAITS:
        try:
            return _fetch_once(address, max_bytes, options)
        except _TemporaryFetchError as error:
            if error.retry_after > LONGEST_WAIT:
                raise
            time.sleep(max(wait, error.retry_after))
    return _fetch_once(address, max_bytes, options)


class _TemporaryFetchError(FetchError):
    """A failed download that may succeed on another try, after `retry_after` seconds."""

    retry_after: float = 0


def _fetch_once(address: str, max_bytes: int, options: DownloadOptions) -> tuple[CachedDownload, SourceFile]:
    cached = _read_cached(options.folder, address)
    headers = {"User-Agent": options.agent, **(cached[0].conditions if cached else {})}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310
    now = datetime.now(UTC)
    try:
        with urllib.request.build_opener().open(request, timeout=FETCH_SECONDS) as response:
            length, answered = response.length, response.headers
            content: bytes = response.read(max_bytes + 1)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == NOT_MODIFIED and cached:
                record = msgspec.structs.replace(cached[0], fetched_at=now)
                return record, SourceFile(_name(address), cached[1])
            raise _refusal(address, error) from error
    except (OSError, HTTPException) as error:
        raise _TemporaryFetchError(address, None, f"cannot be fetched: {error}") from error
    if len(content) > max_bytes:
        raise ListError(_name(address), None, f"more than {max_bytes:,} bytes: not a sanctions list")
    # With a size limit, http.client returns the part of a truncated response without an error.
    if length is not None and length != len(content):
        raise _TemporaryFetchError(
            address, None, f"was cut short: only {len(content):,} of {length:,} bytes arrived"
        )
    digest = hashlib.sha256(content).hexdigest()
    record = CachedDownload(address, digest, now, answered["ETag"], answered["Last-Modified"])
    return record, SourceFile(_name(address), content)


def _refusal(address: str, error: urllib.error.HTTPError) -> FetchError:
    if error.code in _TEMPORARY:
        refusal = _TemporaryFetchError(address, None, f"cannot be fetched: {error}")
        refusal.retry_after = _retry_after(error.headers["Retry-After"] or "")
        return refusal
    hint = "; some servers refuse the User-Agent, see HOLDGATE_FETCH_AGENT" if error.code == 403 else ""
    return FetchError(address, None, f"cannot be fetched: {error}{hint}")


def _retry_after(stated: str) -> float:
    """Return the seconds of a Retry-After header; 0 if there is none, or if it has a date."""
    return float(stated) if stated.isascii() and stated.isdigit() and len(stated) < 9 else 0.0


def _name(address: str) -> str:
    return Path(urlsplit(address).path).name or address


def _path(folder: Path, address: str) -> Path:
    return folder / hashlib.sha256(address.encode()).hexdigest()[:16]


def _read_cached(folder: Path | None, address: str) -> tuple[CachedDownload, bytes] | None:
    """Return the cached download of an address; None if there is none, or it is damaged."""
    if folder is None:
        return None
    path = _path(folder, address)
    try:
        record = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=CachedDownload)
        content = path.read_bytes()
    except (OSError, msgspec.DecodeError):
        return None
    intact = hashlib.sha256(content).hexdigest() == record.sha256
    return (record, content) if intact and record.address == address else None


def _write_cached(folder: Path, record: CachedDownload, content: bytes) -> None:
    """Write both files, each atomically; between the two the digest does not match, so nothing is cached."""
    path = _path(folder, record.address)
    folder.mkdir(parents=True, exist_ok=True)
    for target, text in ((path, content), (path.with_suffix(".json"), msgspec.json.encode(record))):
        temporary = target.with_name(f"{target.name}.{os.getpid()}")
        temporary.write_bytes(text)
        temporary.replace(target)
