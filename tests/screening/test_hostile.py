"""Hostile records through a real worker: each is answered, none stops it or forges log lines."""

import json

import pytest

from holdgate.lists.building import BuiltSnapshot
from tests.support.hostile import KEY, LISTED, RECORDS
from tests.support.payments import payment
from tests.support.rig import Rig, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_every_hostile_record_is_answered(rig: Rig, small: BuiltSnapshot) -> None:

    rig.make_current(small)
    worker = rig.worker().await_ready()
    places = {}
    for hostile in RECORDS:
        headers = [("content-type", hostile.content_type.encode())] if hostile.content_type else []
        [sent] = rig.send([(KEY, hostile.value)], headers)
        places[str(sent.offset)] = hostile
    rig.await_input_decided(len(RECORDS))
    refused = sum(hostile.refused is not None for hostile in RECORDS)
    wait_until(lambda: len(rig.dead_letters()) >= refused, "the dead letters", lambda: worker.text)

    reasons: dict[str, set[tuple[str, str]]] = {}
    for decision in rig.decisions():
        body = decision.json
        reasons.setdefault(decision.about["holdgate_offset"], set()).add((body["decision"], body["reason"]))
    letters = {letter.about["holdgate_offset"]: letter for letter in rig.dead_letters()}
    for place, hostile in places.items():
        if hostile.refused:
            assert reasons[place] == {("HOLD", "INVALID_EVENT")}, hostile.name
            assert letters[place].value == hostile.value, hostile.name
            assert letters[place].about["holdgate_reason"] == hostile.refused, hostile.name
        else:
            assert place not in letters, hostile.name
    rig.pay(payment("after"))
    assert rig.await_decided("after")[0].json["decision"] == "RELEASE"

    # `log` fails for a line that is not a JSON object of the worker. No line has a name.
    assert all({"event", "level"} <= line.keys() for line in worker.log)
    assert LISTED.casefold() not in worker.text.casefold()
    assert LISTED.casefold() not in json.dumps(worker.metrics()).casefold()
