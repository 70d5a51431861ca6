"""Outages of Kafka or Redis, at the start and later, are logged and waited for, and lose nothing."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from deploy.local.daemon import ROOT
from deploy.local.kafka_broker import Kafka
from deploy.local.ports import free_port
from deploy.local.redis_server import Redis
from holdgate.lists.building import BuiltSnapshot
from holdgate.screening.metrics import Metrics
from holdgate.screening.retrying import wait_until_given
from tests.support.payments import payment
from tests.support.rig import PATIENCE, Rig, Worker, closing, wait_until

SAY = 0.2

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_a_worker_waits_for_redis_kafka_and_topics_and_logs_it(
    tmp_path: Path, runtime_folder: Path, small: BuiltSnapshot
) -> None:
    """All are missing at first; they appear one by one, and the worker starts."""
    broker, server = Kafka(runtime_folder / "kafka-late"), Redis(runtime_folder / "redis-late")
    for daemon in (broker, server):  # a daemon keeps the port it chose at its first start
        daemon.folder.mkdir()
        (daemon.folder / "ports.json").write_text(json.dumps({"port": free_port()}))
    with closing(Rig(tmp_path, broker.bootstrap, server.url, "late.")) as rig:
        worker = rig.worker()
        worker.await_words("Kafka does not answer")
        assert worker.said("Redis does not answer")
        with broker:
            worker.await_words("run `holdgate topics create`")
            assert "late.payments.submitted" in worker.text
            assert worker.text.count("Redis does not answer") > 1, "it is said once only"
            rig.create_topics()
            with server:
                rig.make_current(small)
                worker.await_ready()
                rig.pay(payment("p1"))
                assert rig.await_decided("p1")[0].json["decision"] == "RELEASE"
                rig.close()  # close clients before their servers
    assert "Traceback" not in worker.text
    assert all(line["event"] for line in worker.log)


def test_a_redis_outage_delays_decisions_and_loses_nothing(
    tmp_path: Path, runtime_folder: Path, kafka: str, topic_prefix: str, small: BuiltSnapshot
) -> None:
    with (
        Redis(runtime_folder / "redis-paused") as server,
        closing(Rig(tmp_path, kafka, server.url, topic_prefix)) as rig,
    ):
        rig.create_topics()
        rig.make_current(small)
        worker = rig.worker().await_ready()
        rig.pay(payment("before"))
        rig.await_decided("before")

        server.pause()
        sent = [payment(f"during-{number}") for number in range(50)]
        rig.pay(*sent)
        retries = 'holdgate_retries_total{system="redis"}'
        # Five take longer than the commit interval of half a second.
        wait_until(lambda: worker.metrics()[retries] >= 5, "retries", lambda: worker.text)
        assert sum(rig.committed().values()) == 1, "a payment is acknowledged that is not decided"
        assert worker.metrics()["holdgate_oldest_unscreened_seconds"] >= 0
        assert len(rig.decisions()) == 1
        server.resume()
        rig.await_decided(*(one["payment_id"] for one in sent))
        assert len(rig.decisions()) == 51

        server.kill()
        rig.pay(payment("killed"))
        more = worker.metrics()[retries]
        wait_until(lambda: worker.metrics()[retries] > more, "a retry", lambda: worker.text)
        server.start()
        assert rig.await_decided("killed")[0].json["decision"] == "RELEASE"
        assert {decision.json["decision"] for decision in rig.decisions()} == {"RELEASE"}
        assert "call failed; retrying" in worker.text
        assert "Traceback" not in worker.text


def test_a_worker_with_a_permanent_write_error_ends_and_the_next_one_decides(
    tmp_path: Path, kafka: str, redis_url: str, topic_prefix: str, small: BuiltSnapshot
) -> None:
    """Retrying a write that is out of sequence would fail forever or write the record twice."""
    with closing(Rig(tmp_path, kafka, redis_url, topic_prefix, PYTHONPATH=str(ROOT))) as rig:
        rig.create_topics()
        rig.make_current(small)
        command = (sys.executable, "-m", "tests.screening.fenced", str(tmp_path / "refused"))
        worker = rig.worker(command).await_ready()
        sent = [payment(f"p{number}") for number in range(20)]
        rig.pay(*sent)
        assert worker.process.wait(PATIENCE) == 1
        assert rig.committed() == {}
        assert rig.decisions() == []
        assert "OutOfOrderSequenceNumber" in worker.text

        rig.worker(command)
        rig.await_decided(*(one["payment_id"] for one in sent))
        assert len(rig.decisions()) == len(sent)


def test_a_worker_that_is_stopped_while_kafka_is_away_ends_as_stopped(
    tmp_path: Path, runtime_folder: Path, redis_url: str, small: BuiltSnapshot
) -> None:
    """It ends at once, as in test_a_worker_that_is_killed_loses_nothing, but needs no restart."""
    with (
        Kafka(runtime_folder / "kafka-stop") as broker,
        closing(Rig(tmp_path, broker.bootstrap, redis_url, "stop.")) as rig,
    ):
        rig.create_topics()
        rig.make_current(small)
        rig.pay(*(payment(f"p{number}") for number in range(200)))
        worker = rig.worker(batch="2")
        rig.await_decisions(10)
        broker.pause()
        assert worker.terminate() == 0, worker.text
        assert "not waiting any longer" in worker.text
        broker.resume()


def test_an_unanswered_write_is_logged_and_counted_every_five_seconds() -> None:
    """The worker keeps waiting, since the producer retries by itself."""
    metrics = Metrics((), CollectorRegistry())

    async def whole() -> str:
        answer: asyncio.Future[str] = asyncio.Future()
        asyncio.get_running_loop().call_later(2.5 * SAY, answer.set_result, "written")
        return await wait_until_given(answer, "Kafka", metrics.retries.labels("kafka").inc, every=SAY)

    assert asyncio.run(whole()) == "written"
    assert metrics.registry.get_sample_value("holdgate_retries_total", {"system": "kafka"}) == 2


def test_health_is_the_age_of_the_health_file(shared_rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "health"
    absent = shared_rig.holdgate("health", health_file=str(file))
    assert (absent.exit_code, "does not exist" in absent.stderr) == (1, True)
    file.touch()
    assert shared_rig.holdgate("health", health_file=str(file)).exit_code == 0
    os.utime(file, (time.time() - 3_600,) * 2)
    old = shared_rig.holdgate("health", health_file=str(file))
    assert (old.exit_code, " s old" in old.stderr) == (1, True)
    assert shared_rig.holdgate("health", "--max-age", "7200", health_file=str(file)).exit_code == 0
    unset = shared_rig.holdgate("health")
    assert (unset.exit_code, "HOLDGATE_HEALTH_FILE" in unset.stderr) == (2, True)


def test_an_idle_worker_keeps_its_health_file_fresh(shared_worker: Worker) -> None:
    wait_until(shared_worker.health_file.exists, "a health file")
    first = shared_worker.health_file.stat().st_mtime
    wait_until(lambda: shared_worker.health_file.stat().st_mtime > first, "a fresher health file")


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({"batch": "0"}, 2, "HOLDGATE_BATCH"),
        ({"bacth": "5"}, 2, "HOLDGATE_BACTH is not a setting"),
    ],
)
def test_a_worker_with_invalid_settings_says_why_and_ends(
    shared_rig: Rig, variables: dict[str, str], code: int, words: str
) -> None:
    done = shared_rig.holdgate("screening", **variables)
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr


def test_a_worker_without_its_policy_ends(shared_rig: Rig) -> None:
    """The process exits with a code and one line, without a traceback."""
    worker = shared_rig.worker(policy="absent.toml")
    assert worker.process.wait(PATIENCE) == 3
    assert worker.text == (
        "holdgate: HOLDGATE_POLICY: cannot read the policy file absent.toml: No such file or directory\n"
    )


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("holdgate.screening.worker", "kafka"),  # kafka-python, which commands use
        ("holdgate.runtime.health", "numpy"),  # a container runs it four times a minute
    ],
)
def test_a_command_imports_only_what_it_uses(module: str, without: str) -> None:
    look = f"""
import sys
import holdgate.cli.main
from holdgate.cli.console import exit_on_error
with exit_on_error():
    import {module}
sys.exit({without!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
