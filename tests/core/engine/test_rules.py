"""The list of rules covers every type of field and every rule of a match."""

from typing import get_args

from holdgate.core.engine.rules import POLICY_RULES, PRIORITIES, REASONS, RULES, RULES_BY_FIELD
from holdgate.core.model.decision import Rule
from holdgate.core.model.screened_fields import Field


def test_every_type_of_field_is_screened() -> None:
    assert set(RULES_BY_FIELD) == set(get_args(Field))


def test_every_rule_of_a_match_has_one_reason() -> None:
    assert set(REASONS) == set(get_args(Rule))
    for rule in RULES:
        assert {REASONS[match_rule] for match_rule in rule.match_rules} == {rule.reason}


def test_parties_come_before_places_and_places_before_goods() -> None:
    assert sorted(set(PRIORITIES.values())) == [0, 1, 2]
    assert [PRIORITIES[rule] for rule in ("name", "text", "geography", "goods")] == [0, 0, 1, 2]


def test_geography_and_goods_depend_on_the_policy() -> None:
    assert {"geography", "goods"} == POLICY_RULES
