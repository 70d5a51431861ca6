"""Dashboards are what the code says, ask for what the code exports, and explain themselves."""

import json
import re
from typing import Any

import pytest
import yaml

from deploy.dashboards.__main__ import FOLDER, PAGES, compiled
from deploy.dashboards.panels import MARKS, queries
from deploy.local.daemon import ROOT
from tests.prometheus.exported import asked, exported, recorded

DASHBOARDS = {name: json.loads(text) for name, text in compiled().items()}
QUERIES = queries(PAGES)


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def test_what_is_committed_is_what_make_dashboards_writes() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == compiled()


@pytest.mark.parametrize(
    ("panel", "query"),
    [pytest.param(panel, query, id=f"{page.uid}-{panel.title}") for page, panel, query in QUERIES],
)
def test_a_query_asks_for_what_is_exported_of_the_chosen_jobs(panel: Any, query: Any) -> None:
    names = asked(query.expr)
    assert names
    assert names <= exported() | recorded()
    raw = names - recorded()
    assert query.expr.count('job=~"$job"') >= len(raw)
    assert panel.description.endswith((".", "?"))


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: str(mark.name))
def test_a_mark_asks_for_what_is_exported(mark: Any) -> None:
    assert asked(mark.expr) <= exported() | recorded()


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_can_be_turned_to_another_source_job_and_time(name: str) -> None:
    dashboard = DASHBOARDS[name]
    variables = {one["name"]: one["type"] for one in dashboard["templating"]["list"]}
    assert (variables["datasource"], variables["job"]) == ("datasource", "query")
    [link] = dashboard["links"]
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
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval", "__range"}
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
