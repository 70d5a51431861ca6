"""Lists are read from files, folders and URLs, compressed or not, with their date."""

import gzip
import lzma
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from holdgate.adapters.files import list_download
from holdgate.adapters.files.list_files import find_list_files
from holdgate.core.sources import ListError, SourceFile

CONTENT = b"name\nSomebody\n"
CHANGED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(path: Path, content: bytes = CONTENT) -> Path:
    """Write a file that was last changed at `CHANGED`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (CHANGED.timestamp(),) * 2)
    return path


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("list.csv", CONTENT),
        ("list.csv.gz", gzip.compress(CONTENT)),
        ("list.csv.xz", lzma.compress(CONTENT)),
        ("LIST.CSV.GZ", gzip.compress(CONTENT)),
    ],
    ids=["plain", "gzip", "xz", "gzip in capitals"],
)
def test_a_file_is_unpacked_and_its_own_date_does_not_count(tmp_path: Path, name: str, packed: bytes) -> None:
    found = find_list_files(str(write(tmp_path / name, packed)))
    [file] = found.files
    assert (file.name.lower(), file.content) == ("list.csv", CONTENT)
    assert (found.as_of, found.label) == (None, None)


def test_a_folder_gives_its_list_files_in_order(tmp_path: Path) -> None:
    write(tmp_path / "b.csv", b"b")
    write(tmp_path / "a.xml.gz", gzip.compress(b"a"))
    write(tmp_path / "README.md")
    write(tmp_path / "c.json", b"c")
    found = find_list_files(str(tmp_path))
    assert found.files == (SourceFile("a.xml", b"a"), SourceFile("b.csv", b"b"), SourceFile("c.json", b"c"))
    assert found.as_of is None


def test_several_files_are_one_list(tmp_path: Path) -> None:
    paths = [write(tmp_path / "b.csv", b"b"), write(tmp_path / "a.csv", b"a")]
    found = find_list_files(",".join(map(str, paths)))
    assert found.files == (SourceFile("b.csv", b"b"), SourceFile("a.csv", b"a"))
    assert find_list_files(str(write(tmp_path / "a,b.csv"))).files == (SourceFile("a,b.csv", CONTENT),)
    with pytest.raises(ListError, match=r"absent\.csv: cannot be read"):
        find_list_files(f"{paths[0]},{tmp_path}/absent.csv")


def test_topics_follow_the_place(tmp_path: Path) -> None:
    path = write(tmp_path / "list.json")
    assert find_list_files(str(path)).topics is None
    found = find_list_files(f"{path}#topics=sanction,debarment")
    assert found.topics == frozenset({"sanction", "debarment"})


def test_an_edition_file_dates_and_labels_the_files_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "list.csv")
    write(tmp_path / "edition.toml", b'as_of = 2025-01-02T03:00:00+03:00\nlabel = "mine"\n')
    found = find_list_files(str(tmp_path))
    assert (found.as_of, found.label) == (datetime(2025, 1, 2, tzinfo=UTC), "mine")
    assert [file.name for file in found.files] == ["list.csv"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no list files"),
        ({"README.md": CONTENT}, "no list files"),
        ({"list.csv.gz": gzip.compress(CONTENT)[:-9]}, "list.csv.gz: cannot be unpacked"),
        ({"list.csv.xz": lzma.compress(CONTENT)[:-9]}, "list.csv.xz: cannot be unpacked"),
        ({"list.csv.gz": CONTENT}, "list.csv.gz: cannot be unpacked"),
        ({"list.csv": CONTENT, "edition.toml": b"as_of = 'yesterday'"}, "edition.toml: .*as_of"),
        ({"list.csv": CONTENT, "edition.toml": b"label = 'mine'"}, "edition.toml: .*as_of"),
        ({"list.csv": CONTENT, "edition.toml": b"as_of = 2025-01-01T00:00:00Z\nlable = 'x'"}, "lable"),
    ],
)
def test_an_unreadable_file_is_rejected_by_name(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    for name, content in files.items():
        write(tmp_path / name, content)
    with pytest.raises(ListError, match=words):
        find_list_files(str(tmp_path))


def test_a_missing_path_is_rejected_by_name(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"absent\.csv: cannot be read: No such file"):
        find_list_files(str(tmp_path / "absent.csv"))


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without logging."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The URL of a web server on loopback that serves `tmp_path`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_urls_are_downloaded_and_dated_now(tmp_path: Path, address: str) -> None:
    write(tmp_path / "a.csv", b"a")
    write(tmp_path / "b.csv", b"b")
    before = datetime.now(UTC)
    found = find_list_files(f"{address}/a.csv,{address}/b.csv?day=1")
    assert found.files == (SourceFile("a.csv", b"a"), SourceFile("b.csv", b"b"))
    assert found.as_of is not None
    assert before <= found.as_of <= datetime.now(UTC)


def test_a_url_that_answers_with_an_error_is_rejected(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_download, "RETRY_WAITS", ())
    with pytest.raises(ListError, match=r"absent\.csv: cannot be fetched: .*404"):
        find_list_files(f"{address}/absent.csv")
    with pytest.raises(ListError, match=r"cannot be fetched: .*refused"):
        find_list_files("http://127.0.0.1:1/list.csv")
