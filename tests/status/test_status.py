"""`holdgate status` with a real gate: healthy, and after its worker died."""

import json
import subprocess

import pytest

from deploy.local.stack import HOLDGATE
from holdgate.lists.building import BuiltSnapshot
from tests.support.payments import payment
from tests.support.rig import PARTITIONS, Rig, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_a_healthy_gate_and_then_a_dead_worker(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    rig.pay(payment("p1"))
    rig.await_decided("p1")
    wait_until(lambda: rig.holdgate("status").exit_code == 0, "a gate that is well")
    said = rig.holdgate("status").stdout
    assert "Nothing is wrong." in said
    assert f"127.0.0.1:{worker.port}" in said
    assert small.header.version in said
    assert "age not judged" in said, "it is the sample"

    seen = json.loads(rig.holdgate("status", "--json").stdout)
    assert seen["problems"] == []
    [there] = seen["workers"]
    assert (there["partitions"], there["list_version"]) == (PARTITIONS, small.header.version)
    assert there["policy"]

    worker.kill()
    rig.pay(payment("p2"))
    found = rig.holdgate("status", "--json")
    assert found.exit_code == 1
    told = {problem["alert"] for problem in json.loads(found.stdout)["problems"]}
    assert told & {"HoldgateWorkerDown", "HoldgateNoWorkers"}, (
        "until its session ends the group still counts it"
    )
    wait_until(
        lambda: "no worker is in the group" in rig.holdgate("status").stdout, "a group without members"
    )
    seen = json.loads(rig.holdgate("status", "--json").stdout)
    assert sum(queue["records"] for queue in seen["payments"].values()) == 1


def test_unreachable_servers_are_reported(rig: Rig) -> None:
    """The screen is still shown. Run in a separate process, since kafka-python leaks refused sockets."""
    gone = {"HOLDGATE_KAFKA": "127.0.0.1:1", "HOLDGATE_REDIS": "redis://127.0.0.1:1/0"}
    command = [str(HOLDGATE), "status"]
    found = subprocess.run(command, env=rig.environment | gone, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stderr
    assert "!! Kafka:" in found.stdout
    assert "!! Redis:" in found.stdout
    assert len(found.stdout.splitlines()) < 25
