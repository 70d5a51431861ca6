"""Goods are held with a route to a destination of their list, and never without one."""

import json
from typing import Any

import pytest

from deploy.local.daemon import ROOT
from holdgate.core.policy import policy as policies
from holdgate.core.policy.policy import PolicyError
from tests.support.listed import POLICY, payment, policy, screener

CASES = [json.loads(line) for line in (ROOT / "tests/cases/goods.jsonl").read_text().splitlines()]
TOLD = {"held", "field", "tier", "corridor", "why"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case, ensure_ascii=False)[:110])
def test_goods_hold_with_their_route(case: dict[str, Any]) -> None:
    members = {name: value for name, value in case.items() if name not in TOLD}
    if "creditor" in members:
        members["creditor"] = {"name": "Ulrike Sommerfeld"} | members["creditor"]
    [found] = screener().screen([payment(**members)])
    if not case["held"]:
        assert (found.reason, found.matches) == ("NO_MATCH", ())
        return
    assert (found.decision, found.reason, found.next_status) == ("HOLD", "GOODS", "PDNG")
    [match] = found.matches
    assert (match.rule, match.list, match.entry_id) == ("goods", "goods", "goods:chpl")
    assert match.matched_name.startswith(f"tier {case['tier']}: ")
    assert match.field == case.get("field", match.field)
    assert any(part.how == "route" for part in match.evidence)
    assert any(part.how == "corridor" for part in match.evidence) == case.get("corridor", False)


def test_a_place_outranks_goods_and_both_are_told() -> None:
    creditor = {"name": "Ulrike Sommerfeld", "address": {"country": "IR"}}
    goods = [{"hs_code": "8542.31", "destination": "RU"}]
    [found] = screener().screen([payment(creditor=creditor, goods=goods)])
    assert found.reason == "GEOGRAPHY"
    assert [match.rule for match in found.matches] == ["geography", "goods"]


def test_the_delivered_list_has_its_fifty_subheadings_once() -> None:
    [chpl] = policy().goods.lists
    codes = [code for tier in chpl.tiers for code in tier.codes]
    assert len(codes) == len(set(codes)) == 50


@pytest.mark.parametrize("code", ["854231", "8542.3", "8542.31.90"])
def test_a_code_that_is_no_subheading_is_refused(code: str) -> None:
    own = (
        '\n[[goods.lists]]\nid = "x"\nname = "X"\nsince = 2020-01-01\nprograms = ["X"]\nsources = ["s"]\n'
        f'destinations = ["RU"]\ntiers = [{{ tier = "1", codes = ["{code}"] }}]\n'
    )
    with pytest.raises(PolicyError, match="codes"):
        policies.from_toml(POLICY + own.encode())
