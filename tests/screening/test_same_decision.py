"""A message gets the same decision, byte for byte, as a file and as a Kafka record."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deploy.local.daemon import ROOT
from holdgate.cli.main import main
from holdgate.core.records.topics import INPUT_OFFSET, INPUT_PARTITION
from tests.support.rig import Rig, Written, wait_until
from tests.support.small_list import BANK, PERSON, SAMPLE_POLICY, write

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.usefixtures("shared_worker")]

MESSAGES = ROOT / "tests" / "cases" / "messages"
OF_A_FILE = ("error", "line")
"""Members that only a broken file has; for a record the dead letter has them."""

OF_ITS_NAME = ("payment_id", "decision_id")
"""Members that differ since a broken file is identified by its line and a broken record by its key."""

READ: dict[str, dict[str | None, int]] = {
    "pacs.008.xml": {f"ofac:{PERSON}": 1},
    "pacs.009.cov.xml": {f"ofac:{PERSON}": 1},
    "pain.001.xml": {f"ofac:{PERSON}": 1, f"ofac:{BANK}": 1, None: 10},
    "camt.056.xml": {None: 1},
    "mt103.fin": {f"ofac:{BANK}": 1},
    "mt202cov.fin": {f"ofac:{PERSON}": 1},
    "mt101.order-in-b.fin": {None: 2},
    "mt192.fin": {None: 1},
    "batch.xml": {None: 2},
    "pain.008.xml": {None: 2},
    "released.json": {None: 1},
    "held.json": {f"ofac:{PERSON}": 1},
}
"""By message, the number of its payments held by each entry; None counts the released ones."""


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the list of the shared worker as NAME=PATH."""
    return f"ofac={write(tmp_path_factory.mktemp('list') / 'ofac')}"


@pytest.mark.parametrize("name", READ)
def test_a_message_gets_the_same_decision_as_a_file_and_as_a_record(
    shared_rig: Rig, listed: str, name: str
) -> None:
    """Every byte is equal: versions, hash, matches with origins. The key of the record is the payment id."""
    alone = _screened(MESSAGES / name, listed, exit_code=0)
    key = json.loads(alone[0])["payment_id"].encode()
    found = _through_kafka(shared_rig, (MESSAGES / name).read_bytes(), key, sum(READ[name].values()))
    assert [record.value for record in found] == alone
    told: dict[str | None, int] = {}
    for record in found:
        first = next((match["entry_id"] for match in record.json.get("matches", ())), None)
        assert record.json["decision"] == ("RELEASE" if first is None else "HOLD")
        told[first] = told.get(first, 0) + 1
    assert told == READ[name]


@pytest.mark.parametrize("name", ["broken.xml", "broken.fin"])
def test_a_broken_message_is_held_equally_and_becomes_a_dead_letter(
    shared_rig: Rig, listed: str, name: str
) -> None:
    """Only its origin differs: the line and error of the file, and the id that it is held under."""
    [alone] = map(json.loads, _screened(MESSAGES / name, listed, exit_code=1))
    [found] = _through_kafka(shared_rig, (MESSAGES / name).read_bytes(), name.encode(), 1)
    assert (found.json["decision"], found.json["reason"]) == ("HOLD", "INVALID_EVENT")
    assert found.json["payment_id"] == name
    assert alone["error"] == found.json["detail"]
    assert f"line {alone['line']}:" in alone["error"]
    assert _without(alone, OF_A_FILE + OF_ITS_NAME) == _without(found.json, OF_ITS_NAME)

    def letters() -> list[Written]:
        return [letter for letter in shared_rig.dead_letters() if letter.key == name.encode()]

    wait_until(lambda: bool(letters()), "a dead letter")
    [letter] = letters()
    assert letter.value == (MESSAGES / name).read_bytes()


@pytest.mark.parametrize(("days", "reason"), [(0, "NO_MATCH"), (2, "DEADLINE_EXCEEDED")])
def test_deadlines_are_equal_for_the_same_time(
    shared_rig: Rig, listed: str, tmp_path: Path, days: int, reason: str
) -> None:
    """A worker has a clock. For a file `--as-of` gives the time, and without it no deadline applies."""
    now = datetime.now(UTC)
    members = json.loads((MESSAGES / "released.json").read_bytes())
    members |= {"payment_id": f"due-{days}", "submitted_at": (now - timedelta(days=days)).isoformat()}
    file = tmp_path / "payment.json"
    file.write_text(json.dumps(members))
    [alone] = _screened(file, listed, 0, "--as-of", f"{now:%Y-%m-%dT%H:%M:%S%z}")
    [found] = _through_kafka(shared_rig, file.read_bytes(), members["payment_id"].encode(), 1)
    assert json.loads(alone)["reason"] == reason
    assert found.value == alone


def _screened(message: Path, listed: str, exit_code: int, *options: str) -> list[bytes]:
    """Return the output of `holdgate screen`, one decision per line."""
    arguments = ["screen", str(message), "--lists", listed, "--policy", str(SAMPLE_POLICY), *options]
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == exit_code, answer.output
    return answer.stdout_bytes.splitlines()


def _through_kafka(rig: Rig, value: bytes, key: bytes, expected: int) -> list[Written]:
    """Wait for a number of decisions on a record, and return them in the order of their partition."""
    [sent] = rig.send([(key, value)])
    place = (str(sent.partition), str(sent.offset))

    def decided() -> list[Written]:
        return [
            record
            for record in rig.decisions()
            if (record.about[INPUT_PARTITION], record.about[INPUT_OFFSET]) == place
        ]

    wait_until(lambda: len(decided()) >= expected, f"{expected} decisions")
    rig.settle()
    return decided()


def _without(body: dict[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {member: value for member, value in body.items() if member not in members}
