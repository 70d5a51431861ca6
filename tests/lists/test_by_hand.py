"""`holdgate lists diff` shows what a list changes; `rollback` makes the previous one current."""

import json
from pathlib import Path

import pytest

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.lists.building import BuiltSnapshot
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON, PERSON_NAME, write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_diff_shows_the_changes_between_two_versions(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """The versions are in Redis; the output includes the changes to recent decisions."""
    rig.make_current(smaller)
    with rig.worker() as worker:
        worker.await_ready()
        rig.pay(payment("person", creditor={"name": PERSON_NAME}), payment("clean"))
        rig.await_decisions(2)
    rig.make_current(small)
    versions = (smaller.header.version, small.header.version)
    done = rig.holdgate("lists", "diff", *versions, "--decisions", "100", data=str(rig.folder / "data"))
    assert done.exit_code == 0, done.output
    assert f"{versions[0]} to {versions[1]}: 1 added, 0 removed, 0 changed" in done.stdout
    assert f"added    ofac:{PERSON} " in done.stdout
    assert "Of 2 payments, 1 more would be held and 0 released" in done.stdout
    [entry] = map(
        json.loads, rig.holdgate("lists", "diff", "current", versions[0], "--json").stdout.splitlines()
    )
    assert (entry["change"], entry["id"]) == ("removed", f"ofac:{PERSON}")
    unknown = rig.holdgate("lists", "diff", "current", "0123456789abcdef")
    assert unknown.exit_code == 3
    assert "no snapshot 0123456789abcdef" in unknown.stderr


def test_diff_names_the_changed_members_of_an_entry(rig: Rig, small: BuiltSnapshot, tmp_path: Path) -> None:
    folder = write(tmp_path / "ofac")
    entries = folder / "sdn.csv"
    entries.write_bytes(entries.read_bytes().replace(b"RUSSIA-EO14024", b"RUSSIA-EO14071", 1))
    rig.make_current(small)
    done = rig.holdgate("lists", "diff", "current", f"ofac={folder}")
    assert done.exit_code == 0, done.output
    assert "0 added, 0 removed, 1 changed" in done.stdout
    assert ": programs" in done.stdout


def test_a_rollback_lasts_until_lists_are_published(rig: Rig, tmp_path: Path) -> None:
    """The earlier snapshot becomes current, is pinned and audited, until a list is published by hand."""
    archive = str(tmp_path / "archive")
    publish = ("lists", "publish", f"ofac={write(tmp_path / 'ofac')}")
    first = json.loads(rig.holdgate(*publish, archive=archive).stdout)["version"]
    write(tmp_path / "ofac", without=frozenset({PERSON}))
    second = json.loads(rig.holdgate(*publish, archive=archive).stdout)["version"]
    assert snapshot_lookup.current_pointer(rig.settings).version == second

    refused = rig.holdgate("lists", "rollback", first)
    assert refused.exit_code == 2
    done = rig.holdgate("lists", "rollback", first, "--reason", "incident 1288", archive=archive)
    assert done.exit_code == 0, done.output
    output = json.loads(done.stdout)
    assert (output["version"], output["previous"]) == (first, second)
    assert snapshot_lookup.current_pointer(rig.settings).version == first
    assert snapshot_lookup.pinned_version(rig.settings) == first
    [audit] = AuditLog(rig.settings).read()
    assert (audit.action, audit.reason, audit.what["previous"]) == ("lists.rollback", "incident 1288", second)

    assert rig.holdgate(*publish, archive=archive).exit_code == 0
    assert snapshot_lookup.current_pointer(rig.settings).version == second
    assert snapshot_lookup.pinned_version(rig.settings) is None
    kept = rig.holdgate("lists", "rollback", second, "--reason", "keep it", archive=archive)
    assert kept.exit_code == 0, kept.output
    assert snapshot_lookup.pinned_version(rig.settings) == second, "the current version can be kept, too"
    assert rig.holdgate("lists", "resume", "--reason", "it is over").exit_code == 0
    assert snapshot_lookup.pinned_version(rig.settings) is None
    unknown = rig.holdgate("lists", "rollback", "0123456789abcdef", "--reason", "x")
    assert unknown.exit_code == 3
    assert snapshot_lookup.pinned_version(rig.settings) is None
