"""`make up` and `make down`: the whole stack comes up, notices that it is up, and is repaired."""

import json
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.local.__main__ import main
from deploy.local.stack import Stack
from holdgate.adapters.prometheus_query import PrometheusServer
from holdgate.desk.gate_figures import ask_figures
from holdgate.runtime.settings import from_environ


def _get(address: str, page: str) -> str:
    with urllib.request.urlopen(f"http://{address}{page}", timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.kafka
@pytest.mark.redis
def test_up_again_repairs_what_died_and_down_leaves_nothing(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack", workers=1, watched=True)
    steps: list[str] = []
    try:
        assert stack.up(steps.append)
        assert len(steps) == 5
        assert from_environ(stack.environment).kafka == stack.kafka.bootstrap
        assert '"ofac"' in stack.holdgate("lists", "status")

        assert not stack.up(steps.append)
        assert len(steps) == 5

        (worker,) = stack.workers
        rules = json.loads(_get(stack.prometheus.address, "/api/v1/rules"))["data"]["groups"]
        assert {group["name"] for group in rules} >= {"holdgate.symptoms", "holdgate.causes"}
        assert "holdgate_probe_answers_total" in _get(stack.support_services["probe"].address, "/metrics")

        assert "holdgate_lists_rounds_total" in _get(stack.support_services["lists"].address, "/metrics")
        assert "holdgate_rescreens_total" in _get(stack.support_services["rescreen"].address, "/metrics")
        assert "holdgate_audit_rounds_total" in _get(stack.support_services["audit"].address, "/metrics")

        assert "Who are you?" in _get(stack.desk.url.removeprefix("http://"), "/sign-in")
        figures = ask_figures(PrometheusServer(f"http://{stack.prometheus.address}"), time.time())
        assert figures.problem is None, "Prometheus understands every query of the live page"
        desk = stack.desk
        desk.command()
        assert desk.environment["HOLDGATE_DESK_PROMETHEUS"] == f"http://{stack.prometheus.address}"
        assert "holdgate_desk_lag_records" in _get(stack.desk.address, "/metrics")

        kafka = stack.kafka.pid
        worker.kill()
        assert stack.up(steps.append)
        assert worker.ready()
        assert stack.kafka.pid == kafka
    finally:
        stopped = stack.down()
    assert stopped == [
        "prometheus",
        "audit",
        "probe",
        "desk",
        "review",
        "rescreen",
        "lists",
        "screening-1",
        "redis",
        "kafka",
    ]
    assert stack.down() == []


def test_down_of_what_was_never_up_is_quiet(tmp_path: Path) -> None:
    assert Stack(tmp_path / "stack").down() == []
    assert not (tmp_path / "stack").exists()


def test_every_target_of_make_that_asks_for_the_stack_exists() -> None:
    for command in ("up", "down", "status", "logs", "env"):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0
