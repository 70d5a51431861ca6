"""From sign-in to a RELEASE on the topic: Chromium, the desk, review, a worker, Kafka and Redis, all real."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser
from prometheus_client import CollectorRegistry

from deploy.local.daemon import ROOT
from deploy.local.ports import free_port
from deploy.local.stack import HOLDGATE
from holdgate.core.model.decision import from_json
from holdgate.core.records.probe_mark import sign_probe
from holdgate.core.records.topics import PROBE
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.service import make_desk
from holdgate.desk.visit import DeskState
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.health import Health
from holdgate.runtime.settings import secret_key
from tests.screening.conftest import small
from tests.support.browser import Reader, open_browser, served
from tests.support.payments import payment
from tests.support.rig import Rig, Worker, closing, wait_until
from tests.support.small_list import PERSON_NAME, renamed

__all__ = ["renamed", "small"]

APPROVE = "form[action$='/approve']"
LISTED = {"name": PERSON_NAME}
REVIEW = (str(HOLDGATE), "review")
RULES = ROOT / "deploy" / "review.toml"

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def gate(
    tmp_path: Path, kafka: str, redis_url: str, topic_prefix: str, small: BuiltSnapshot
) -> Iterator[Rig]:
    """Yield a gate with a current list."""
    folder = tmp_path / "gate"
    folder.mkdir()
    with closing(Rig(folder, kafka, redis_url, topic_prefix, HOLDGATE_REVIEW_RULES=str(RULES))) as gate:
        gate.create_topics()
        gate.make_current(small)
        yield gate


@pytest.fixture
def desk(gate: Rig, tmp_path: Path) -> Iterator[DeskState]:
    """Yield a desk that is served."""
    settings = replace(
        gate.settings, data=str(tmp_path / "desk"), desk=f"127.0.0.1:{free_port()}", desk_sign_in="demo"
    )
    with ExitStack() as exits:
        desk = make_desk(settings, DeskMetrics(CollectorRegistry()), Health(), exits)
        desk.projection.start()
        exits.enter_context(served(desk))
        yield desk


@pytest.fixture
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def test_from_sign_in_to_a_release_on_the_topic(
    gate: Rig, desk: DeskState, browser: Browser, renamed: BuiltSnapshot
) -> None:
    worker, review = gate.worker().await_ready(), gate.worker(REVIEW)
    _pay_probe(gate)
    gate.pay(payment("P-1", creditor=LISTED), payment("clean"))
    gate.await_decided("P-1", "clean", "probe")
    _await_cases(gate, desk, review, 1)
    ana, ben, cora = people = [Reader(browser, desk.settings.desk_url) for _ in range(3)]
    for reader, name in zip(people, ("ana", "ben", "cora"), strict=True):
        reader.sign_in(name)
    held = [one.json["payment_id"] for one in gate.decisions() if one.json["decision"] == "HOLD"]
    assert sorted(held) == ["P-1", "probe"]
    ana.go("/")
    assert ana.page.locator("tr.row").count() == 1, "the hold: no probe, and no payment that was released"
    assert "P-1" in ana.text("tr.row")

    ana.page.click("a.target")
    assert "P-1 is held: creditor.name" in ana.text("h1")
    ana.page.check("input[value='RELEASE:FALSE_POSITIVE']")
    ana.page.fill("#decision-note", "Born in 1990.")
    ana.send("#decision")
    assert "a release needs a verdict on every match" in ana.text("#match-1")
    assert ana.page.input_value("#decision-note") == "Born in 1990."
    _judge(ana)
    assert ana.page.locator(APPROVE).count() == 0

    review.kill()
    _approve(ben, cora)
    assert "written; the decision follows" in cora.text(".next")
    assert len(gate.decided("P-1")) == 1
    review = gate.worker(REVIEW)
    cora.page.wait_for_selector("text=is in force, partition")
    gate.await_decided("P-1", times=2)
    hold, released = (from_json(one.value or b"") for one in gate.decided("P-1"))
    assert (released.decision, released.reason) == ("RELEASE", "REVIEWED")
    assert released.follows == hold.decision_id

    # A list update changes the entry while a proposal waits.
    gate.pay(payment("P-2", creditor=LISTED))
    _await_cases(gate, desk, review, 1)
    ana.go("/")
    ana.page.click("a.target")
    ana.page.check("input[value='RELEASE:FALSE_POSITIVE']")
    _judge(ana)
    gate.make_current(renamed)
    _approve(ben, cora)
    cora.page.wait_for_selector(".sent-back")
    assert "NOVIKOV, Yan Valentinovych" in cora.text(".sent-back")
    assert len(gate.decided("P-2")) == 1
    ana.page.reload()
    assert "Judge all matches again" in ana.text(".sent-back")
    _judge(ana, "REJECT")
    _approve(ben, cora)
    cora.page.wait_for_selector("text=is in force, partition")
    gate.await_decided("P-2", times=2)
    assert len(gate.decided("P-1")) == 2, "the decision follows once"

    # A refusal of the desk is answered with 422, which Chromium reports.
    assert [line for line in ana.console if "422" not in line] == []
    ana.console.clear()
    for reader in people:
        reader.close()
    assert (review.terminate(), worker.terminate()) == (0, 0)


def _pay_probe(gate: Rig) -> None:
    """Pay as the probe does: a payment that is held, signed as its own."""
    value = json.dumps(payment("probe", creditor=LISTED)).encode()
    path = gate.settings.probe_key_file
    assert path is not None
    gate.send([(b"probe", value)], [(PROBE, sign_probe(secret_key("probe_key_file", path), value))])


def _await_cases(gate: Rig, desk: DeskState, review: Worker, number: int) -> None:
    """Return once the desk has so many open cases."""

    def shown() -> bool:
        assert review.process.poll() is None, review.text
        counts = desk.projection.counts
        return sum(item.cases for item in counts if item.stage == "open") == number

    wait_until(shown, f"{number} open cases on the desk", lambda: review.text)


def _judge(reader: Reader, disposition: str = "RELEASE") -> None:
    """Judge every match false, and propose."""
    for number in range(1, reader.page.locator("article.match").count() + 1):
        reader.page.select_option(f"#verdict-{number}", "false_positive:OTHER_BIRTH_DATE")
    code = "FALSE_POSITIVE" if disposition == "RELEASE" else "NOT_ACCEPTED"
    reader.page.check(f"input[value='{disposition}:{code}']")
    reader.send("#decision")
    reader.page.wait_for_selector("section.proposal")


def _approve(*approvers: Reader) -> None:
    for approver in approvers:
        approver.go("/approvals")
        approver.page.click("a.target")
        approver.page.wait_for_selector("section.proposal")
        approver.send(APPROVE)
