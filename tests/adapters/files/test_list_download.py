"""Lists from URLs are downloaded once, again only if they changed, and never partially."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from holdgate.adapters.files.list_download import fetch
from holdgate.core.sources import ListError

MOST = 1_000


class Source(ThreadingHTTPServer):
    """The server of a list; `answers` are the status codes it returned."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = b"name\nSomebody\n"
        self.validators = {"ETag": '"one"'}
        self.promised = 0
        self.answers: list[int] = []

    @property
    def address(self) -> str:
        """Of the list."""
        return f"http://127.0.0.1:{self.server_port}/list.csv"


class Answer(BaseHTTPRequestHandler):
    """Answers 304 to a client that has the current file."""

    server: Source

    def do_GET(self) -> None:
        """Give the list, `promised` bytes less than are announced."""
        source = self.server
        validators = {
            "ETag": self.headers["If-None-Match"],
            "Last-Modified": self.headers["If-Modified-Since"],
        }
        same = any(validators[name] == value for name, value in source.validators.items())
        source.answers.append(304 if same else 200)
        self.send_response(source.answers[-1])
        if not same:
            for name, value in source.validators.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(source.content) + source.promised))
        self.end_headers()
        if not same:
            self.wfile.write(source.content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def source() -> Iterator[Source]:
    """A server on loopback."""
    with Source() as source:
        thread = threading.Thread(target=source.serve_forever, daemon=True)
        thread.start()
        yield source
        source.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "validators", [{"ETag": '"one"'}, {"Last-Modified": "Mon, 23 Nov 2026 10:00:00 GMT"}], ids=str
)
def test_an_unchanged_list_is_not_sent_again(
    source: Source, tmp_path: Path, validators: dict[str, str]
) -> None:
    source.validators = validators
    first = fetch(source.address, MOST, tmp_path)
    assert fetch(source.address, MOST, tmp_path) == first
    assert source.answers == [200, 304]
    source.content, source.validators = b"name\nAnother\n", {"ETag": '"two"'}
    assert fetch(source.address, MOST, tmp_path).content == source.content
    assert fetch(source.address, MOST, tmp_path).content == source.content
    assert source.answers == [200, 304, 200, 304]


def test_a_server_without_validators_sends_the_full_list(source: Source, tmp_path: Path) -> None:
    source.validators = {}
    for _ in range(2):
        fetch(source.address, MOST, tmp_path)
    assert source.answers == [200, 200]


def test_altered_bytes_are_downloaded_again(source: Source, tmp_path: Path) -> None:
    """The same holds if the metadata beside them is damaged."""
    complete = fetch(source.address, MOST, tmp_path)
    for suffix in ("", ".json"):
        [cached] = [path for path in tmp_path.iterdir() if path.suffix == suffix]
        cached.write_bytes(b"name\n")
        assert fetch(source.address, MOST, tmp_path) == complete
    assert source.answers == [200, 200, 200]


def test_a_partial_file_is_rejected_and_not_kept(source: Source, tmp_path: Path) -> None:
    source.promised = 5
    with pytest.raises(ListError, match="was cut short: only 14 of 19 bytes arrived"):
        fetch(source.address, MOST, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_too_large_is_rejected_and_not_kept(source: Source, tmp_path: Path) -> None:
    with pytest.raises(ListError, match="more than 13 bytes"):
        fetch(source.address, 13, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_list_is_used_even_if_its_folder_cannot_be_written(source: Source, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    assert fetch(source.address, MOST, taken).content == source.content
