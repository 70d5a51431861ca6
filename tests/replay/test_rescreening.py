"""The rescreening service: other lists become current, and recent payments are screened with them too."""

import signal
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from deploy.local.stack import HOLDGATE
from holdgate import flow
from holdgate.core.decision import from_json
from holdgate.lists import Built
from holdgate.replay.rescreen_metrics import RescreenMetrics
from holdgate.replay.rescreening import AGAIN_SECONDS, SETTLE_SECONDS, Rescreening
from holdgate.settings import Settings
from tests.replay.conftest import PAYMENTS
from tests.replay.test_diff import HELD
from tests.replay.test_publishing import audited, incident, standing
from tests.screening.rig import PATIENCE, Rig, wait_until

__all__ = ["incident"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


class Scene:
    """The service on an incident's gate, looking when a test says so."""

    def __init__(self, rig: Rig, **settings: Any) -> None:
        from msgspec.structs import replace

        self.rig = rig
        self.settings: Settings = replace(rig.settings, data=str(rig.folder / "data"), **settings)
        self.metrics = RescreenMetrics(CollectorRegistry())
        self.service = Rescreening(self.settings, self.metrics)

    def value(self, name: str, **labels: str) -> float:
        """A metric's value."""
        return self.metrics.registry.get_sample_value(f"holdgate_{name}", labels) or 0.0

    def rounds(self) -> dict[str, float]:
        """How often what came of it."""
        outcomes = ("same", "reissued", "refused", "failed")
        found = {outcome: self.value("rescreens_total", outcome=outcome) for outcome in outcomes}
        return {outcome: number for outcome, number in found.items() if number}


def test_other_lists_are_screened_with_once_they_have_settled_and_once(incident: Rig, smaller: Built) -> None:
    scene = Scene(incident)
    scene.service.look(100.0)
    scene.service.look(100.0 + SETTLE_SECONDS - 1)
    assert (scene.rounds(), scene.value("rescreen_pending_seconds")) == ({}, SETTLE_SECONDS - 1)
    scene.service.look(100.0 + SETTLE_SECONDS)
    assert scene.rounds() == {"reissued": 1}
    assert scene.value("rescreen_reissued_total", kind="held") == len(HELD)
    new = [from_json(one.value or b"") for one in standing(incident, flow.DECISIONS.name)]
    assert {one.payment_id for one in new if one.follows} == HELD
    assert audited(incident)[-1] == ("replay.reissue", "ended", {"held": len(HELD)})

    scene.service.look(500.0)
    Scene(incident).service.look(9_000.0)  # started again: it knows
    assert (scene.rounds(), scene.value("rescreen_pending_seconds")) == ({"reissued": 1}, 0)
    assert len(standing(incident, flow.DECISIONS.name)) == PAYMENTS + len(HELD)

    incident.make_current(smaller)
    for now in (1_000.0, 1_000.0 + SETTLE_SECONDS):
        scene.service.look(now)
    assert scene.value("rescreen_reissued_total", kind="released") == len(HELD)
    assert scene.value("held_seconds_count") == len(HELD)
    assert 0 < scene.value("held_seconds_sum") < PATIENCE * len(HELD)


def test_too_much_waits_for_a_person_and_is_said_until_it_is_done(incident: Rig) -> None:
    scene = Scene(incident, rescreen_max=len(HELD) - 1)
    for now in (0.0, SETTLE_SECONDS, SETTLE_SECONDS + 5):
        scene.service.look(now)
    assert (scene.rounds(), scene.value("rescreen_refused_decisions")) == ({"refused": 1}, len(HELD))
    assert not audited(incident)

    done = incident.holdgate("rescreen", "--reason", "looked at", data=str(incident.folder / "by-hand"))
    assert done.exit_code == 0, done.output
    scene.service.look(SETTLE_SECONDS + AGAIN_SECONDS)
    assert scene.rounds() == {"refused": 1, "same": 1}
    assert scene.value("rescreen_refused_decisions") == scene.value("rescreen_pending_seconds") == 0


def test_without_a_payment_there_is_nothing_to_do(rig: Rig, small: Built) -> None:
    rig.make_current(small)
    scene = Scene(rig)
    for now in (0.0, SETTLE_SECONDS):
        scene.service.look(now)
    assert scene.rounds() == {"same": 1}


def test_where_redis_is_away_it_is_said_and_tried_again(incident: Rig) -> None:
    scene = Scene(incident, redis="redis://127.0.0.1:1/0")
    for now in (0.0, 5.0):
        scene.service.look(now)
    assert scene.rounds() == {"failed": 2}


def test_it_runs_as_a_service_and_ends_when_told(incident: Rig) -> None:
    """Nothing has settled yet when it is told to end: it does nothing."""
    worker = incident.worker((str(HOLDGATE), "rescreen", "--serve"))
    pending = "holdgate_rescreen_pending_seconds"
    wait_until(lambda: worker.metrics().get(pending, 0) > 0, "a look", lambda: worker.text)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(PATIENCE) == 0
    assert "Traceback" not in worker.text


def test_by_hand_it_asks_for_a_reason(rig: Rig) -> None:
    done = rig.holdgate("rescreen", "--last", "1h")
    assert (done.exit_code, "--reason" in done.stderr) == (2, True)
