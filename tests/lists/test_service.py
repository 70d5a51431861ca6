"""`holdgate lists serve`: what it publishes, what it refuses, what it shows, and that Redis keeps it."""

import json
from pathlib import Path

import pytest
from redis import Redis

from deploy.local.stack import HOLDGATE
from holdgate.adapters.redis import Pointer, SnapshotStore
from holdgate.core.snapshot import load
from tests.screening.rig import Rig, Worker, wait_until
from tests.small_list import write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def ofac(tmp_path: Path) -> Path:
    """The small list in a folder of its own, to be damaged."""
    return write(tmp_path / "ofac")


def serve(rig: Rig, ofac: Path, refresh: float = 1) -> Worker:
    """The service over the list, looking at it every so many seconds."""
    return rig.worker((str(HOLDGATE), "lists", "serve"), lists=f"ofac={ofac}", lists_refresh=f"{refresh:g}")


def current(rig: Rig) -> Pointer | None:
    """What Redis points to."""
    store = SnapshotStore(rig.settings)
    try:
        return store.current()
    finally:
        store.close()


def published(rig: Rig, service: Worker) -> Pointer:
    """What it published first."""
    wait_until(lambda: current(rig) is not None, "a publication", lambda: service.text)
    pointer = current(rig)
    assert pointer is not None
    return pointer


def rounds(service: Worker, outcome: str) -> float:
    """How many rounds came to that."""
    return service.metrics().get(f'holdgate_lists_rounds_total{{outcome="{outcome}"}}', 0.0)


def changes(service: Worker) -> dict[str, float]:
    """What the last change of the list changed."""
    name = 'holdgate_lists_changes{{change="{}",list="ofac"}}'
    found = service.metrics()
    return {kind: found.get(name.format(kind), -1) for kind in ("added", "removed", "changed")}


def test_it_publishes_stays_healthy_and_keeps_what_is_good(rig: Rig, ofac: Path) -> None:
    """A damaged list is said, counted and looked at again; once it is whole it becomes current."""
    service = serve(rig, ofac)
    first = published(rig, service)
    store = SnapshotStore(rig.settings)
    before = load(store.get(first.version) or b"")
    assert len(before.entries) == first.entries["ofac"]

    whole = (ofac / "sdn.csv").read_bytes()
    (ofac / "sdn.csv").write_bytes(whole[:-40])
    wait_until(lambda: "the current ones stay" in service.text, "a refusal", lambda: service.text)
    wait_until(lambda: rounds(service, "refused") >= 1, "a refusal that is counted")
    stays = current(rig)
    assert stays is not None
    assert stays.version == first.version
    assert set(changes(service).values()) == {-1}, "nothing has changed yet"
    touched = service.health_file.stat().st_mtime
    wait_until(lambda: service.health_file.stat().st_mtime > touched, "progress", lambda: service.text)

    write(ofac, every=30)
    wait_until(
        lambda: (found := current(rig)) is not None and found.version != first.version,
        "the new list",
        lambda: service.text,
    )
    wait_until(lambda: -1 not in changes(service).values(), "what it changed", lambda: service.text)
    second = current(rig)
    assert second is not None
    after = {entry.id for entry in load(store.get(second.version) or b"").entries}
    store.close()
    known = {entry.id for entry in before.entries}
    assert changes(service) == {"added": len(after - known), "removed": len(known - after), "changed": 0}
    assert rounds(service, "published") >= 2
    assert "Traceback" not in service.text
    for line in service.text.splitlines():
        assert json.loads(line)["event"]
    assert service.terminate() == 0


def test_what_redis_lost_is_published_again_before_its_time(rig: Rig, ofac: Path) -> None:
    """A worker that starts meanwhile has no lists, and holds everything."""
    service = serve(rig, ofac, refresh=3_600)
    first = published(rig, service)
    with Redis.from_url(rig.settings.redis) as redis:
        for key in redis.scan_iter("list:*"):
            redis.delete(key)
    again = published(rig, service)
    assert again.version == first.version
    assert again.published_at > first.published_at
    store = SnapshotStore(rig.settings)
    assert store.get(again.version)
    store.flip(first)  # as a Redis that lost its last second
    store.close()

    def newer() -> bool:
        found = current(rig)
        return found is not None and found.published_at > again.published_at

    wait_until(newer, "the newest again", lambda: service.text)
    assert service.terminate() == 0


def test_it_does_not_start_where_its_address_is_taken(rig: Rig, ofac: Path) -> None:
    service = serve(rig, ofac, refresh=3_600)
    published(rig, service)
    other = rig.holdgate("lists", "serve", lists=f"ofac={ofac}", http=f"127.0.0.1:{service.port}")
    assert other.exit_code == 2
    assert f"HOLDGATE_HTTP: cannot listen on 127.0.0.1:{service.port}" in other.stderr
