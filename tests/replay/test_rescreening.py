"""The rescreening service: after a list update, recent payments are screened with the new lists too."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from redis import Redis

from deploy.local.stack import HOLDGATE
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.core.lists.announcement import Announcement
from holdgate.core.model.decision import from_json
from holdgate.core.records import topics
from holdgate.core.records.audit import LIFTED_AFTER, UNREADABLE_CLAIMS
from holdgate.lists.building import BuiltSnapshot
from holdgate.lists.publication import sign_pointer
from holdgate.replay.rescreen_metrics import RescreenMetrics
from holdgate.replay.rescreen_service import RETRY_SECONDS, SETTLE_SECONDS, EndedError, RescreenService
from holdgate.runtime.settings import Settings
from tests.replay.conftest import PAYMENTS
from tests.replay.test_diff import HELD
from tests.replay.test_publishing import audited, incident, standing
from tests.support.fakes import pointer
from tests.support.list_keys import ANOTHER, KEY, verify_file
from tests.support.payments import payment
from tests.support.rig import PATIENCE, Rig, wait_until
from tests.support.small_list import PERSON_NAME, POLICY

__all__ = ["incident"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


class Scene:
    """The service on an incident's gate, polled by the test."""

    def __init__(self, rig: Rig, keep_going: Callable[[], None] = lambda: None, **settings: Any) -> None:
        self.rig = rig
        self.settings: Settings = replace(rig.settings, data=str(rig.folder / "data"), **settings)
        self.metrics = RescreenMetrics(CollectorRegistry())
        self.service = RescreenService(self.settings, self.metrics, keep_going)

    def screen(self, now: float) -> None:
        """Poll until the current lists have settled."""
        self.service.poll(now)
        self.service.poll(now + SETTLE_SECONDS)

    @property
    def plans(self) -> list[Path]:
        """Return the stored plans."""
        return list((Path(self.settings.data) / "replays").glob("*"))

    def value(self, name: str, **labels: str) -> float:
        """Return a metric's value."""
        return self.metrics.registry.get_sample_value(f"holdgate_{name}", labels) or 0.0

    def rounds(self) -> dict[str, float]:
        """Return the number of rescreens by outcome."""
        outcomes = ("same", "reissued", "refused", "failed")
        found = {outcome: self.value("rescreens_total", outcome=outcome) for outcome in outcomes}
        return {outcome: number for outcome, number in found.items() if number}


def test_new_lists_are_rescreened_once_after_they_have_settled(incident: Rig, smaller: BuiltSnapshot) -> None:
    scene = Scene(incident)
    scene.service.poll(100.0)
    scene.service.poll(100.0 + SETTLE_SECONDS - 1)
    assert (scene.rounds(), scene.value("rescreen_pending_seconds")) == ({}, SETTLE_SECONDS - 1)
    with Redis.from_url(incident.settings.redis) as redis:
        redis.set(keys.claim(f"p:{min(HELD)}"), b"forged")
    scene.service.poll(100.0 + SETTLE_SECONDS)
    assert scene.rounds() == {"reissued": 1}
    assert scene.value("unreadable_claims_total") == 1
    assert scene.value("rescreen_reissued_total", kind="held") == len(HELD)
    new = [from_json(one.value or b"") for one in standing(incident, topics.DECISIONS.name)]
    assert {one.payment_id for one in new if one.follows} == HELD
    assert audited(incident)[-1] == (
        "replay.reissue",
        "ended",
        {"held": len(HELD), UNREADABLE_CLAIMS: 1},
    )

    scene.service.poll(500.0)
    Scene(incident).service.poll(9_000.0)  # the restarted service knows that it is done
    assert (scene.rounds(), scene.value("rescreen_pending_seconds")) == ({"reissued": 1}, 0)
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)

    incident.make_current(smaller)
    scene.screen(1_000.0)
    assert scene.value("rescreen_reissued_total", kind="released") == 0, "people lift holds"
    assert scene.value("rescreen_needs_review_decisions") == len(HELD)
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)


def test_payments_held_because_a_list_was_stale_are_released_when_it_is_fresh_again(
    rig: Rig, small: BuiltSnapshot
) -> None:
    """The same list is confirmed again; the holds were not about the payments, and no limit stops them."""
    rig.make_current(small, ofac=datetime.now(UTC) - timedelta(days=30))
    scene = Scene(rig, rescreen_max=1, policy=str(POLICY))
    with rig.worker(policy=str(POLICY)) as worker:
        worker.await_ready()
        rig.pay(payment("clean-1"), payment("clean-2"), payment("listed", creditor={"name": PERSON_NAME}))
        held = rig.await_decided("clean-1", "clean-2", "listed")
        assert [one.json["reason"] for one in held] == ["LIST_STALE", "LIST_STALE", "LIST_MATCH"]
        scene.screen(0.0)
        assert scene.rounds() == {"same": 1}
        rig.make_current(small, ofac=datetime.now(UTC))
        scene.screen(100.0)
        assert worker.terminate() == 0
    assert scene.rounds() == {"same": 1, "reissued": 1}
    reasons = [one.json["reason"] for one in rig.await_decided("clean-1", "clean-2", "listed")]
    assert reasons == ["NO_MATCH", "NO_MATCH", "LIST_MATCH"]
    counts = audited(rig)[-1][2]
    assert counts["released"] == 2
    assert 0 <= counts[LIFTED_AFTER] < PATIENCE * 2, "since they were held, not since they were decided"
    scene.screen(1_000.0)
    assert scene.rounds() == {"same": 1, "reissued": 1}


def test_too_many_changes_need_an_operator_and_are_reported_until_resolved(incident: Rig) -> None:
    scene = Scene(incident, rescreen_max=len(HELD) - 1)
    scene.screen(0.0)
    scene.service.poll(SETTLE_SECONDS + 5)
    assert (scene.rounds(), scene.value("rescreen_refused_decisions")) == ({"refused": 1}, len(HELD))
    scene.service.poll(SETTLE_SECONDS + RETRY_SECONDS)
    assert scene.rounds() == {"refused": 2}
    [told] = AuditLog(incident.settings).read()
    assert (told.action, told.outcome, told.counts) == ("replay.reissue", "refused", {"refused": len(HELD)})
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS
    [plan] = scene.plans

    done = incident.holdgate("replay", "--execute", str(plan))
    assert done.exit_code == 0, done.output
    scene.service.poll(SETTLE_SECONDS + 2 * RETRY_SECONDS)
    assert scene.rounds() == {"refused": 2, "same": 1}
    assert scene.value("rescreen_refused_decisions") == scene.value("rescreen_pending_seconds") == 0
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)
    assert scene.plans == []


def test_lists_that_become_current_again_are_rescreened_again(
    incident: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """A wrong list is current for a while, a payment is released with it, and the former lists come back.

    They were rescreened once before, but the decision made with the wrong list has to be superseded too.
    """
    scene = Scene(incident)
    scene.screen(0.0)
    assert scene.rounds() == {"reissued": 1}
    incident.make_current(smaller)
    scene.service.poll(100.0)
    with incident.worker() as worker:
        worker.await_ready()
        incident.pay(payment("between", creditor={"name": PERSON_NAME}))
        [released] = incident.await_decided("between")
        assert released.json["decision"] == "RELEASE"
        assert worker.terminate() == 0
    incident.make_current(small)
    scene.screen(105.0)
    assert scene.rounds() == {"reissued": 2}
    assert scene.value("rescreen_reissued_total", kind="held") == len(HELD) + 1


def test_a_rescreen_that_is_stopped_writes_nothing_and_starts_over(incident: Rig) -> None:
    def end() -> None:
        raise EndedError

    with pytest.raises(EndedError):
        Scene(incident, end).screen(0.0)
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS
    assert not audited(incident)
    scene = Scene(incident)
    scene.screen(0.0)
    assert scene.rounds() == {"reissued": 1}
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)


def test_during_a_rescreen_the_waiting_time_of_the_lists_is_reported(incident: Rig) -> None:
    """Reading a day of payments takes a while, and a read that hangs must not look like a finished one."""
    seen: list[float] = []
    scene = Scene(incident, lambda: seen.append(scene.value("rescreen_pending_seconds")))
    scene.screen(0.0)
    assert len(seen) >= 2
    assert seen == sorted(seen)
    assert seen[0] >= SETTLE_SECONDS
    assert scene.value("rescreen_pending_seconds") == 0


@pytest.mark.parametrize("wrong", ["unsigned", "another key", "expired", "altered", "shown again"])
def test_lists_that_a_worker_would_reject_are_not_rescreened(
    incident: Rig, small: BuiltSnapshot, tmp_path: Path, wrong: str
) -> None:
    """Someone who can write to Redis cannot release or hold payments by triggering a rescreen."""
    now = datetime.now(UTC)
    scene = Scene(incident, list_verify_key_file=verify_file(tmp_path))
    key = ANOTHER if wrong == "another key" else KEY
    expires = now - timedelta(seconds=1) if wrong == "expired" else now + timedelta(hours=1)
    data = small.data + b" " if wrong == "altered" else small.data
    about = pointer(small)
    store = SnapshotStore(scene.settings)
    store.set_current(about if wrong == "unsigned" else sign_pointer(key, about, data, expires))
    if wrong == "shown again":
        announced = Announcement("v", now + timedelta(minutes=1), "x", 1, ())
        topic_admin.write(
            scene.settings, topics.PUBLISHED.name, b"current", msgspec.json.encode(announced), ()
        )
    scene.screen(0.0)
    assert scene.rounds() == {"refused": 1}
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS

    store.set_current(
        sign_pointer(
            KEY, replace(about, published_at=now + timedelta(minutes=2)), small.data, now + timedelta(hours=1)
        )
    )
    store.close()
    scene.service.poll(SETTLE_SECONDS + RETRY_SECONDS)
    assert scene.rounds() == {"refused": 1, "reissued": 1}


def test_without_a_payment_there_is_nothing_to_do(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    scene = Scene(rig)
    scene.screen(0.0)
    assert scene.rounds() == {"same": 1}


def test_a_redis_outage_is_reported_and_the_rescreen_retried(incident: Rig) -> None:
    scene = Scene(incident, redis="redis://127.0.0.1:1/0")
    for now in (0.0, 5.0):
        scene.service.poll(now)
    assert scene.rounds() == {"failed": 2}
    with Redis.from_url(incident.settings.redis) as redis:
        redis.set(keys.CURRENT_SNAPSHOT, "no pointer")
    scene = Scene(incident)
    scene.screen(0.0)
    assert scene.rounds() == {"failed": 2}


def test_it_runs_as_a_service_and_stops_on_a_signal(incident: Rig) -> None:
    """No list has settled when it is stopped, so it does nothing."""
    worker = incident.worker((str(HOLDGATE), "rescreen", "--serve"))
    pending = "holdgate_rescreen_pending_seconds"
    wait_until(lambda: worker.metrics().get(pending, 0) > 0, "a look", lambda: worker.text)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(PATIENCE) == 0
    assert "Traceback" not in worker.text


def test_the_command_requires_a_reason(rig: Rig) -> None:
    done = rig.holdgate("rescreen", "--last", "1h")
    assert (done.exit_code, "--reason" in done.stderr) == (2, True)
