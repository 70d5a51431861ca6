"""Each alert goes where it belongs by the sample of Alertmanager; what others explain is inhibited."""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.daemon import Daemon
from tests.prometheus.exported import RULES, rules

CONFIGURATION = RULES.parent / "alertmanager.yml"
ALERTS = {rule["alert"]: rule["labels"]["severity"] for rule in rules(RULES / "alerts.yml")}

needs_amtool = pytest.mark.skipif(
    not (shutil.which("amtool") and shutil.which("prometheus-alertmanager")),
    reason="amtool is missing: install Debian's prometheus-alertmanager",
)


def amtool(*arguments: str) -> str:
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Alertmanager(Daemon):
    """A server with the sample configuration, alone and on loopback."""

    def command(self) -> list[str]:
        listen = ("--cluster.listen-address=", f"--web.listen-address={self.address}")
        return ["prometheus-alertmanager", f"--config.file={CONFIGURATION}", "--storage.path=data", *listen]

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def add(self, alert: str, **labels: str) -> None:
        said = [f"{name}={value}" for name, value in labels.items()]
        amtool(f"--alertmanager.url=http://{self.address}", "alert", "add", alert, *said)

    def told(self) -> set[tuple[str, str]]:
        """Alert and gate of what it would tell people."""
        found = amtool(f"--alertmanager.url=http://{self.address}", "alert", "query", "-o", "json")
        return {(one["labels"]["alertname"], one["labels"]["gate"]) for one in json.loads(found)}


@pytest.fixture
def alertmanager(runtime_folder: Path) -> Iterator[Alertmanager]:
    with Alertmanager(runtime_folder / "alertmanager") as server:
        yield server


@needs_amtool
def test_pages_wake_somebody_and_tickets_do_not() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIGURATION))
    tested = ("config", "routes", "test", f"--config.file={CONFIGURATION}")
    for severity, receiver in (("page", "pager"), ("ticket", "tickets")):
        alert = next(name for name, its in ALERTS.items() if its == severity)
        labels = (f"alertname={alert}", f"severity={severity}", "gate=north")
        amtool(*tested, f"--verify.receivers={receiver}", *labels)
    amtool(*tested, "--verify.receivers=tickets", "alertname=SomebodyElses", "severity=page")


@needs_amtool
def test_an_alert_that_another_explains_says_nothing_and_never_for_another_gate(
    alertmanager: Alertmanager,
) -> None:
    alertmanager.add("HoldgateProbeLate", gate="north", severity="page", payment="clean")
    alertmanager.add("HoldgateProbeLate", gate="south", severity="page", payment="clean")
    alertmanager.add("HoldgateWorkerDown", gate="north", severity="ticket", instance="a")
    late, down = "HoldgateProbeLate", "HoldgateWorkerDown"
    assert alertmanager.told() == {(late, "south"), (down, "north")}

    alertmanager.add("HoldgateListStale", gate="south", severity="page", list="ofac")
    alertmanager.add("HoldgateProbeWrong", gate="south", severity="page", reason="LIST_STALE")
    stale, wrong = "HoldgateListStale", "HoldgateProbeWrong"
    assert alertmanager.told() == {(late, "south"), (down, "north"), (stale, "south")}
    alertmanager.add("HoldgateProbeWrong", gate="south", severity="page", reason="NO_MATCH")
    assert (wrong, "south") in alertmanager.told(), "a release to a listed party is never inhibited"

    alertmanager.add("HoldgateDecisionsLate", gate="north", severity="ticket")
    alertmanager.add("HoldgateDecisionsLate", gate="north", severity="page")
    alertmanager.add("HoldgateNoWorkers", gate="north", severity="page")
    assert {alert for alert, gate in alertmanager.told() if gate == "north"} == {
        "HoldgateDecisionsLate",
        "HoldgateNoWorkers",
    }


def test_inhibition_names_alerts_that_exist_and_keeps_gates_apart() -> None:
    inhibiting: list[dict[str, Any]] = yaml.safe_load(CONFIGURATION.read_text())["inhibit_rules"]
    for rule in inhibiting:
        assert rule["equal"][:3] == ["cluster", "namespace", "gate"]
        named = re.findall(r"Holdgate\w+", str(rule))
        assert named
        assert set(named) <= ALERTS.keys()
