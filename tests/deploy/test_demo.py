"""The demo's payments are decided by the sample list and policy as the demo says they will be."""

import json
from pathlib import Path

import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import canonical
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.policy import policy as policies
from holdgate.lists import building

pytestmark = pytest.mark.slow  # indexes the full OFAC list

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def screener() -> Screener:
    built = building.build_lists({"ofac": str(DEPLOY / "sample" / "ofac")}, lambda _: None)
    policy = policies.from_toml((DEPLOY / "sample" / "policy.toml").read_bytes())
    return Screener(load_snapshot(built.data), policy)


def test_each_payment_of_the_demo_gets_the_decision_it_says(screener: Screener) -> None:
    lines = (DEPLOY / "demo" / "payments.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    cases = [case for case in cases if case.get("payment")]
    assert len(cases) > 150
    payments = [canonical.read(json.dumps(case["payment"]).encode()) for case in cases]
    wrong = [
        (case["payment"]["payment_id"], case["why"], decision.decision, decision.reason)
        for case, decision in zip(cases, screener.screen(payments), strict=True)
        if [decision.decision, decision.reason] != case["expect"]
    ]
    assert not wrong
