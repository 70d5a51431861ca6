"""Workers share partitions, stop and crash: every payment is decided, and all its decisions are equal."""

import json
import signal
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any

import pytest

from holdgate.core.intake import raw_hash
from holdgate.core.intake.canonical import canonical_content
from holdgate.core.records.topics import INPUT_OFFSET
from holdgate.lists.building import BuiltSnapshot
from tests.support.payments import payment, stream
from tests.support.rig import PARTITIONS, Rig, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

PAYMENTS = 2_000


def content_hash(payment: dict[str, Any]) -> str:
    """Return the content hash of a payment."""
    return raw_hash(canonical_content(payment))


def decided_offsets(rig: Rig) -> dict[int, list[int]]:
    """Return the offsets of decided payments by partition, in the order of the decisions."""
    found = defaultdict(list)
    for decision in rig.decisions():
        found[decision.partition].append(int(decision.about[INPUT_OFFSET]))
    return found


def check(rig: Rig, sent: Sequence[dict[str, Any]]) -> None:
    """Check that each payment and content has a decision, and all its decisions the same bytes, in order."""
    bodies = defaultdict(set)
    for decision in rig.decisions():
        bodies[decision.json["payment_id"], decision.json["content_hash"]].add(decision.value)
    assert bodies.keys() == {(one["payment_id"], content_hash(one)) for one in sent}
    assert all(len(values) == 1 for values in bodies.values())
    first: dict[str, str] = {}
    for one in sent:
        first.setdefault(one["payment_id"], content_hash(one))
    for (payment_id, content), [body] in bodies.items():
        is_changed = json.loads(body or b"")["reason"] == "CONTENT_CHANGED"
        assert is_changed == (first[payment_id] != content)
    for offsets in decided_offsets(rig).values():
        assert list(dict.fromkeys(offsets)) == sorted(set(offsets))


def test_two_workers_share_the_partitions(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    workers = [rig.worker(), rig.worker()]
    for worker in workers:
        worker.await_ready()

    def shares() -> list[list[int]]:
        assigned = [
            [line for line in worker.log if line["event"] == "partitions assigned"] for worker in workers
        ]
        return [lines[-1]["partitions"] if lines else [] for lines in assigned]

    wait_until(lambda: all(shares()) and sorted(chain(*shares())) == list(range(PARTITIONS)), "a fair share")
    sent = [payment(f"shared-{number}") for number in range(200)]
    rig.pay(*sent)
    rig.await_decisions(len(sent))
    check(rig, sent)
    released = 'holdgate_decisions_total{decision="RELEASE",rail="swift",reason="NO_MATCH"}'
    mine = [sum(decision.partition in share for decision in rig.decisions()) for share in shares()]
    assert all(mine)
    wait_until(lambda: [worker.metrics()[released] for worker in workers] == mine, "all counted")


def test_a_worker_that_is_stopped_finishes_its_batch(rig: Rig, small: BuiltSnapshot) -> None:
    """It exits with code 0 and loses nothing, and acknowledged records are not decided again."""
    rig.make_current(small)
    sent = stream(PAYMENTS, seed=7)
    rig.pay(*sent)
    worker = rig.worker(batch="5")
    rig.await_decisions(100)
    assert worker.terminate() == 0
    assert "Traceback" not in worker.text
    assert worker.log
    rig.settle()
    before = decided_offsets(rig)
    assert 0 < sum(map(len, before.values())) < PAYMENTS, "it was not stopped in the middle"
    assert rig.committed() == {partition: max(offsets) + 1 for partition, offsets in before.items()}

    rig.worker()
    rig.await_decisions(PAYMENTS)
    check(rig, sent)
    assert sum(map(len, decided_offsets(rig).values())) == PAYMENTS


def test_a_worker_that_is_killed_loses_nothing(rig: Rig, small: BuiltSnapshot) -> None:
    """Decisions of unacknowledged records are published again, byte for byte."""
    rig.make_current(small)
    sent = stream(PAYMENTS, seed=9)
    rig.pay(*sent)
    worker = rig.worker(batch="5")
    rig.await_decisions(100)
    worker.kill()
    rig.settle()
    before = {partition: set(offsets) for partition, offsets in decided_offsets(rig).items()}
    assert 0 < sum(map(len, before.values())) < PAYMENTS, "it was not killed in the middle"
    for partition, offset in rig.committed().items():
        assert set(range(offset)) <= before[partition], "the committed offset is ahead of the decisions"

    rig.worker()
    rig.await_input_decided(PAYMENTS)
    check(rig, sent)


@pytest.mark.parametrize("step", ["IdempotentProducer", "CarefulConsumer", "RewindingThread"])
def test_a_worker_that_is_stopped_while_it_starts_ends(rig: Rig, small: BuiltSnapshot, step: str) -> None:
    rig.make_current(small)
    worker = rig.worker()
    worker.await_words(f"{step}]: Starting")
    assert worker.terminate() in (0, -signal.SIGTERM), worker.text
