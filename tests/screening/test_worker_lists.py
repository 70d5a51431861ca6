"""A worker with no list, a stale, exempted or corrupt list, and a list update while it runs."""

from datetime import UTC, datetime
from functools import partial

import pytest
from redis import Redis

from holdgate.adapters.redis import keys
from holdgate.cli.console import choose_policy
from holdgate.core.engine.canary import sample_listed_names
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.lists.building import BuiltSnapshot
from holdgate.screening.list_follower import CANARY_NAMES
from tests.support.payments import payment
from tests.support.rig import Rig, Worker, wait_until
from tests.support.small_list import PERSON_NAME, POLICY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def decide(rig: Rig, payment_id: str, name: str = "Gulnara Canary") -> tuple[str, str, str]:
    """Send a payment to a creditor; return its decision, reason and list version."""
    rig.pay(payment(payment_id, creditor={"name": name}))
    [decision] = rig.await_decided(payment_id)
    body = decision.json
    return body["decision"], body["reason"], body["list_version"]


def await_version(worker: Worker, built: BuiltSnapshot) -> None:
    """Wait until the worker screens with a snapshot."""
    series = f'holdgate_list_info{{version="{built.header.version}"}}'
    wait_until(lambda: worker.metrics().get(series) == 1, "the snapshot in use", lambda: worker.text)


def test_without_a_snapshot_payments_are_held_after_the_grace_period(rig: Rig, small: BuiltSnapshot) -> None:
    worker = rig.worker(list_grace_seconds="1")
    wait_until(lambda: worker.get("/health/ready")[0] != 0, "a page", lambda: worker.text)
    wait_until(
        lambda: worker.get("/health/ready") == (503, "no list snapshot has been published\n"),
        "its assignment",
    )
    assert worker.get("/health/live")[0] == 200
    assert decide(rig, "p1") == ("HOLD", "LIST_UNAVAILABLE", "none")
    assert decide(rig, "p2", PERSON_NAME) == ("HOLD", "LIST_UNAVAILABLE", "none")

    rig.make_current(small)
    worker.await_ready()
    assert decide(rig, "p3") == ("RELEASE", "NO_MATCH", small.header.version)
    assert decide(rig, "p1") == ("HOLD", "LIST_UNAVAILABLE", "none"), "the first decision stands"


def test_a_worker_waits_for_its_first_snapshot(rig: Rig, small: BuiltSnapshot) -> None:
    """During the grace period nothing is held for lack of a list."""
    rig.pay(payment("p1"))
    worker = rig.worker(list_grace_seconds="300")
    wait_until(
        lambda: "no list snapshot" in worker.get("/health/ready")[1],
        "a worker without lists",
        lambda: worker.text,
    )
    assert rig.decisions() == []
    rig.make_current(small)
    assert rig.await_decided("p1")[0].json["decision"] == "RELEASE"


def test_a_stale_list_holds_everything_until_a_fresh_one_comes(rig: Rig, small: BuiltSnapshot) -> None:
    """The list is the sample of 2023; this policy exempts nothing."""
    rig.make_current(small)
    worker = rig.worker(policy=str(POLICY)).await_ready()
    version = small.header.version
    assert decide(rig, "p1") == ("HOLD", "LIST_STALE", version)
    assert decide(rig, "p2", PERSON_NAME) == ("HOLD", "LIST_MATCH", version)
    assert worker.metrics()['holdgate_list_age_seconds{list="ofac"}'] > 365 * 86_400
    assert worker.metrics()['holdgate_list_freshness_exempt{list="ofac"}'] == 0
    assert not worker.said("SAMPLE LIST")

    rig.make_current(small, ofac=datetime.now(UTC))
    wait_until(
        lambda: worker.metrics()['holdgate_list_age_seconds{list="ofac"}'] < 3_600, "the list's new age"
    )
    assert decide(rig, "p3") == ("RELEASE", "NO_MATCH", version)


def test_a_new_list_is_used_and_a_corrupt_one_is_not(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    assert decide(rig, "p1", PERSON_NAME) == ("HOLD", "LIST_MATCH", small.header.version)
    assert worker.metrics()['holdgate_list_freshness_exempt{list="ofac"}'] == 1
    [warning] = [line for line in worker.log if line["level"] == "warning" and "SAMPLE" in line["event"]]
    assert (warning["list"], warning["label"]) == ("ofac", "ofac-sample-2023-12-28")

    rig.make_current(smaller)
    await_version(worker, smaller)
    assert decide(rig, "p2", PERSON_NAME) == ("RELEASE", "NO_MATCH", smaller.header.version)
    worker.await_metric('holdgate_list_entries{list="ofac"}', smaller.entries["ofac"])
    assert not [name for name in worker.metrics() if small.header.version in name]

    altered = bytearray(small.data)
    altered[len(altered) // 2] ^= 1
    rig.make_current(BuiltSnapshot(small.header, bytes(altered)))
    worker.await_words("fails its checksum")
    assert decide(rig, "p3", PERSON_NAME) == ("RELEASE", "NO_MATCH", smaller.header.version)
    assert worker.get("/health/ready")[0] == 200

    rig.make_current(small)  # the operator publishes again, which replaces the rejected snapshot
    await_version(worker, small)
    assert decide(rig, "p4", PERSON_NAME) == ("HOLD", "LIST_MATCH", small.header.version)


def test_unusable_snapshots_cause_holds_with_the_reason(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """Each is rejected with one log line, until a valid snapshot is published."""
    worker = rig.worker(list_grace_seconds="0")
    for payment_id, data, words in (
        ("cut", small.data[:-1_000], "fails its checksum"),
        ("foreign", b"%PDF-1.7" + small.data, "not a snapshot of this format"),
        ("gone", None, "is not in Redis"),
    ):
        rig.make_current(BuiltSnapshot(small.header, data or b""), lose=data is None)
        worker.await_words(words)
        assert decide(rig, payment_id) == ("HOLD", "LIST_UNAVAILABLE", "none")
        [decision] = rig.decided(payment_id)
        assert words in decision.json["detail"]
        assert worker.get("/health/ready") == (503, decision.json["detail"] + "\n")
    assert len([line for line in worker.log if line["event"].startswith("snapshot refused")]) == 3
    assert "Traceback" not in worker.text
    rig.make_current(smaller)
    worker.await_ready()


def test_an_unreadable_pointer_leaves_the_list_in_use(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    with Redis.from_url(rig.settings.redis) as redis:
        redis.set(keys.CURRENT_SNAPSHOT, b"{cut")
    worker.await_words("list pointer refused")
    rig.pay(payment("p1"))
    assert rig.await_decided("p1")[0].json["list_version"] == small.header.version


def test_each_new_list_finds_its_own_names(rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    for built in (small, smaller):
        rig.make_current(built)
        await_version(worker, built)
        screener = Screener(load_snapshot(built.data), choose_policy(None))
        asked = [name.missed for name in sample_listed_names(screener, CANARY_NAMES)]
        wait_until(partial(_asked, worker, len(asked)), "all names asked", lambda: worker.text)
        assert len(asked) > 1
        assert worker.metrics()["holdgate_canary_missed"] == sum(asked) == 0


def _asked(worker: Worker, number: int) -> bool:
    return worker.metrics().get("holdgate_canary_names") == number
