"""Somebody who can write to Redis cannot release a payment, and cannot stop the workers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis import Redis

from holdgate.adapters.redis import keys
from holdgate.core.model.decision import decide, from_json, versions_of
from holdgate.core.records.claim import encode_claim
from holdgate.lists.building import BuiltSnapshot
from tests.support.claims import key_file
from tests.support.payments import payment
from tests.support.rig import Rig, Worker
from tests.support.small_list import PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

DAMAGED = {"garbage": b"\xffgarbage", "empty": b"", "cut": b"H" + bytes(20) + b'{"payment_id":"'}


@pytest.fixture
def gate(rig: Rig, small: BuiltSnapshot, tmp_path: Path) -> Iterator[tuple[Rig, Worker]]:
    """Yield a gate whose worker signs claims; it has to stop with exit code 0."""
    rig.make_current(small)
    worker = rig.worker(claim_key_file=key_file(tmp_path)).await_ready()
    yield rig, worker
    assert worker.terminate() == 0, worker.text


def listed(payment_id: str) -> dict[str, Any]:
    """Return a payment to a listed person."""
    return payment(payment_id, creditor={"name": PERSON_NAME})


def test_a_forged_claim_releases_nothing(gate: tuple[Rig, Worker]) -> None:
    """Forged before the payment is decided and after; the signed claim of a payment is no other's."""
    rig, worker = gate
    rig.pay(payment("clean"), listed("after"))
    clean, held = (from_json(one.value or b"") for one in rig.await_decided("clean", "after"))
    forged = {
        payment_id: encode_claim(
            decide(
                payment_id=payment_id,
                content_hash=held.content_hash,
                versions=versions_of(clean),
                reason="NO_MATCH",
                status="ACCP",
            )
        )
        for payment_id in ("before", "after")
    }
    with Redis.from_url(rig.settings.redis) as redis:
        for payment_id, claim in forged.items():
            redis.set(keys.claim(f"p:{payment_id}"), claim)
        redis.copy(keys.claim("p:clean"), keys.claim("p:copied"))
        rig.pay(listed("before"), listed("after"), listed("copied"))
        rig.await_decided("after", times=2)
        decided = rig.await_decided("before", "copied", "after")
        assert {one.json["reason"] for one in decided} == {"LIST_MATCH"}
        assert len({one.value for one in rig.decided("after")}) == 1, "a repeat of the first decision"
        for payment_id, claim in forged.items():
            assert redis.get(keys.unreadable_claim(f"p:{payment_id}")) == claim
        rig.pay(*map(listed, forged))
        rig.await_decided("before", times=2)
        rig.await_decided("after", times=3)
    worker.await_metric("holdgate_unreadable_claims_total", 3)
    told = [line["key"] for line in worker.log if "unreadable or wrongly signed" in line["event"]]
    assert sorted(told) == ["dec:p:after", "dec:p:before", "dec:p:copied"]


def test_damaged_claims_stop_no_worker(gate: tuple[Rig, Worker]) -> None:
    """Each payment keeps the decision that the log has."""
    rig, _ = gate
    sent = [payment(name) for name in (*DAMAGED, "a list", "versions")]
    rig.pay(*sent)
    rig.await_decisions(len(sent))
    with Redis.from_url(rig.settings.redis) as redis:
        for name, value in DAMAGED.items():
            redis.set(keys.claim(f"p:{name}"), value)
        redis.delete(keys.claim("p:a list"))
        redis.lpush(keys.claim("p:a list"), "x")
        for versions in redis.keys(keys.versions(b"").rstrip(":") + ":*"):
            redis.set(versions, msgspec.json.encode(["forged", "p", "e"]))
    rig.worker(claim_key_file=str(rig.folder / "claim-0.key")).await_ready()
    rig.pay(*sent)
    rig.await_decisions(2 * len(sent))
    for one in sent:
        assert len({decision.value for decision in rig.decided(one["payment_id"])}) == 1
