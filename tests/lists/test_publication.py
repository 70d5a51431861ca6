"""`holdgate lists` publishes good lists and rejects bad ones; the current list stays current meanwhile."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from kafka import KafkaConsumer, TopicPartition

from deploy.local.daemon import ROOT
from deploy.local.stack import HOLDGATE, SAMPLE_LIST
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.redis.snapshot_store import KEPT_SNAPSHOTS, Pointer, SnapshotStore
from holdgate.core.records import topics
from holdgate.lists import publication
from holdgate.lists.building import BuiltSnapshot
from tests.support.rig import PATIENCE, Rig
from tests.support.small_list import write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas" / "list-announcement.schema.json").read_text()))


@pytest.fixture
def ofac(tmp_path: Path) -> Path:
    """The small list in its own folder, to be damaged."""
    return write(tmp_path / "ofac")


def ignore_progress(_: str) -> None:
    """Ignore the progress messages of a command."""


def current(rig: Rig) -> Pointer | None:
    """Return the pointer in Redis."""
    store = SnapshotStore(rig.settings)
    try:
        return store.current()
    finally:
        store.close()


def announcements(rig: Rig) -> list[Any]:
    """Return every record of lists.published."""
    partition = TopicPartition(rig.settings.topic(topics.PUBLISHED.name), 0)
    consumer = open_client(KafkaConsumer, bootstrap_servers=rig.settings.kafka, enable_auto_commit=False)
    records: list[Any] = []
    try:
        consumer.assign([partition])
        consumer.seek(partition, 0)
        end = consumer.end_offsets([partition])[partition]
        while consumer.position(partition) < end:
            records += consumer.poll(timeout_ms=1_000).get(partition, [])
    finally:
        consumer.close()
    return records


def test_the_sample_is_published_and_shown(rig: Rig) -> None:
    """The full sample list: pointer, announcement, status and entries."""
    done = rig.holdgate("lists", "publish", SAMPLE_LIST)
    assert done.exit_code == 0, done.stderr
    output = json.loads(done.stdout)
    SCHEMA.validate(output)
    assert f"current: {output['version']}" in done.stderr
    pointer = current(rig)
    assert pointer is not None
    assert pointer.version == output["version"]
    assert pointer.as_of == {"ofac": datetime(2023, 12, 28, tzinfo=UTC)}
    assert pointer.entries == {"ofac": 13_821}
    assert "previous" not in output
    [edition] = output["editions"]
    assert (edition["label"], edition["format"]) == ("ofac-sample-2023-12-28", "ofac-sdn-csv")

    [record] = announcements(rig)
    assert record.key == b"current"
    assert json.loads(record.value) == output
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["ce_specversion"] == topics.CE_VERSION
    assert headers["ce_type"] == topics.CE_TYPES[topics.PUBLISHED]
    assert headers["ce_id"] == pointer.version
    assert headers["content-type"] == "application/json"

    status = json.loads(rig.holdgate("lists", "status").stdout)
    assert status["current"]["version"] == pointer.version
    assert status["kept"] == [pointer.version]

    shown = rig.holdgate("lists", "show", pointer.version)
    header, *entries = map(json.loads, shown.stdout.splitlines())
    assert header["version"] == pointer.version
    assert len(entries) == 13_821
    assert len({entry["id"] for entry in entries}) == 13_821


def test_the_same_content_keeps_its_version(rig: Rig, ofac: Path) -> None:
    """Neither the path nor the publication time matters; the date of the list may advance."""
    first = json.loads(rig.holdgate("lists", "publish", f"ofac={ofac}").stdout)
    elsewhere = ofac.rename(ofac.with_name("elsewhere"))
    (elsewhere / "edition.toml").write_text(
        'as_of = 2024-01-05T00:00:00Z\nlabel = "ofac-sample-2023-12-28"\n'
    )
    second = json.loads(rig.holdgate("lists", "publish", f"ofac={elsewhere}").stdout)
    assert second["version"] == first["version"]
    assert "previous" not in second
    pointer = current(rig)
    assert pointer is not None
    assert pointer.as_of == {"ofac": datetime(2024, 1, 5, tzinfo=UTC)}
    assert len(announcements(rig)) == 2


def damaged(kind: str, folder: Path) -> tuple[str, str]:
    """Damage a list; return the file with line and the reason that the error must name."""
    entries = folder / "sdn.csv"
    lines = entries.read_bytes().splitlines(keepends=True)
    match kind:
        case "cut in a row":
            entries.write_bytes(b"".join(lines[:150]) + lines[150][:20])
            return "sdn.csv line 151", "cut"
        case "cut between rows":
            entries.write_bytes(b"".join(lines[:150]))
            return "alt.csv line", "missing"
        case "a column short":
            lines[99] = lines[99].partition(b",")[2]
            entries.write_bytes(b"".join(lines))
            return "sdn.csv line 100", "columns"
        case "empty":
            entries.write_bytes(b"")
            return "sdn.csv", "empty"
        case "a web page":
            entries.write_bytes(b"<!DOCTYPE html><html><body>503 Service Unavailable</body></html>")
            return "sdn.csv", "web page"
        case "a zip file":
            entries.write_bytes(b"PK\x03\x04" + bytes(100))
            return "sdn.csv", "zip file"
        case "absent":
            for file in folder.iterdir():
                file.unlink()
            return "ofac", "no list files"
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind",
    ["cut in a row", "cut between rows", "a column short", "empty", "a web page", "a zip file", "absent"],
)
def test_a_damaged_list_is_rejected_and_the_current_one_stays(
    rig: Rig, small: BuiltSnapshot, ofac: Path, kind: str
) -> None:
    rig.make_current(small)
    before = current(rig)
    where, why = damaged(kind, ofac)
    done = rig.holdgate("lists", "publish", f"ofac={ofac}")
    assert done.exit_code == 3
    assert done.stdout == ""
    assert where in done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert current(rig) == before
    assert announcements(rig) == []


def test_a_list_that_lost_many_entries_is_rejected_unless_a_person_accepts_it(
    rig: Rig, small: BuiltSnapshot, ofac: Path
) -> None:
    rig.make_current(small)
    before = current(rig)
    write(ofac, every=100)
    refused = rig.holdgate("lists", "publish", f"ofac={ofac}")
    assert refused.exit_code == 3
    assert f"of {small.entries['ofac']:,} (limit 5%)" in refused.stderr
    assert "--accept-change ofac --reason WHY" in refused.stderr
    assert current(rig) == before
    accept = ("lists", "publish", "--accept-change", "ofac", f"ofac={ofac}")
    assert "--reason is required" in rig.holdgate(*accept).stderr

    allowed = rig.holdgate(*accept, "--reason", "the list was split")
    assert allowed.exit_code == 0, allowed.stderr
    [audit] = AuditLog(rig.settings).read()
    assert (audit.action, audit.reason, audit.what["lists"]) == (
        "lists.accept-change",
        "the list was split",
        "ofac",
    )
    announced = json.loads(allowed.stdout)
    assert announced["previous"] == small.header.version
    assert announced["entries"] < small.entries["ofac"] / 2
    pointer = current(rig)
    assert pointer is not None
    assert pointer.version == announced["version"]


def test_publishing_that_omits_a_current_list_is_rejected(rig: Rig, small: BuiltSnapshot, ofac: Path) -> None:
    rig.make_current(small)
    done = rig.holdgate("lists", "publish", f"sdn={ofac}")
    assert done.exit_code == 3
    assert "list ofac" in done.stderr
    pointer = current(rig)
    assert pointer is not None
    assert pointer.version == small.header.version


def test_publication_keeps_the_latest_snapshots_and_deletes_older_ones(
    rig: Rig, small: BuiltSnapshot
) -> None:
    built = [
        BuiltSnapshot(msgspec.structs.replace(small.header, version=f"v{number}"), b"snapshot")
        for number in range(KEPT_SNAPSHOTS + 3)
    ]
    for snapshot in built:
        publication.publish(rig.settings, snapshot)
    store = SnapshotStore(rig.settings)
    try:
        stored = [snapshot.header.version for snapshot in built if store.get(snapshot.header.version)]
    finally:
        store.close()
    assert stored == [snapshot.header.version for snapshot in built[-(KEPT_SNAPSHOTS + 1) :]]
    assert [json.loads(record.value).get("previous") for record in announcements(rig)] == [
        None,
        *(snapshot.header.version for snapshot in built[:-1]),
    ]


def test_check_publishes_nothing_and_finds_every_name(rig: Rig, ofac: Path) -> None:
    done = rig.holdgate("lists", "check", f"ofac={ofac}")
    assert done.exit_code == 0, done.stderr
    output = json.loads(done.stdout)
    assert output["edition"]["entries"] > 300
    assert output["canary"]["names"] >= output["edition"]["entries"]
    assert output["canary"]["missed"] == []
    assert current(rig) is None


def test_status_and_show_report_what_is_missing(rig: Rig, small: BuiltSnapshot) -> None:
    nothing = rig.holdgate("lists", "status")
    assert (nothing.exit_code, "lists publish" in nothing.stderr) == (3, True)
    rig.make_current(small)
    unknown = rig.holdgate("lists", "show", "v0")
    assert (unknown.exit_code, small.header.version in unknown.stderr) == (3, True)


@pytest.mark.parametrize("system", ["kafka", "redis"])
def test_publication_without_kafka_or_redis_is_an_error(rig: Rig, ofac: Path, system: str) -> None:
    """This runs a process, because kafka-python leaves the sockets of refused connections open."""
    nobody = {"kafka": "127.0.0.1:1", "redis": "redis://127.0.0.1:1/0"}[system]
    done = subprocess.run(
        [str(HOLDGATE), "lists", "publish", f"ofac={ofac}"],
        env=rig.environment | {f"HOLDGATE_{system.upper()}": nobody},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert f"HOLDGATE_{system.upper()}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        (["ofax"], "write NAME=PATH"),
        (["=x"], "write NAME=PATH"),
        (["ofac=x", "ofac=y"], "given twice"),
        (["ofac=absent"], "absent: cannot be read"),
    ],
)
def test_arguments_that_name_no_list_are_rejected(rig: Rig, specs: list[str], words: str) -> None:
    done = rig.holdgate("lists", "publish", *specs)
    assert (done.exit_code, words in done.stderr) == (3, True)


def test_a_list_without_a_date_is_not_published(rig: Rig, ofac: Path) -> None:
    (ofac / "edition.toml").unlink()
    done = rig.holdgate("lists", "publish", f"ofac={ofac}")
    assert done.exit_code == 3
    assert "list ofac has no date: nothing states how old its files are" in done.stderr
    assert current(rig) is None


def snapshot(rig: Rig, pointer: Pointer) -> bytes:
    """Return the bytes that Redis points to."""
    store = SnapshotStore(rig.settings)
    try:
        found = store.get(pointer.version)
    finally:
        store.close()
    assert found is not None
    return found
