"""Rules are valid and use existing series, and every alert is tested to fire and not to fire."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.daemon import ROOT
from deploy.runbook_links import runbook_url
from tests.prometheus.exported import RULES, asked, exported, recorded, rules

CASES = sorted(Path(__file__).parent.glob("*.yml"))
ALERTS = [rule for rule in rules(RULES / "alerts.yml") if "alert" in rule]


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.prometheus
def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    checked = promtool("check", "rules", *map(str, sorted(RULES.glob("*.yml"))))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    settings = promtool("check", "config", "--syntax-only", str(RULES.parent / "prometheus.yml"))
    assert settings.returncode == 0, settings.stdout + settings.stderr


@pytest.mark.prometheus
@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.stem))
def test_alerts_fire_when_they_should_and_not_before(case: Path) -> None:
    tested = promtool("test", "rules", str(case))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_is_tested_to_fire_and_not_to_fire() -> None:
    """It has a case in which it does not fire at first and does so later."""
    proven: set[tuple[str, str]] = set()
    for case in CASES:
        for test in yaml.safe_load(case.read_text())["tests"]:
            before: set[tuple[str, str]] | None = None
            for check in test["promql_expr_test"]:
                now = {_fires(sample["labels"]) for sample in check["exp_samples"]}
                proven |= now - before if before is not None else set()
                before = now
    assert proven == {(rule["alert"], rule["labels"]["severity"]) for rule in ALERTS}


def _fires(labels: str) -> tuple[str, str]:
    found = re.fullmatch(r"\{alertname='(\w+)', severity='(\w+)'(?:, gate='\w+')?\}", labels)
    assert found is not None, labels
    return found[1], found[2]


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: str(rule.get("alert") or rule["record"]))
def test_a_rule_uses_series_that_the_code_exports(rule: dict[str, Any]) -> None:
    names = asked(rule["expr"])
    assert names
    assert names <= exported() | recorded()


def test_a_series_that_is_not_exported_would_be_detected() -> None:
    query = "sum by (rail) (rate(holdgate_nonsense_total{reason=~'a|b'}[5m])) / on (x) up > 0.5 offset 1w"
    assert asked(query) == {"holdgate_nonsense_total", "up"}
    assert asked("histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m])))") == {"a_bucket"}
    assert "holdgate_nonsense_total" not in exported()


def test_recorded_series_are_named_level_metric_operations() -> None:
    for name in recorded():
        assert re.fullmatch(r"[a-z_]+:holdgate_[a-z_]+:[a-z0-9_]+", name), name


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_has_severity_summary_and_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["alert"].startswith("Holdgate")
    assert 20 < len(rule["annotations"]["summary"]) < 100
    assert len(rule["annotations"]["description"]) > 40
    assert rule["annotations"]["runbook_url"] == runbook_url(rule["alert"])


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: str(rule.get("alert") or rule["record"]))
def test_a_rule_keeps_gates_apart(rule: dict[str, Any]) -> None:
    """Aggregations and matches keep the three labels; series that others export as well need a gate."""
    kept = re.findall(r"\b(?:by|on|unless on) ?\(([^()]*)", rule["expr"])
    assert all(labels.startswith("cluster, namespace, gate") for labels in kept)
    assert set(re.findall(r"(?<!:)\b(?:sum|max|min|count|avg)\b ?(\w*)", rule["expr"])) <= {"by"}
    for matchers in re.findall(r"\b(?:up|process_\w+)\{([^}]*)\}", rule["expr"]):
        assert 'gate!=""' in matchers


def test_the_probe_s_wrong_answers_page_without_delay() -> None:
    assert [rule.get("for") for rule in ALERTS if rule["alert"] == "HoldgateProbeWrong"] == [None]


def test_prometheus_loads_the_rules() -> None:
    settings = yaml.safe_load((RULES.parent / "prometheus.yml").read_text())
    assert settings["rule_files"] == ["rules/*.yml"]
    jobs = {job["job_name"] for job in settings["scrape_configs"]}
    said = set(re.findall(r'job="(\w+)"', "".join(rule["expr"] for rule in rules())))
    assert said == jobs
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert "./deploy/prometheus/rules:/etc/prometheus/rules:ro" in compose["prometheus"]["volumes"]
    for job in settings["scrape_configs"]:
        [address] = job["dns_sd_configs"]
        assert job["relabel_configs"] == [{"target_label": "gate", "replacement": "holdgate"}]
        assert set(address["names"]) <= compose.keys()
