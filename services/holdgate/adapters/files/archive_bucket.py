"""The archive in an S3 bucket: Amazon's, or another server's at HOLDGATE_ARCHIVE_ENDPOINT.

S3 writes objects atomically. They are created only if none exists (`If-None-Match`), so that concurrent
publishers do not overwrite each other. Credentials are HOLDGATE_ARCHIVE_KEY_ID with its secret in a file,
else those of the environment (AWS_* variables, a role).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings, secret

ANSWER_SECONDS, RETRIES = 10, 2
"""Timeout of a call, and how often it is retried: a person or a round of the lists service waits for it."""


class BucketStore:
    """Objects below `s3://bucket/prefix`."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.archive or ""
        with self._operator_errors("used"):
            self._store = S3Store.from_url(self._url, **_options(settings))

    def put(self, name: str, data: bytes, is_private: bool = False) -> None:
        """Store an object; an existing one stays unchanged. The bucket's policy says who may read it."""
        with self._operator_errors("written"):
            try:
                obstore.put(self._store, name, data, mode="create")
            except AlreadyExistsError:
                return

    def get(self, name: str) -> bytes | None:
        """Return an object, None if there is none of this name."""
        with self._operator_errors("read"):
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def delete(self, name: str) -> None:
        """Delete an object, if there is one of this name."""
        with self._operator_errors("written"):
            try:
                obstore.delete(self._store, name)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise

    def names(self, kind: str) -> list[tuple[float, str]]:
        """Return (Unix time stored, name) of each object of one kind."""
        with self._operator_errors("read"):
            return [
                (found["last_modified"].timestamp(), found["path"].rpartition("/")[2])
                for some in obstore.list(self._store, f"{kind}/")
                for found in some
            ]

    @contextmanager
    def _operator_errors(self, action: str) -> Iterator[None]:
        """Turn errors of the server or the network into an `OperatorError` of one line."""
        try:
            yield
        except (BaseError, FileNotFoundError, ValueError) as error:
            reason = " ".join(str(error).partition("Debug source")[0].split())
            raise OperatorError(f"{self._url} cannot be {action}: {reason[:300]}") from error


def _options(settings: Settings) -> dict[str, Any]:
    """Return the options of S3Store."""
    options: dict[str, Any] = {
        "client_options": {"timeout": f"{ANSWER_SECONDS}s", "connect_timeout": "3s"},
        "retry_config": {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=ANSWER_SECONDS)},
    }
    if settings.archive_endpoint:
        options["endpoint"] = settings.archive_endpoint
        options["client_options"]["allow_http"] = settings.archive_endpoint.startswith("http://")
    if settings.archive_key_id and settings.archive_secret_file:
        options["access_key_id"] = settings.archive_key_id
        options["secret_access_key"] = secret(settings.archive_secret_file)
    return options
