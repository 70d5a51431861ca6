"""Redis loses claims; the decisions published to Kafka are still final."""

import pytest
from redis import Redis

from holdgate.adapters.redis import keys
from holdgate.lists.building import BuiltSnapshot
from tests.screening.test_workers import check, decided_offsets
from tests.support.payments import payment, stream
from tests.support.rig import Rig, wait_until
from tests.support.small_list import PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

PAYMENTS = 2_000


def _flush(rig: Rig) -> None:
    with Redis.from_url(rig.settings.redis) as redis:
        redis.flushdb()


def test_a_worker_that_takes_over_restores_claims_of_records_that_may_be_redelivered(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """The first worker is killed between publish and commit; all claims are lost and the list changes."""
    rig.make_current(small)
    sent = list({one["payment_id"]: one for one in stream(PAYMENTS, seed=11)}.values())
    rig.pay(*sent)
    worker = rig.worker(batch="5")
    rig.await_decisions(50)
    worker.kill()
    rig.settle()
    stood = len(rig.decisions())
    open_ = {
        partition: [offset for offset in offsets if offset >= rig.committed().get(partition, 0)]
        for partition, offsets in decided_offsets(rig).items()
    }
    assert stood < len(sent), "it was not killed in the middle"
    assert any(open_.values()), "everything was committed: nothing comes again"
    _flush(rig)
    rig.make_current(smaller)

    rig.worker()
    rig.await_input_decided(len(sent))
    rig.settle()
    assert len(rig.decisions()) > stood
    assert {one.json["list_version"] for one in rig.decisions()} == {
        small.header.version,
        smaller.header.version,
    }
    check(rig, sent)


def test_a_running_worker_notices_that_redis_lost_its_claims(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    rig.pay(payment("before"))
    rig.await_decided("before")
    with Redis.from_url(rig.settings.redis) as redis:
        redis.delete(keys.EPOCH, keys.claim("p:before"))  # marks are valid for their epoch only
    rig.pay(payment("after"))
    rig.await_decided("after")
    assert worker.text.count("claims restored") > 1
    assert worker.metrics()['holdgate_retries_total{system="redis"}'] >= 1
    rig.pay(payment("after"))
    first, second = rig.await_decided("after", times=2), rig.decided("after")
    assert {one.value for one in second} == {first[0].value}


def test_a_payment_sent_again_after_redis_lost_everything_keeps_its_decision(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """Its offset was committed long ago, and the list has changed since."""
    rig.make_current(small)
    worker = rig.worker().await_ready()
    rig.pay(payment("listed", creditor={"name": PERSON_NAME}), payment("clean"))
    held, released = rig.await_decided("listed", "clean")
    wait_until(lambda: sum(rig.committed().values()) == 2, "the commit")
    _flush(rig)
    rig.make_current(smaller)
    worker.await_words(smaller.header.version)
    rig.pay(payment("listed", creditor={"name": PERSON_NAME}), payment("clean"))
    assert [one.value for one in rig.await_decided("listed", "clean", times=2)] == [
        held.value,
        released.value,
    ]
    rig.pay(payment("clean", amount="2.00"), payment("new", creditor={"name": PERSON_NAME}))
    changed, new = rig.await_decided("clean", "new", times=1)
    rig.await_decided("clean", times=3)
    assert rig.decided("clean")[-1].json["reason"] == "CONTENT_CHANGED"
    assert new.json["list_version"] == smaller.header.version
    assert changed.partition == released.partition


def test_after_a_redis_restart_decisions_are_read_back_from_the_last_mark(
    rig: Rig, small: BuiltSnapshot
) -> None:
    """Reading does not start at the beginning, since the claims that survive are a prefix."""
    rig.make_current(small)
    first = rig.worker()
    rig.pay(*(payment(f"p{number}") for number in range(100)))
    rig.await_input_decided(100)
    assert first.terminate() == 0
    rig.settle()

    second = rig.worker().await_ready()
    rig.pay(*(payment(f"q{number}") for number in range(40)))
    rig.await_input_decided(140)
    restored = [line for line in second.log if line["event"] == "claims restored"]
    assert restored
    assert sum(line["decisions"] for line in restored) < 140, "everything was read back"


def test_a_full_redis_delays_decisions_and_stops_no_worker(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    rig.pay(payment("before"))
    rig.await_decided("before")
    with Redis.from_url(rig.settings.redis) as redis:
        limit = redis.config_get("maxmemory")["maxmemory"]
        redis.config_set("maxmemory", 1)
        try:
            rig.pay(payment("during"))
            retries = 'holdgate_retries_total{system="redis"}'
            wait_until(lambda: worker.metrics()[retries] >= 3, "retries", lambda: worker.text)
        finally:
            redis.config_set("maxmemory", limit)
    assert rig.await_decided("during")[0].json["decision"] == "RELEASE"
    assert "Traceback" not in worker.text


def test_a_payment_id_cannot_collide_with_another_key_in_redis(rig: Rig, small: BuiltSnapshot) -> None:
    """Claims have a prefix of their own, apart from the epoch and the versions."""
    rig.make_current(small)
    rig.worker()
    names = ("epoch", "versions:000000000000", "p:x", "c:x#y")
    rig.pay(*(payment(name) for name in names))
    for decision in rig.await_decided(*names):
        assert decision.json["reason"] == "NO_MATCH"
