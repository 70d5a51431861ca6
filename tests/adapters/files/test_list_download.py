"""Lists from URLs are downloaded once, again only if they changed, and never partially."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from holdgate.adapters.files import list_download
from holdgate.adapters.files.list_download import Download, DownloadOptions, FetchError, download
from holdgate.core.sources import ListError, SourceFile
from holdgate.runtime.settings import FETCH_AGENT

MOST = 1_000


class Source(ThreadingHTTPServer):
    """The server of a list; `answers` are the status codes it returned."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = b"name\nSomebody\n"
        self.validators = {"ETag": '"one"'}
        self.promised = 0
        self.failures: list[int] = []
        self.retry_after = ""
        self.answers: list[int] = []
        self.agents: list[str | None] = []
        self.targets: list[str] = []

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
        source.agents.append(self.headers["User-Agent"])
        source.targets.append(self.path)
        if source.failures:
            source.answers.append(source.failures.pop(0))
            self.send_response(source.answers[-1])
            if source.retry_after:
                self.send_header("Retry-After", source.retry_after)
            self.end_headers()
            return
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


def fetch(address: str, most: int, folder: Path | None = None) -> SourceFile:
    """Return the only file of a list."""
    [file] = download([address], most, DownloadOptions(folder=folder)).files
    return file


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which are not made."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


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


def test_a_server_that_fails_for_a_moment_is_asked_again(source: Source, waits: list[float]) -> None:
    source.failures = [503, 429]
    source.retry_after = "3"
    assert fetch(source.address, MOST).content == source.content
    assert (source.answers, waits) == ([503, 429, 200], [3.0, 5.0])


@pytest.mark.parametrize(("failures", "retry_after"), [([404], ""), ([503], "3600"), ([500] * 3, "x")])
def test_other_failures_end_the_download(source: Source, failures: list[int], retry_after: str) -> None:
    source.failures, source.retry_after = [*failures], retry_after
    with pytest.raises(FetchError, match=f"cannot be fetched: .*{failures[0]}"):
        fetch(source.address, MOST)
    assert source.answers == failures


def test_the_user_agent_is_long_enough_for_servers_that_refuse_short_ones(source: Source) -> None:
    """OFAC's service answers short ones with 403."""
    fetch(source.address, MOST)
    download([source.address], MOST, DownloadOptions(agent="bank/1.0"))
    assert source.agents == [FETCH_AGENT, "bank/1.0"]
    assert len(FETCH_AGENT) > 50
    source.failures = [403]
    with pytest.raises(FetchError, match="HOLDGATE_FETCH_AGENT"):
        fetch(source.address, MOST)


def test_the_proxy_of_the_environment_is_used(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{source.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert fetch("http://lists.example/list.csv", MOST).content == source.content
    assert source.targets == ["http://lists.example/list.csv"]


def test_an_unreachable_list_is_used_as_it_was_last_confirmed(source: Source, tmp_path: Path) -> None:
    """Its time is that of the last answer, also of one that said that nothing changed."""
    fetching = DownloadOptions(folder=tmp_path)
    download([source.address], MOST, fetching)
    confirmed = download([source.address], MOST, fetching)
    assert source.answers == [200, 304]
    source.failures = [404]
    kept = download([source.address], MOST, fetching)
    assert (kept.files, kept.fetched_at) == (confirmed.files, confirmed.fetched_at)
    assert "404" in str(kept.failure)
    assert download([source.address], MOST, fetching).failure is None


def test_files_of_different_editions_are_never_mixed(source: Source, tmp_path: Path) -> None:
    """The first file has changed and was fetched; the second cannot be fetched."""
    fetching, addresses = DownloadOptions(folder=tmp_path), [source.address, source.address + "?second"]
    before = download(addresses, MOST, fetching)
    source.content, source.validators = b"name\nAnother\n", {"ETag": '"two"'}

    def without_second(address: str, most: int, how: DownloadOptions) -> object:
        if address.endswith("second"):
            raise FetchError(address, None, "cannot be fetched: away")
        return fetch_first(address, most, how)

    fetch_first = list_download._fetch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_download, "_fetch", without_second)
        kept = download(addresses, MOST, fetching)
        again = download(addresses, MOST, fetching)
    assert kept.files == again.files == before.files
    assert {file.content for file in download(addresses, MOST, fetching).files} == {source.content}
    assert isinstance(kept, Download)
