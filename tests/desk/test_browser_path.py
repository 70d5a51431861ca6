"""From sign-in to a RELEASE on the topic: Chromium, the desk, review, a worker, Kafka and Redis, all real."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from deploy.local.ports import free_port
from holdgate.core.model.decision import from_json
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.service import make_desk
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.health import Health
from tests.review.conftest import LISTED, Desk, rig, small, smaller
from tests.support.browser import Reader, open_browser, served
from tests.support.payments import payment
from tests.support.rig import Rig, wait_until

__all__ = ["rig", "small", "smaller"]

APPROVE = "form[action$='/approve']"

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def review(rig: Rig, small: BuiltSnapshot) -> Iterator[Desk]:
    """Yield a gate with a current list, and a review process that the test steps."""
    rig.make_current(small)
    review = Desk(rig)
    yield review
    review.close()


def test_from_sign_in_to_a_release_on_the_topic(review: Desk, tmp_path: Path) -> None:
    gate = review.rig
    settings = replace(
        gate.settings, data=str(tmp_path / "desk"), desk=f"127.0.0.1:{free_port()}", desk_sign_in="demo"
    )
    with ExitStack() as exits:
        browser = exits.enter_context(open_browser())
        worker = exits.enter_context(gate.worker())
        worker.await_ready()
        desk = make_desk(settings, DeskMetrics(CollectorRegistry()), Health(), exits)
        desk.projection.start()
        exits.enter_context(served(desk))
        gate.pay(payment("P-1", creditor=LISTED), payment("clean"))
        review.step_until("open", "P-1")
        wait_until(lambda: desk.projection.lag == 0, "the desk has read the log")

        ana, ben, cora = (Reader(browser, settings.desk_url) for _ in range(3))
        ana.sign_in("ana")
        assert ana.page.locator("tr.row").count() == 1, "the hold, and no payment that was released"
        ana.page.click("a.target")
        assert "P-1 is held: creditor.name" in ana.text("h1")

        ana.page.check("input[value='RELEASE:FALSE_POSITIVE']")
        ana.page.fill("#decision-note", "Born in 1990.")
        ana.send("#decision")
        assert "a release needs a verdict on every match" in ana.text("#match-1")
        assert ana.page.input_value("#decision-note") == "Born in 1990."
        for number in range(1, ana.page.locator("article.match").count() + 1):
            ana.page.select_option(f"#verdict-{number}", "false_positive:OTHER_BIRTH_DATE")
        ana.send("#decision")
        assert ana.page.locator(APPROVE).count() == 0

        for approver, name in ((ben, "ben"), (cora, "cora")):
            approver.sign_in(name)
            approver.go("/approvals")
            approver.page.click("a.target")
            approver.page.wait_for_selector("section.proposal")
            approver.send(APPROVE)
        # Review does not run: what was approved is written, and the page says so.
        assert "written; the decision follows" in cora.text(".next")
        review.step_until("disposed", "P-1")
        cora.page.wait_for_selector("text=is in force, partition")

        gate.await_decided("P-1", times=2)
        held, released = (from_json(one.value or b"") for one in gate.decided("P-1"))
        assert (released.decision, released.reason) == ("RELEASE", "REVIEWED")
        assert released.follows == held.decision_id
        review.step()
        assert len(gate.decided("P-1")) == 2, "the decision follows once"
        # A refusal of the desk is answered with 422, which Chromium reports.
        assert [line for line in ana.console if "422" not in line] == []
        ana.console.clear()
        for reader in (ana, ben, cora):
            reader.close()
        assert worker.terminate() == 0
