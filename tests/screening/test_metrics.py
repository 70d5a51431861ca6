"""Every series exists from the start, their number is small, and none contains a name."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from prometheus_client import CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector

from holdgate.core.intake import InvalidEventCode
from holdgate.core.model.decision import HoldReason, NoteCode, Outcome, Reason, Rule, Versions
from holdgate.core.policy import policy as policies
from holdgate.runtime.metric_labels import CURRENCIES, MAX_RAILS, currency_label
from holdgate.screening.decision_metrics import ScreeningWork
from holdgate.screening.metrics import DEAD_LETTER_CODES, MAX_CORRIDORS, SECONDS, STAGES, Metrics
from tests.support.small_list import POLICY

MOST_SERIES = 520
DELIVERED = policies.from_toml(POLICY.read_bytes())
RAILS = ("swift", "sct", "sct_inst", "fednow", "rtp", "internal", "other")
"""The rails of the shipped policy, and `other`."""
LABELS = {
    "decision": set(get_args(Outcome)),
    "reason": {*get_args(Reason), *DEAD_LETTER_CODES},
    "rail": set(RAILS),
    "stage": set(STAGES),
    "outcome": {"first", "again", "changed", "decided", "dead"},
    "system": {"redis", "kafka"},
    "code": set(get_args(NoteCode)),
    "rule": set(get_args(Rule)),
    "currency": set(CURRENCIES),
}
OF_THE_LISTS = {"list", "version", "engine", "policy"}
"""Labels whose values an operator names: as many as there are lists; one snapshot, engine and policy."""
COUNTRIES = {"origin", "destination"}
"""Labels whose values are codes of countries, as many pairs as MOST_CORRIDORS."""


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(DELIVERED.rails, CollectorRegistry())


def _families(metrics: Metrics) -> Iterator[Metric]:
    yield from metrics.registry.collect()


def test_a_busy_worker_shows_few_series(metrics: Metrics) -> None:
    """It has ten lists, the maximum number of corridors, and the process metrics of the client library."""
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=metrics.registry)
    for number in range(10):
        for gauge in (metrics.list_age, metrics.list_limit, metrics.list_entries, metrics.list_exempt):
            gauge.labels(f"list-{number}")
    metrics.list_info.labels("version")
    metrics.build.labels("engine", "policy")
    for number in range(2 * MAX_CORRIDORS):
        metrics.corridor((f"{number:02}", "KZ"))
    series = [sample for family in _families(metrics) for sample in family.samples]
    assert 400 < len(series) <= MOST_SERIES


def test_every_series_without_a_list_starts_at_zero(metrics: Metrics) -> None:
    """A rate over a counter that appears late misses its first increase."""
    for family in _families(metrics):
        assert family.samples or set(_labels(family)) <= OF_THE_LISTS | COUNTRIES
        for sample in family.samples:
            assert sample.value == 0, sample


def _labels(family: Metric) -> set[str]:
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def test_every_reason_of_every_rail_has_a_series(metrics: Metrics) -> None:
    """No series combines a reason with a decision that it never leads to.

    What people decided has a series once such a payment is sent again.
    """
    [family] = [family for family in _families(metrics) if family.name == "holdgate_decisions"]
    seen = {
        (sample.labels["decision"], sample.labels["reason"], sample.labels["rail"])
        for sample in family.samples
    }
    meant = {("HOLD", reason, rail) for reason in get_args(HoldReason) for rail in RAILS}
    assert seen == meant | {("RELEASE", "NO_MATCH", rail) for rail in RAILS}


def test_every_dead_letter_code_has_a_series(metrics: Metrics) -> None:
    [family] = [family for family in _families(metrics) if family.name == "holdgate_dead_letters"]
    assert {sample.labels["reason"] for sample in family.samples} == {
        *get_args(InvalidEventCode),
        "internal_error",
    }


def test_labels_have_known_values(metrics: Metrics) -> None:
    for family in _families(metrics):
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label == "le":
                    continue
                assert value in LABELS[label], (family.name, label, value)


def test_no_label_could_hold_a_name() -> None:
    """Each label is one of the bounded ones above or names a list; none takes text of a payment."""
    metrics = Metrics(DELIVERED.rails, CollectorRegistry())
    named = {
        label
        for metric in vars(metrics).values()
        if hasattr(metric, "_labelnames")
        for label in metric._labelnames
    }
    assert named == LABELS.keys() | OF_THE_LISTS | COUNTRIES


@pytest.mark.parametrize("rail", [None, "", "Ulrike Sommerfeld", "SWIFTER", "x" * 10_000])
def test_an_unknown_rail_counts_as_other(metrics: Metrics, rail: str | None) -> None:
    assert metrics.rails.label(rail) == "other"


@pytest.mark.parametrize("rail", RAILS)
def test_a_known_rail_counts_as_itself(metrics: Metrics, rail: str) -> None:
    assert metrics.rails.label(rail) == metrics.rails.label(rail.upper()) == rail


def test_the_shipped_policy_has_these_rails(metrics: Metrics) -> None:
    """`default` is not a label value: it applies to payments of unknown rails, which count as `other`."""
    assert metrics.rails.values == RAILS
    assert metrics.rails.label("default") == "other"


def test_a_rail_added_by_the_operator_has_series_and_a_deadline() -> None:
    policy = policies.from_toml(POLICY.read_bytes() + b"\n[rails.chaps]\ndeadline_seconds = 7\n")
    metrics = Metrics(policy.rails, CollectorRegistry())
    value = metrics.registry.get_sample_value
    for name in ("holdgate_late_decisions_total", "holdgate_decision_seconds_count"):
        assert value(name, {"rail": "chaps"}) == 0
    assert value("holdgate_decisions_total", {"decision": "HOLD", "reason": "GOODS", "rail": "chaps"}) == 0
    metrics.show_rules(Versions("", policy.version, "engine"), policy)
    assert value("holdgate_rail_deadline_seconds", {"rail": "chaps"}) == 7
    assert metrics.rails.label("CHAPS") == "chaps"


def test_the_number_of_rails_is_bounded() -> None:
    """More rails of a policy count as `other`; a policy may not define a rail of that name."""
    rails = [f"rail{number}" for number in range(MAX_RAILS + 5)]
    metrics = Metrics(["default", "other", *rails], CollectorRegistry())
    assert metrics.rails.values == (*rails[:MAX_RAILS], "other")
    assert metrics.rails.label(rails[-1]) == "other"


def test_names_and_units(metrics: Metrics) -> None:
    """Metrics have one prefix, base units, and a sentence of help."""
    for family in _families(metrics):
        assert re.fullmatch(r"holdgate_[a-z_]+", family.name)
        assert not re.search(r"_(ms|millis|kb|mb|minutes|hours)$", family.name)
        assert family.documentation
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)


def test_bucket_bounds_include_the_latency_targets_of_rails() -> None:
    assert {0.05, 0.2, 1.0} <= set(SECONDS)
    assert list(SECONDS) == sorted(SECONDS)


class _Screener:
    """A screener that is also its own matcher."""

    near_misses = names = cache_hits = candidates = comparisons = 0

    @property
    def matcher(self) -> "_Screener":
        return self


def test_the_work_of_a_matcher_is_counted_once(metrics: Metrics) -> None:
    """Its counters only grow, and those of a new matcher start at zero after a list update."""

    def total() -> float | None:
        return metrics.registry.get_sample_value("holdgate_names_total")

    first, second, done = _Screener(), _Screener(), ScreeningWork(metrics)
    first.names = 5
    done.count(first)
    done.count(first)
    assert total() == 5
    first.names = 8
    done.count(first)
    assert total() == 8
    second.names = 2
    done.count(second)
    assert total() == 10


@pytest.mark.parametrize(
    ("said", "label"), [("EUR", "EUR"), ("eur", "other"), ("HANS", "other"), (None, "other")]
)
def test_an_unknown_currency_counts_as_other(said: str | None, label: str) -> None:
    assert currency_label(said) == label


def test_the_number_of_corridors_is_bounded(metrics: Metrics) -> None:
    """The first corridors have their own series; later ones share one."""
    pairs = [(chr(65 + one // 26) + chr(65 + one % 26), "DE") for one in range(MAX_CORRIDORS + 20)]
    told = [metrics.corridor(pair) for pair in pairs]
    assert told[:MAX_CORRIDORS] == pairs[:MAX_CORRIDORS]
    assert set(told[MAX_CORRIDORS:]) == {("other", "other")}
    assert metrics.corridor(pairs[0]) == pairs[0]


def test_deadlines_are_those_of_the_policy(metrics: Metrics) -> None:
    policy = DELIVERED
    metrics.show_rules(Versions("", policy.version, "engine"), policy)

    def deadline(rail: str) -> float | None:
        return metrics.registry.get_sample_value("holdgate_rail_deadline_seconds", {"rail": rail})

    assert deadline("sct_inst") == 10
    assert deadline("other") == policy.profile(None).deadline_seconds
    told = {"engine": "engine", "policy": policy.version}
    assert metrics.registry.get_sample_value("holdgate_build_info", told) == 1
