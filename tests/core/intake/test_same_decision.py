"""A message gets the same decision as a file and as a Kafka record."""

from io import BytesIO

import msgspec

from holdgate.cli import json_lines
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.topics import DECISIONS
from holdgate.lists.building import BuiltSnapshot
from tests.core.intake.test_messages import MT103, transfer
from tests.screening.test_gate import POLICY, Scene
from tests.support.listed import policy, snapshot
from tests.support.small_list import PERSON_NAME, small

__all__ = ["small"]

LISTED = "Kazimir Anatolievich Verzhbitsky"


def _offline(value: bytes) -> list[Decision]:
    target = BytesIO()
    bad = json_lines.screen(BytesIO(value), target, snapshot(), policy(), None)
    assert bad == 0
    return [from_json(line) for line in target.getvalue().splitlines()]


def test_a_file_is_one_message_and_its_hits_have_their_place() -> None:
    released, held = _offline(transfer("Ulrike Sommerfeld", LISTED).encode())
    assert (released.payment_id, released.decision) == ("M-1:E-0", "RELEASE")
    assert (held.payment_id, held.decision) == ("M-1:E-1", "HOLD")
    assert held.matches[0].field == "debtor.name"
    assert held.matches[0].origin == "/Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/Dbtr/Nm"


def test_hits_in_an_mt_file_have_field_and_line() -> None:
    [held] = _offline(b"\n" + MT103.replace("Ulrike Sommerfeld", LISTED).encode())
    assert held.matches[0].origin == "50K line 2"


def test_the_error_on_a_broken_message_names_the_line() -> None:
    target = BytesIO()
    assert json_lines.screen(BytesIO(b"<a>\n<b></a>"), target, snapshot(), policy(), None) == 1
    answer = msgspec.json.decode(target.getvalue())
    assert answer["line"] == 2
    assert answer["decision"] == "HOLD"


def test_each_transaction_of_a_record_gets_the_offline_decision_on_its_partition(
    small: BuiltSnapshot,
) -> None:
    """One record gives three decisions in the message's order, equal to the bytes of the offline command."""
    value = transfer("Ulrike Sommerfeld", PERSON_NAME, "Li Bo").encode()
    scene = Scene().screen_with(small)
    found = scene.decide(scene.record(value, b"KEY", partition=3), scene.payment("p"))
    assert [decision.payment_id for decision in found] == ["M-1:E-0", "M-1:E-1", "M-1:E-2", "p"]
    assert [decision.decision for decision in found] == ["RELEASE", "HOLD", "RELEASE", "RELEASE"]
    written = scene.log.all(DECISIONS.name)
    assert [record.partition for record in written] == [3, 3, 3, 0]
    target = BytesIO()
    json_lines.screen(BytesIO(value), target, load_snapshot(small.data), POLICY, None)
    assert target.getvalue().splitlines() == [record.value for record in written[:3]]


def test_a_repeated_message_gets_its_first_decisions_again(small: BuiltSnapshot) -> None:
    scene = Scene().screen_with(small)
    value = transfer("Ulrike Sommerfeld", PERSON_NAME).encode()
    assert scene.decide(scene.record(value, b"KEY")) == scene.decide(scene.record(value, b"KEY"))
