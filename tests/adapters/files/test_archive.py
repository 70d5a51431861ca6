"""The contract of the archive's object stores, kept by a folder and by a bucket behind a real server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.local.ports import free_port
from holdgate.adapters.files.archive import Archive, ObjectStore, archive_of
from holdgate.adapters.files.archive_bucket import BucketStore
from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.cli.main import main
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings, variable_name
from tests.support.bucket_server import bucket_server
from tests.support.small_list import POLICY


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the settings of a bucket."""
    with bucket_server(tmp_path_factory.mktemp("bucket"), "kept") as settings:
        yield settings


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, bucket: dict[str, str]) -> ObjectStore:
    """An empty object store of each kind."""
    if request.param == "folder":
        return FolderStore(tmp_path / "archive")
    return BucketStore(Settings(**bucket | {"archive": f"s3://kept/{tmp_path.name}"}))  # type: ignore[arg-type]


def test_a_stored_object_is_complete_and_permanent(store: ObjectStore) -> None:
    assert store.get("snapshots/0123abcd") is None
    store.put("snapshots/0123abcd", b"first")
    store.put("snapshots/0123abcd", b"second")
    assert store.get("snapshots/0123abcd") == b"first"
    large = bytes(range(256)) * 40_000
    store.put("snapshots/4567cdef", large)
    assert store.get("snapshots/4567cdef") == large


def test_names_are_listed_by_kind_with_their_time(store: ObjectStore) -> None:
    assert list(store.names("snapshots")) == []
    for name in ("snapshots/0123abcd", "snapshots/4567cdef", "policies/0123abcd.json"):
        store.put(name, b"x")
    assert {name for _, name in store.names("snapshots")} == {"0123abcd", "4567cdef"}
    assert all(time > 1_700_000_000 for time, _ in store.names("snapshots"))


def test_a_version_is_never_a_path(store: ObjectStore) -> None:
    store.put("policies/0123abcd.json", b"{}")
    assert Archive(store).snapshot("../policies/0123abcd.json") is None


def test_a_policy_is_archived_in_a_bucket_by_the_command(bucket: dict[str, str]) -> None:
    """Anyone with the settings reads it back unchanged."""
    environment = {variable_name(name): value for name, value in bucket.items()}
    done = CliRunner(env=environment).invoke(main, ["policy", "archive", str(POLICY)])
    assert done.exit_code == 0, done.output
    archive = archive_of(Settings(**bucket))  # type: ignore[arg-type]
    assert archive is not None
    [name] = [name for _, name in BucketStore(Settings(**bucket)).names("policies")]  # type: ignore[arg-type]
    found = archive.policy(name.removesuffix(".json"))
    assert found is not None
    assert found.version in done.output


@contextmanager
def refused(words: str) -> Iterator[None]:
    """An error is one line that names the place, without the secret."""
    with pytest.raises(OperatorError) as raised:
        yield
    message = str(raised.value)
    assert words in message
    assert message.startswith("s3://")
    assert "\n" not in message
    assert "its own" not in message


CALLS: dict[str, Callable[[ObjectStore], object]] = {
    "put": lambda store: store.put("snapshots/0123abcd", b"x"),
    "get": lambda store: store.get("snapshots/0123abcd"),
    "names": lambda store: store.names("snapshots"),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_missing_bucket_or_server_is_reported(bucket: dict[str, str], call: str) -> None:
    absent = Settings(**bucket | {"archive": "s3://absent/holdgate"})  # type: ignore[arg-type]
    with refused("NoSuchBucket"):
        CALLS[call](BucketStore(absent))
    away = Settings(**bucket | {"archive_endpoint": f"http://127.0.0.1:{free_port()}"})  # type: ignore[arg-type]
    with refused("cannot be"):
        CALLS[call](BucketStore(away))


def test_an_invalid_place_is_reported(bucket: dict[str, str]) -> None:
    with refused("cannot be used"):
        BucketStore(Settings(**bucket | {"archive": "s3://"}))  # type: ignore[arg-type]
