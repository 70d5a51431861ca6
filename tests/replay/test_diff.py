"""`holdgate replay` reports what would change without writing anything to Kafka."""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import HOLDGATE
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records import topics
from holdgate.lists.building import BuiltSnapshot
from holdgate.replay.journal import Change, Checkpoint, End, Run, read_journal
from tests.replay.conftest import PAYMENTS
from tests.support.rig import PARTITIONS, Rig
from tests.support.small_list import PERSON, PERSON_NAME, SAMPLE_POLICY, write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HELD = {"person-0", "person-1", "near"}
"""The payments held by the list that has the person."""

_numbers = count(1)


def replay(rig: Rig, folder: Path, *arguments: str, code: int = 0) -> tuple[list[Any], str]:
    """Run a replay to its end; return the lines of its journal and its output."""
    journal = folder / f"{next(_numbers)}.jsonl"
    done = rig.holdgate("replay", "--journal", str(journal), *arguments)
    assert done.exit_code == code, done.output
    return list(read_journal(journal)), done.stdout


def ends(rig: Rig) -> list[Any]:
    """Return the end offsets of every topic."""
    log = KafkaLog(rig.settings)
    return [log.bounds(topic.name) for topic in topics.TOPICS]


def changes(found: list[Any]) -> list[Change]:
    """Return the changes in a journal."""
    return [line for line in found if isinstance(line, Change)]


def test_the_lists_of_the_decisions_change_nothing(
    decided: Rig, smaller: BuiltSnapshot, tmp_path: Path
) -> None:
    """The lists are given by version, which Redis still has. No topic grows."""
    before = ends(decided)
    version = smaller.header.version
    found, said = replay(decided, tmp_path, "--from", "earliest", "--list-version", version)
    end = found[-1]
    assert isinstance(end, End)
    assert (end.counted.payments, end.counted.same, end.counted.changed) == (PAYMENTS, PAYMENTS, 0)
    assert f"Of {PAYMENTS} payments, 0 more would be held and 0 released" in said
    assert ends(decided) == before


def test_a_list_with_one_more_entry_holds_more(decided: Rig, small: BuiltSnapshot, tmp_path: Path) -> None:
    """The journal has the range, the versions and the reason for each change, but no content of a payment."""
    found, said = replay(decided, tmp_path, "--last", "1h", code=1)
    run, end = found[0], found[-1]
    assert isinstance(run, Run)
    assert isinstance(end, End)
    assert run.list_version == small.header.version
    assert run.offsets == PAYMENTS
    assert {change.payment_id for change in changes(found)} == HELD
    for change in changes(found):
        assert (change.kind, change.before.reason, change.after.reason) == ("held", "NO_MATCH", "LIST_MATCH")
        assert change.why.startswith(f"creditor.name now meets ofac:{PERSON} by name with ")
        assert (change.rail, change.corridor) == ("swift", "KZ>unknown")
    assert (end.counted.held, end.counted.same) == (3, PAYMENTS - 3)
    assert "3 more would be held and 0 released" in said
    assert PERSON_NAME not in "".join(map(str, found))
    assert "Canary" not in said


def test_candidate_lists_can_be_replayed_before_they_are_published(decided: Rig, tmp_path: Path) -> None:
    """Without the entry of the bank its payment is held only for the country of the BIC."""
    folder = write(tmp_path / "ofac", without=frozenset({"12696", PERSON}))
    found, _ = replay(decided, tmp_path, "--from", "earliest", "--lists", f"ofac={folder}", code=1)
    [change] = changes(found)
    assert (change.payment_id, change.kind, change.after.reason) == ("bank", "reason", "GEOGRAPHY")
    assert change.why == "ofac:12696 is no longer listed; it held with 1.0000"


def test_a_candidate_policy_can_be_replayed(decided: Rig, tmp_path: Path) -> None:
    """The policy raises the threshold above the score of the similar name."""
    policy = tmp_path / "candidate.toml"
    policy.write_text(
        re.sub(r"^person = .*$", "person = 0.80", SAMPLE_POLICY.read_text(), flags=re.MULTILINE)
    )
    found, said = replay(decided, tmp_path, "--from", "earliest", "--policy", str(policy), code=1)
    assert {change.payment_id for change in changes(found)} == HELD - {"near"}
    assert found[0].policy == str(policy)
    assert "Changes by corridor" in said
    assert "Held: nearest to the threshold first" in said


@pytest.mark.parametrize(
    ("filters", "payments"),
    [
        (("--payment-id", "bank"), 1),
        (("--key", "clean-1", "--key", "clean-2"), 2),
        (("--rail", "SCT"), 1),
        (("--decision", "HOLD"), 1),
        (("--decision", "RELEASE"), PAYMENTS - 1),
        (("--decided-for", "LIST_MATCH"), 1),
        (("--uetr", "97ed4827-7b6f-4491-a06f-b548d5a7512d"), 0),
        (("--max", "4"), 4),
    ],
    ids=str,
)
def test_filters_select_payments(
    decided: Rig, tmp_path: Path, filters: tuple[str, ...], payments: int
) -> None:
    journal = tmp_path / "journal.jsonl"
    decided.holdgate("replay", "--journal", str(journal), "--from", "earliest", *filters)
    *_, end = read_journal(journal)
    assert isinstance(end, End)
    assert end.counted.payments == payments
    assert end.stopped == ("--max" in filters)
    if "--max" not in filters:
        assert end.counted.payments + end.counted.passed_over == PAYMENTS


def test_offsets_by_partition_select_those_partitions_only(decided: Rig, tmp_path: Path) -> None:
    log = KafkaLog(decided.settings)
    partition, bounds = max(log.bounds(topics.SUBMITTED.name).items(), key=lambda pair: pair[1].end)
    what = ("--from", f"{partition}:0", "--to", f"{partition}:1", "--decision", "RELEASE")
    journal = tmp_path / "one.jsonl"
    decided.holdgate("replay", "--journal", str(journal), *what)
    run, *_ = read_journal(journal)
    assert isinstance(run, Run)
    assert run.span == {partition: (0, 1)}
    assert bounds.end >= 1


def test_a_replay_resumed_from_any_point_has_the_same_result(decided: Rig, tmp_path: Path) -> None:
    """A journal truncated after any line, or within one, is completed to the same lines."""
    whole = tmp_path / "whole.jsonl"
    decided.holdgate("replay", "--journal", str(whole), "--from", "earliest")
    text = whole.read_bytes()
    places = [place + 1 for place, byte in enumerate(text) if byte == ord("\n")]
    said = decided.holdgate("replay", "--show", str(whole)).stdout
    for cut in [*places[1:-1], places[1] + 7, places[-1] - 3]:
        journal = tmp_path / f"cut-{cut}.jsonl"
        journal.write_bytes(text[:cut])
        done = decided.holdgate("replay", "--resume", str(journal))
        assert done.exit_code == 1, done.output
        assert done.stdout == said
        assert changes(list(read_journal(journal))) == changes(list(read_journal(whole)))
    assert len(places) > PARTITIONS


def test_a_complete_journal_is_not_resumed(decided: Rig, tmp_path: Path) -> None:
    journal = tmp_path / "whole.jsonl"
    decided.holdgate("replay", "--journal", str(journal), "--from", "earliest")
    done = decided.holdgate("replay", "--resume", str(journal))
    assert done.exit_code == 3
    assert "is complete" in done.stderr


def test_a_result_can_be_shown_as_json_and_as_html(decided: Rig, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    decided.holdgate("replay", "--journal", str(journal), "--from", "earliest")
    shown = decided.holdgate("replay", "--show", str(journal), "--format", "json").stdout
    kinds = [json.loads(line)["line"] for line in shown.splitlines()]
    assert kinds == ["run", "change", "change", "change", "end"]
    page = decided.holdgate("replay", "--show", str(journal), "--format", "html").stdout
    assert page.startswith("<!doctype html>")
    assert "3 more would be held" in page
    assert "person-0" in page
    assert any(isinstance(line, Checkpoint) for line in read_journal(journal))


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "either --from WHERE or --last DURATION"),
        pytest.param(("--from", TOMORROW), "is in the future", id="from tomorrow"),
        (("--from", "earliest", "--to", LONG_AGO), "no record of payments.submitted is in this range"),
        (("--from", "0:100000"), "does not exist yet"),
        (("--from", "99:0"), "has no partition 99"),
        (("--from", "yesterday"), "neither a time"),
        (("--last", "2 hours"), "is not a duration"),
        (("--last", "2h", "--to", LONG_AGO), "--last cannot be combined with --to; use --from"),
        (
            ("--last", "2h", "--list-version", "0123456789abcdef"),
            "no snapshot 0123456789abcdef: HOLDGATE_ARCHIVE is not set, and Redis",
        ),
        (("--last", "2h", "--policy", "/nowhere.toml"), "/nowhere.toml: No such file"),
        (("--last", "2h", "--engine", "0.0.1+0"), "run the replay with that image"),
        (("--last", "2h", "--mode", "publish"), "give the reason with --reason"),
        (
            ("--last", "2h", "--mode", "publish", "--reason", "x", "--topic", "screening.decisions"),
            "live topic",
        ),
        (
            ("--last", "2h", "--mode", "reissue", "--reason", "x", "--list-version", "0123456789abcdef"),
            "omit --lists, --list-version",
        ),
        (("--resume", "/nowhere.jsonl"), "cannot read /nowhere.jsonl"),
        (("--show", str(SAMPLE_POLICY)), "is not a journal of a replay"),
    ],
    ids=str,
)
def test_an_error_is_reported_in_one_line(decided: Rig, arguments: tuple[str, ...], words: str) -> None:
    done = decided.holdgate("replay", *arguments)
    assert done.exit_code == 3, done.output
    assert words in done.stderr
    assert done.stderr.startswith("holdgate: ")
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_a_missing_topic_is_reported(decided: Rig) -> None:
    done = decided.holdgate("replay", "--last", "2h", topic_prefix="nowhere.")
    assert done.exit_code == 3
    assert "topic nowhere.payments.submitted does not exist" in done.stderr


def test_an_unreachable_broker_is_reported(decided: Rig) -> None:
    """Run in a separate process, since kafka-python leaks a socket for each refused connection."""
    done = subprocess.run(
        [str(HOLDGATE), "replay", "--last", "2h"],
        env=decided.environment | {"HOLDGATE_KAFKA": "127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "Kafka does not answer" in done.stderr
    assert len(done.stderr.splitlines()) == 1
