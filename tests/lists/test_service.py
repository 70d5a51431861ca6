"""`holdgate lists serve` continues when a source fails, and its metrics report the state of each source."""

import json
import signal
import threading
from collections.abc import Callable
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from redis import Redis

from deploy.local.ports import free_port
from deploy.local.stack import HOLDGATE
from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import Pointer, SnapshotStore
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.records.audit import Audit
from holdgate.lists.lost_pin import lost_pin
from tests.adapters.files.test_list_files import Quiet
from tests.lists.test_publication import current, ofac, snapshot
from tests.support.rig import PATIENCE, Rig, Worker, wait_until
from tests.support.small_list import PERSON, write

__all__ = ["ofac"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def serve(rig: Rig, refresh: float = 1, archive: str = "", **lists: Path | str) -> Worker:
    """The service with these lists, which checks them at this interval in seconds."""
    settings = {"archive": archive} if archive else {}
    words = " ".join(f"{name}={place}" for name, place in lists.items())
    return rig.worker(
        (str(HOLDGATE), "lists", "serve"), lists=words, lists_refresh=f"{refresh:g}", **settings
    )


def published(rig: Rig, service: Worker) -> Pointer:
    """Return the first published version."""
    wait_until(lambda: current(rig) is not None, "a publication", lambda: service.text)
    pointer = current(rig)
    assert pointer is not None
    return pointer


def await_lists(service: Worker, rig: Rig, expected: Callable[[str], bool]) -> None:
    """Return when the current lists have an expected version."""
    wait_until(
        lambda: (found := current(rig)) is not None and expected(found.version),
        "the expected lists",
        lambda: service.text,
    )


def await_value(service: Worker, name: str, value: float) -> None:
    """Return when a metric has a value."""
    wait_until(
        lambda: service.metrics().get(f"holdgate_lists_{name}") == value,
        f"{name} to be {value}",
        lambda: service.text,
    )


def test_the_service_publishes_and_keeps_the_good_list_when_a_file_is_damaged(rig: Rig, ofac: Path) -> None:
    """A damaged list is reported and checked again; once it is repaired, it becomes current."""
    service = serve(rig, ofac=ofac)
    first = published(rig, service)
    assert len(load_snapshot(snapshot(rig, first)).entries) == first.entries["ofac"]

    content = (ofac / "sdn.csv").read_bytes()
    (ofac / "sdn.csv").write_bytes(content[:-40])
    service.await_words("the current ones stay")
    stays = current(rig)
    assert stays is not None
    assert stays.version == first.version
    touched = service.health_file.stat().st_mtime
    wait_until(lambda: service.health_file.stat().st_mtime > touched, "progress", lambda: service.text)

    write(ofac, without=frozenset({PERSON}))
    await_lists(service, rig, lambda found: found != first.version)
    assert "Traceback" not in service.text
    assert all(json.loads(line)["event"] for line in service.text.splitlines())
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE) == 0


def test_publications_and_their_changes_are_shown(rig: Rig, ofac: Path) -> None:
    service = serve(rig, ofac=ofac)
    pointer = published(rig, service)
    await_value(service, 'entries{list="ofac"}', pointer.entries["ofac"])
    await_value(service, 'as_of_timestamp_seconds{list="ofac"}', pointer.as_of["ofac"].timestamp())
    await_value(service, "snapshot_bytes", len(snapshot(rig, pointer)))
    shown = service.metrics()
    assert shown["holdgate_lists_build_seconds"] > 0
    assert shown["holdgate_lists_refresh_seconds"] == 1
    assert shown['holdgate_lists_read_timestamp_seconds{list="ofac"}'] > 0
    assert not any(name.startswith("holdgate_lists_changes") for name in shown), "nothing changed yet"

    write(ofac, without=frozenset({PERSON}))
    await_value(service, 'changes{change="removed",list="ofac"}', 1)
    await_value(service, 'changes{change="added",list="ofac"}', 0)
    await_value(service, 'entries{list="ofac"}', pointer.entries["ofac"] - 1)


def test_a_failing_source_is_named_and_the_others_are_read(rig: Rig, ofac: Path, tmp_path: Path) -> None:
    """A rejected file differs from a failed download: somebody has to look at the file."""
    nobody = f"http://127.0.0.1:{free_port()}/list.csv"
    own = tmp_path / "own.csv"
    own.write_text("id,name\nC-1,Quellwasser Vorhanden\n")
    service = serve(rig, ofac=ofac, own=own, other=nobody)
    await_value(service, 'failing{list="other",why="unfetched"}', 1)
    shown = service.metrics()
    failing = {name for name, value in shown.items() if name.startswith("holdgate_lists_failing") and value}
    assert failing == {'holdgate_lists_failing{list="other",why="unfetched"}'}
    assert shown['holdgate_lists_rounds_total{outcome="unfetched"}'] >= 1
    assert shown['holdgate_lists_read_timestamp_seconds{list="own"}'] > 0
    assert shown['holdgate_lists_read_timestamp_seconds{list="other"}'] == 0

    own.write_text("id,name\nC-1\n")
    await_value(service, 'failing{list="own",why="refused"}', 1)
    await_value(service, 'failing{list="other",why="unfetched"}', 1)
    wait_until(
        lambda: service.metrics()['holdgate_lists_rounds_total{outcome="refused"}'] >= 1, "a refused round"
    )
    assert current(rig) is None


def test_a_source_that_goes_away_does_not_keep_the_others_from_being_published(
    rig: Rig, ofac: Path, tmp_path: Path
) -> None:
    """It is published as it was last fetched, and grows older from then."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "list.csv").write_text("id,name\nC-1,Quellwasser Vorhanden\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        service = serve(rig, ofac=ofac, other=f"http://127.0.0.1:{server.server_port}/list.csv")
        first = published(rig, service)
        server.shutdown()
        thread.join()
    await_value(service, 'failing{list="other",why="unfetched"}', 1)
    write(ofac, without=frozenset({PERSON}))
    await_lists(service, rig, lambda found: found != first.version)
    await_value(service, 'failing{list="other",why="unfetched"}', 1)
    kept, again = current(rig), service.metrics()
    assert kept is not None
    assert kept.entries["other"] == 1
    assert first.as_of["other"] <= kept.as_of["other"] < kept.published_at
    assert again['holdgate_lists_as_of_timestamp_seconds{list="other"}'] == kept.as_of["other"].timestamp()
    assert "published as it was last fetched" in service.text


def test_a_snapshot_that_redis_lost_is_published_again_without_waiting(rig: Rig, ofac: Path) -> None:
    """Until then, a worker that starts has no lists and holds everything."""
    service = serve(rig, 3_600, ofac=ofac)
    first = published(rig, service)
    with Redis.from_url(rig.settings.redis) as redis:
        for key in redis.scan_iter(keys.LISTS):
            redis.delete(key)
    again = published(rig, service)
    assert again.version == first.version
    assert again.published_at > first.published_at
    store = SnapshotStore(rig.settings)
    assert store.get(again.version)
    store.set_current(first)  # as a Redis that lost its last second
    store.close()

    def newer() -> bool:
        found = current(rig)
        return found is not None and found.published_at > again.published_at

    wait_until(newer, "the newest again", lambda: service.text)
    assert service.terminate() == 0


def audits(rig: Rig) -> list[Audit]:
    """Return every record of the audit topic."""
    return list(AuditLog(rig.settings).read())


def test_a_publication_by_hand_is_pinned_until_the_service_is_resumed(
    rig: Rig, ofac: Path, tmp_path: Path
) -> None:
    """Its next rounds keep it until a person resumes the service."""
    service = serve(rig, ofac=ofac)
    first = published(rig, service)
    fixed = write(tmp_path / "fixed", without=frozenset({PERSON}))
    done = rig.holdgate("lists", "publish", f"ofac={fixed}")
    assert done.exit_code == 0, done.output
    version = json.loads(done.stdout)["version"]
    assert "pinned: the lists service has other sources for ofac" in done.stderr
    assert json.loads(rig.holdgate("lists", "status").stdout)["pinned"] == version
    await_value(service, "pinned", 1)
    rounds = service.metrics()['holdgate_lists_rounds_total{outcome="published"}']
    wait_until(
        lambda: service.metrics()['holdgate_lists_rounds_total{outcome="published"}'] > rounds + 1,
        "two more rounds",
        lambda: service.text,
    )
    kept = current(rig)
    assert kept is not None
    assert kept.version == version

    assert rig.holdgate("lists", "resume", "--reason", "the source is right again").exit_code == 0
    await_lists(service, rig, lambda found: found == first.version)
    await_value(service, "pinned", 0)
    assert [audit.action for audit in audits(rig)] == ["lists.pin", "lists.resume"]
    assert rig.holdgate("lists", "publish", f"ofac={ofac}").exit_code == 0
    assert json.loads(rig.holdgate("lists", "status").stdout)["pinned"] is None, "the service's own sources"
    wait_until(
        lambda: "publishes in its next round" in rig.holdgate("lists", "resume", "--reason", "x").stderr,
        "nothing to resume",
    )


@pytest.mark.parametrize("restarts", [False, True])
def test_a_rollback_outlives_an_emptied_redis(
    rig: Rig, ofac: Path, tmp_path: Path, *, restarts: bool
) -> None:
    """The service pins the version again, also if it was restarted meanwhile."""
    archive = str(tmp_path / "archive")
    earlier = write(tmp_path / "earlier", without=frozenset({PERSON}))
    done = rig.holdgate("lists", "publish", f"ofac={earlier}", archive=archive)
    version = json.loads(done.stdout)["version"]
    assert rig.holdgate("lists", "publish", f"ofac={ofac}", archive=archive).exit_code == 0
    back = ("lists", "rollback", version, "--reason", "incident 1301")
    assert rig.holdgate(*back, archive=archive).exit_code == 0
    service = serve(rig, 3_600, archive=archive, ofac=ofac)
    await_value(service, "pinned", 1)
    if restarts:
        assert service.terminate() == 0
    with Redis.from_url(rig.settings.redis) as redis:
        for key in redis.scan_iter(keys.LISTS):
            redis.delete(key)
    if restarts:
        service = serve(rig, 3_600, archive=archive, ofac=ofac)
    assert published(rig, service).version == version
    assert snapshot_lookup.pinned_version(rig.settings) == version
    service.await_words("Redis has lost the pinned version: pinning it again")

    assert rig.holdgate("lists", "resume", "--reason", "the source is right again").exit_code == 0
    await_lists(service, rig, lambda found: found != version)
    assert lost_pin(rig.settings, None) is None


def test_the_service_does_not_undo_what_was_published_while_it_was_away(
    rig: Rig, ofac: Path, tmp_path: Path
) -> None:
    """The conflict is exported and audited once; a person decides."""
    service = serve(rig, ofac=ofac)
    first = published(rig, service)
    assert service.terminate() == 0
    fixed = write(tmp_path / "fixed", without=frozenset({PERSON}))
    done = rig.holdgate("lists", "publish", f"ofac={fixed}")
    assert "pinned" not in done.stderr, "no service runs"
    version = json.loads(done.stdout)["version"]

    service = serve(rig, ofac=ofac)
    await_value(service, 'failing{list="every",why="conflict"}', 1)
    wait_until(
        lambda: service.metrics()['holdgate_lists_rounds_total{outcome="conflict"}'] >= 2, "a second round"
    )
    kept = current(rig)
    assert kept is not None
    assert kept.version == version
    [conflict] = audits(rig)
    assert (conflict.action, conflict.outcome) == ("lists.conflict", "refused")
    assert f"version {version} was published by somebody else" in conflict.reason

    assert rig.holdgate("lists", "resume", "--reason", "the source is right").exit_code == 0
    await_lists(service, rig, lambda found: found == first.version)
    await_value(service, 'failing{list="every",why="conflict"}', 0)


def test_of_two_services_with_other_sources_the_second_publishes_nothing(
    rig: Rig, ofac: Path, tmp_path: Path
) -> None:
    service = serve(rig, ofac=ofac)
    first = published(rig, service)
    other = serve(rig, ofac=write(tmp_path / "other", without=frozenset({PERSON})))
    await_value(other, 'failing{list="every",why="conflict"}', 1)
    assert "another lists service runs with other sources for ofac" in other.text
    assert service.terminate() == 0
    await_lists(other, rig, lambda found: found != first.version)


def test_the_service_does_not_start_if_its_address_is_in_use(rig: Rig, ofac: Path) -> None:
    service = serve(rig, 3_600, ofac=ofac)
    published(rig, service)
    other = rig.holdgate("lists", "serve", lists=f"ofac={ofac}", http=f"127.0.0.1:{service.port}")
    assert other.exit_code == 2
    assert f"HOLDGATE_HTTP: cannot listen on 127.0.0.1:{service.port}" in other.stderr
