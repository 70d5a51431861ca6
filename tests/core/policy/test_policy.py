"""The version of a policy depends on its values; an invalid file is rejected with the invalid member."""

from datetime import timedelta

import pytest

from deploy.local.daemon import ROOT
from holdgate.core.policy import policy as policies
from holdgate.core.policy.policy import PolicyError
from tests.support.listed import POLICY, policy

FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "deploy").rglob("policy.toml"))


@pytest.mark.parametrize("name", FILES)
def test_every_shipped_policy_is_valid(name: str) -> None:
    found = policies.from_toml((ROOT / name).read_bytes(), name)
    assert 0.5 < found.threshold("unknown") < 1


def test_only_the_sample_policy_exempts_a_list_from_freshness_checks() -> None:
    exempt = {name: policies.from_toml((ROOT / name).read_bytes()).freshness.exempt for name in FILES}
    assert {name for name, labels in exempt.items() if labels} == {"deploy/sample/policy.toml"}


def test_the_package_contains_the_shipped_policy() -> None:
    carried = (ROOT / "services/holdgate/core/policy/data/policy.toml").read_bytes()
    assert carried == (ROOT / "deploy" / "policy.toml").read_bytes()


def test_comments_order_and_notation_do_not_change_the_version() -> None:
    lines = POLICY.decode().split("[rails.default]")
    turned = "[rails.default] # first\n" + lines[1] + lines[0].replace("48", "48.0")
    assert policies.from_toml(turned.encode()).version == policy().version
    assert len(policy().version) == 16


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("person = 0.72", "person = 0.73"),
        ("country_agrees = 0.05", "country_agrees = 0.06"),
        ("max_age_hours = 48", "max_age_hours = 49"),
        ("slow = 240", "slow = 241"),
        ("sample-of-2023", "sample-of-2024"),
        ("deadline_seconds = 10", "deadline_seconds = 11"),
        ('late = "RJCT"', 'late = "PDNG"'),
    ],
)
def test_every_value_changes_the_version(old: str, new: str) -> None:
    text = POLICY.decode()
    assert text.count(old) == 1 or old == "deadline_seconds = 10"
    assert policies.from_toml(text.replace(old, new, 1).encode()).version != policy().version


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("person = 0.72", "person = 72", "thresholds.person"),
        ("person = 0.72", "person = 0", "thresholds.person"),
        ("person = 0.72", "", "person"),
        ("person = 0.72", "person = 0.72\naircraft = 0.9", "aircraft"),
        ("country_conflicts = -0.05", "country_conflicts = 0.05", "corroboration.country_conflicts"),
        ("max_age_hours = 48", "max_age_hours = 0", "freshness.max_age_hours"),
        ("max_age_hours = 48", "max_age_hour = 48", "max_age_hour"),
        ("deadline_seconds = 10", "deadline_seconds = -1", "deadline_seconds"),
        ('late = "RJCT"', 'late = "ACCP"', "late"),
        ("[rails.default]", "[rails.other]", "rails.default"),
        ("[thresholds]", "[thresholds", "line 2"),
    ],
)
def test_an_invalid_policy_is_rejected_with_file_and_member(old: str, new: str, where: str) -> None:
    """This includes a policy that would give a held payment the status ACCP."""
    text = POLICY.decode().replace(old, new, 1)
    with pytest.raises(PolicyError) as caught:
        policies.from_toml(text.encode(), "bank.toml")
    assert str(caught.value).startswith("bank.toml: ")
    assert where in str(caught.value)


def test_a_policy_that_is_not_text_is_rejected() -> None:
    with pytest.raises(PolicyError, match="bank"):
        policies.from_toml(b"\xff", "bank.toml")


def test_an_unknown_rail_has_the_default_rules() -> None:
    default = policy().profile("default")
    assert policy().profile(None) == policy().profile("no such rail", "pacs.008.001.08") == default
    assert (
        policy().profile("sct_inst").deadline_seconds == policy().profile("SCT_INST").deadline_seconds == 10
    )


def test_an_unknown_type_has_the_lowest_threshold() -> None:
    """An entry of unknown type may be of the type with the lowest threshold."""
    strict = policies.from_toml(POLICY.replace(b"entity = 0.72", b"entity = 0.61"))
    assert strict.threshold("unknown") == 0.61
    assert (strict.threshold("person"), strict.threshold("entity")) == (0.72, 0.61)
    assert strict.threshold("vessel") == strict.threshold("aircraft") == 0.80


def test_a_list_may_have_its_own_maximum_age() -> None:
    assert policy().profile(None).max_age("test") == timedelta(hours=48)
    assert policy().profile(None).max_age("slow") == timedelta(hours=240)
