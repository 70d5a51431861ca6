"""If the broker dies during a command, the error says how to continue, and doing so completes the work."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.daemon import ROOT
from deploy.local.kafka_broker import Kafka
from deploy.local.redis_server import Redis
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.records import topics
from holdgate.core.records.kafka_record import Outgoing
from holdgate.lists.building import BuiltSnapshot
from tests.replay.conftest import PAYMENTS, decide
from tests.replay.test_diff import HELD
from tests.replay.test_publishing import WHY, audited, plan, standing
from tests.support.rig import Rig, closing

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture(scope="module")
def broker(runtime_folder: Path) -> Iterator[Kafka]:
    """Yield a broker that tests may kill."""
    with Kafka(runtime_folder / "kafka-gone") as broker:
        yield broker


@pytest.fixture
def incident(
    tmp_path: Path,
    runtime_folder: Path,
    broker: Kafka,
    topic_prefix: str,
    small: BuiltSnapshot,
    smaller: BuiltSnapshot,
) -> Iterator[Rig]:
    """Decide payments with a list that lacks a person, then make the complete list current."""
    with Redis(runtime_folder / f"redis-{topic_prefix}gone") as redis:
        about = tmp_path, broker.bootstrap, redis.url, topic_prefix
        with closing(Rig(*about)) as rig:
            rig.create_topics()
            decide(rig, smaller)
            rig.make_current(small)
        yield Rig(*about)


def cut_off(rig: Rig, broker: Kafka, after: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that loses the broker, then restart the broker."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.replay.losing_broker", str(broker.pid), after, *arguments],
        cwd=ROOT,
        env=rig.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert broker.start(), "the broker was not killed"
    assert done.returncode == 4, done.stderr
    return done


@pytest.mark.parametrize("mode", [("diff",), ("publish", *WHY)], ids=lambda mode: mode[0])
def test_a_replay_can_be_resumed(incident: Rig, broker: Kafka, tmp_path: Path, mode: tuple[str, ...]) -> None:
    """The broker dies between two chunks: earlier results are kept, and nothing is published twice."""
    journal = tmp_path / "journal.jsonl"
    asked = ("replay", "--from", "earliest", "--journal", str(journal), "--mode", *mode)
    gone = cut_off(incident, broker, "a step", *asked)
    assert len(gone.stderr.splitlines()) == 2, gone.stderr
    said, why = gone.stderr.splitlines()
    assert said == f"journal: {journal}"
    assert why.startswith("holdgate: Kafka does not answer (")
    assert f"`holdgate replay --resume {journal}`" in why
    assert not gone.stdout

    done = incident.holdgate("replay", "--resume", str(journal))
    assert done.exit_code == (1 if mode == ("diff",) else 0), done.output
    assert f"Of {PAYMENTS} payments, {len(HELD)} more would be held" in done.stdout
    if mode != ("diff",):
        stands = standing(incident, "screening.replays")
        assert len(stands) == len({one.header("ce_id") for one in stands}) == PAYMENTS
        assert [state for _, state, _ in audited(incident)] == ["started", "ended"]
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS


def test_the_execution_of_a_plan_can_be_continued(incident: Rig, broker: Kafka, tmp_path: Path) -> None:
    """The broker dies after the first records. The audit log has the start, so --again is needed."""
    path = plan(incident, tmp_path / "plan.jsonl")
    gone = cut_off(incident, broker, "a publication", "replay", "--execute", str(path))
    [said] = gone.stderr.splitlines()
    assert f"`holdgate replay --execute {path} --again`" in said
    assert incident.holdgate("replay", "--execute", str(path)).exit_code == 3
    done = incident.holdgate("replay", "--execute", str(path), "--again")
    assert done.exit_code == 0, done.output
    stands = standing(incident, topics.DECISIONS.name)
    assert len(stands) == len({one.header("ce_id") for one in stands}) == PAYMENTS + len(HELD)


def test_a_redrive_can_be_repeated(incident: Rig, broker: Kafka) -> None:
    """Records sent before are found in the target topic, so the same command sends only the rest."""
    came_from = (topics.INPUT_TOPIC, incident.settings.topic(topics.SUBMITTED.name).encode())
    with KafkaWriter(incident.settings) as writer:
        for number in range(3):
            name = f"letter-{number}"
            value = f'{{"payment_id": "{name}", "debtor": {{"name": "Canary"}}}}'.encode()
            headers = [(topics.REASON_CODE, b"not_xml"), came_from]
            writer.publish([Outgoing(topics.DEAD_LETTERS.name, name.encode(), value, number, headers)])
    redrive = ("deadletters", "redrive", "--execute", "--reason", "incident 1292")
    gone = cut_off(incident, broker, "a publication", *redrive)
    [said] = gone.stderr.splitlines()
    assert said.startswith("holdgate: Kafka does not answer (")
    assert "continue with the same command, which sends the remaining records" in said

    done = incident.holdgate(*redrive)
    assert done.exit_code == 0, done.output
    assert "2 of 2 to send" in done.stdout
    resent = [one for one in standing(incident, topics.SUBMITTED.name) if one.header(topics.REDRIVEN)]
    assert sorted(one.key or b"" for one in resent) == [b"letter-0", b"letter-1", b"letter-2"]
