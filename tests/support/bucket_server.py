"""A server with one bucket that supports the S3 calls of the archive over HTTP: PUT, GET and list.

It does not look at signatures. The tests on it were run against moto 5.2.5 too, which cannot be locked beside
the rest (botocore refuses the python-dateutil that faust's croniter pins).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from hashlib import md5
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEPT_AT = "2026-11-24T03:24:51.000Z"


class Handler(BaseHTTPRequestHandler):
    """Handles requests to the bucket of its server."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_PUT(self) -> None:
        """Keep an object, unless there is one and the client said that there must be none."""
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._is_mine():
            return self._refuse(HTTPStatus.NOT_FOUND, "NoSuchBucket")
        with self.server.changing:
            if self.headers["If-None-Match"] == "*" and self._key in self.server.objects:
                return self._refuse(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed")
            self.server.objects[self._key] = data
        self._answer(HTTPStatus.OK, b"", data)

    def do_GET(self) -> None:
        """An object, or the list of those with a prefix."""
        asked = parse_qs(urlsplit(self.path).query)
        if not self._is_mine():
            self._refuse(HTTPStatus.NOT_FOUND, "NoSuchBucket")
        elif "list-type" in asked:
            self._list(asked.get("prefix", [""])[0])
        elif self._key in self.server.objects:
            data = self.server.objects[self._key]
            self._answer(HTTPStatus.OK, data, data)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "NoSuchKey")

    def _list(self, prefix: str) -> None:
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{KEPT_AT}</LastModified>"
            f"<ETag>{escape(_etag(data))}</ETag><Size>{len(data)}</Size></Contents>"
            for key, data in sorted(self.server.objects.items())
            if key.startswith(prefix)
        )
        text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
        self._answer(HTTPStatus.OK, text.encode(), b"")

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path.partition("/")[2].partition("/")[2])

    def _is_mine(self) -> bool:
        return urlsplit(self.path).path.split("/")[1] == self.server.bucket

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code></Error>".encode(), b"")

    def _answer(self, status: HTTPStatus, body: bytes, of: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", _etag(of))
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """The bucket and its objects."""

    def __init__(self, bucket: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bucket = bucket
        self.objects: dict[str, bytes] = {}
        self.changing = threading.Lock()


@contextmanager
def bucket_server(folder: Path, bucket: str) -> Iterator[dict[str, str]]:
    """Yield the settings of an archive with an empty bucket, which exists inside the block."""
    secret = folder / "archive.secret"
    secret.write_text("its own\n")
    with Server(bucket) as server:
        answering = threading.Thread(target=server.serve_forever)
        answering.start()
        yield {
            "archive": f"s3://{bucket}/holdgate/eu",
            "archive_endpoint": f"http://127.0.0.1:{server.server_port}",
            "archive_key_id": "holdgate",
            "archive_secret_file": str(secret),
        }
        server.shutdown()
        answering.join()


def _etag(data: bytes) -> str:
    return f'"{md5(data, usedforsecurity=False).hexdigest()}"'
