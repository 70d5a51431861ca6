"""Dashboards are what the code says, ask for what the code exports, and explain themselves."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import runbook_links
from deploy.dashboards import screening
from deploy.dashboards.__main__ import FOLDER, PAGES, compiled
from deploy.dashboards.first_screen import NOW
from deploy.dashboards.panels import MARKS, queries
from deploy.dashboards.promql import GATE, KEYS
from deploy.local.daemon import ROOT
from deploy.runbook_links import base_url, runbook_url
from tests.prometheus.exported import asked, exported, recorded

DASHBOARDS = {name: json.loads(text) for name, text in compiled().items()}
QUERIES = queries(PAGES)
BASE = base_url()


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def test_what_is_committed_is_what_make_dashboards_writes() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == compiled()


@pytest.mark.parametrize(
    ("panel", "query"),
    [pytest.param(panel, query, id=f"{page.uid}-{panel.title}") for page, panel, query in QUERIES],
)
def test_a_query_asks_for_what_is_exported_of_the_chosen_gate(panel: Any, query: Any) -> None:
    names = asked(query.expr)
    assert names
    assert names <= exported() | recorded()
    assert query.expr.count(GATE) >= len(names)
    assert query.expr.count(" by (") == query.expr.count(f" by ({KEYS}"), "gates are kept apart"
    assert panel.description.endswith((".", "?"))


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: str(mark.name))
def test_a_mark_asks_for_what_is_exported(mark: Any) -> None:
    assert asked(mark.expr) <= exported() | recorded()
    assert mark.expr.count(GATE) >= len(asked(mark.expr))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_can_be_turned_to_another_source_gate_and_time(name: str) -> None:
    dashboard = DASHBOARDS[name]
    variables = {one["name"]: one["type"] for one in dashboard["templating"]["list"]}
    assert list(variables)[:4] == ["datasource", "cluster", "namespace", "gate"]
    link, runbooks = dashboard["links"]
    assert runbooks["url"] == base_url()
    assert link["keepTime"]
    assert link["includeVars"]
    assert set(link["tags"]) <= set(dashboard["tags"])
    assert [mark["name"] for mark in dashboard["annotations"]["list"]] == [
        "Lists",
        "Policy",
        "Deploy",
        "Replay",
    ]
    text = json.dumps(dashboard)
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval", "__range", "__value"}
    assert used == variables.keys()
    assert set(re.findall(r'"uid": "([^"]+)"', text)) == {"${datasource}", dashboard["uid"]}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_each_panel_has_unit_description_and_a_place_of_its_own(name: str) -> None:
    places = set()
    for panel in panels(DASHBOARDS[name]):
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        places.add((place["x"], place["y"]))
        assert [target["refId"] for target in panel["targets"]] == sorted(
            {target["refId"] for target in panel["targets"]}
        )
    assert len(places) == len(panels(DASHBOARDS[name]))


def test_titles_tell_panels_apart() -> None:
    titles = [panel["title"] for dashboard in DASHBOARDS.values() for panel in panels(dashboard)]
    assert len(titles) == len(set(titles)) > 40


def test_every_metric_is_shown_or_alerted_on() -> None:
    """What nobody looks at need not be exported."""
    shown = {name for _, _, query in QUERIES for name in asked(query.expr)}
    rules = "".join(path.read_text() for path in (ROOT / "deploy/prometheus/rules").glob("*.yml"))
    ours = {
        re.sub(r"_(total|bucket|sum|count)$", "", name) for name in exported() if name.startswith("holdgate")
    }
    seen = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in shown}
    assert {name for name in ours - seen if name not in rules} == set()


def test_grafana_finds_them() -> None:
    provider = yaml.safe_load((FOLDER.parent / "provisioning/dashboards/holdgate.yml").read_text())[
        "providers"
    ]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    [path] = [one["options"]["path"] for one in provider]
    assert f"./deploy/grafana/dashboards:{path}:ro" in grafana["volumes"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (str(home.parent), home.name) == (path, f"{screening.PAGE.uid}.json")


def test_the_first_screen_says_what_is_wrong() -> None:
    """Its lights and the firing alerts are within 24 of Grafana's rows, and each has thresholds or a link."""
    first = panels(DASHBOARDS[f"{screening.PAGE.uid}.json"])[: len(NOW.panels) + 1]
    assert [panel["type"] for panel in first] == ["stat"] * len(NOW.panels) + ["table"]
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in first) <= 24
    for panel in first[:-1]:
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"], panel["title"]


@pytest.mark.parametrize(
    "panel", [panel for _, panel, _ in QUERIES if panel.runbook], ids=lambda one: one.title
)
def test_a_panel_links_to_the_runbook_of_its_alert(panel: Any) -> None:
    assert (ROOT / "deploy/runbooks" / f"{panel.runbook}.md").exists()
    shown = [one for page in DASHBOARDS.values() for one in panels(page) if one["title"] == panel.title]
    assert [link["url"] for link in shown[0]["links"]] == [runbook_url(panel.runbook)]


def test_where_the_runbooks_are_is_one_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting, rules, dashboards = tmp_path / "base-url.txt", tmp_path / "alerts.yml", tmp_path / "dashboards"
    rules.write_bytes(runbook_links.ALERTS.read_bytes())
    monkeypatch.setattr(runbook_links, "SETTING", setting)
    monkeypatch.setattr(runbook_links, "ALERTS", rules)
    before = rules.read_text().count(base_url_line := f"runbook_url: {BASE}/")
    runbook_links.main("https://wiki.example/gate/", dashboards)
    assert rules.read_text().count("runbook_url: https://wiki.example/gate/Holdgate") == before > 40
    assert base_url_line not in rules.read_text()
    assert BASE not in "".join(path.read_text() for path in dashboards.glob("*.json"))
    with pytest.raises(ValueError, match="not an address"):
        runbook_links.main("wiki", dashboards)
