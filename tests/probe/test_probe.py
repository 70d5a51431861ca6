"""The probe with a real gate: right, wrong and late answers, and its view of Kafka and Redis."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from holdgate.adapters.kafka.watch import KafkaWatch
from holdgate.lists.building import BuiltSnapshot
from holdgate.probe.metrics import OUTCOMES, PAYMENTS, ProbeMetrics
from holdgate.probe.service import Probe
from tests.support.payments import payment
from tests.support.rig import PARTITIONS, Rig, wait_until
from tests.support.small_list import POLICY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


class Scene:
    """A probe of a gate, with its own metrics."""

    def __init__(self, rig: Rig, redis: str | None = None) -> None:
        self.rig = rig
        self.metrics = ProbeMetrics(CollectorRegistry())
        self.settings = replace(rig.settings, probe_late_seconds=2.0, redis=redis or rig.settings.redis)
        self.probe = Probe(self.settings, self.metrics)

    def value(self, name: str, **labels: str) -> float:
        found = self.metrics.registry.get_sample_value(name, labels)
        assert found is not None, name
        return found

    def total(self, name: str) -> float:
        return sum(self.value(name, partition=str(partition)) for partition in range(PARTITIONS))

    def total_of(self, name: str) -> float:
        """Return all series of a metric."""
        samples = [sample for family in self.metrics.registry.collect() for sample in family.samples]
        return sum(sample.value for sample in samples if sample.name == name)

    def outcomes(self) -> Counter[tuple[str, str]]:
        return Counter(
            {
                (payment, outcome): int(
                    sum(
                        sample.value
                        for sample in self.metrics.answers.collect()[0].samples  # type: ignore[index]
                        if (sample.labels["payment"], sample.labels["outcome"]) == (payment, outcome)
                    )
                )
                for payment in PAYMENTS
                for outcome in OUTCOMES
            }
        )

    def ask(self) -> Counter[tuple[str, str]]:
        """Run one look and one round; return the answers."""
        before = self.outcomes()
        self.probe.look()
        self.probe.ask()
        return self.outcomes() - before

    def sees(self, condition: Callable[[], bool], what: str) -> None:
        """Look until the condition holds."""

        def look() -> bool:
            self.probe.look()
            return condition()

        wait_until(look, what)


@pytest.fixture
def scene(rig: Rig) -> Iterator[Scene]:
    """Yield a probe; close its connections after the test."""
    scene = Scene(rig)
    yield scene
    scene.probe.close()


def test_a_working_gate_answers_correctly_on_every_partition(
    rig: Rig, scene: Scene, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    for _ in range(PARTITIONS):
        assert scene.ask() == {("listed", "right"): 1, ("clean", "right"): 1}
    assert {decision.partition for decision in rig.await_decisions(2 * PARTITIONS)} == set(range(PARTITIONS))
    worker.await_metric("holdgate_probe_decisions_total", 2 * PARTITIONS)
    with KafkaWatch(scene.settings) as watch:
        [member] = watch.workers()
        assert member == ("127.0.0.1", tuple(range(PARTITIONS)), f"127.0.0.1:{worker.port}")
    assert scene.value("holdgate_group_members") == 1
    assert scene.value("holdgate_system_up", system="kafka") == 1
    assert scene.value("holdgate_list_current_info", version=small.header.version) == 1
    assert scene.value("holdgate_redis_memory_bytes") > 0
    scene.sees(lambda: scene.total("holdgate_lag_records") == 0, "nothing that waits")

    rig.make_current(smaller)
    wait_until(
        lambda: scene.ask() == {("listed", "right"): 1, ("clean", "right"): 1}, "the new list asked for"
    )


def test_a_gate_that_holds_everything_answers_incorrectly(
    rig: Rig, scene: Scene, small: BuiltSnapshot
) -> None:
    """The list is the sample of 2023, which is stale under this policy, so the clean payment is held."""
    rig.make_current(small)
    rig.worker(policy=str(POLICY)).await_ready()
    assert scene.ask() == {("listed", "right"): 1, ("clean", "wrong"): 1}


def test_a_stopped_gate_is_late_and_its_lag_is_measured(rig: Rig, scene: Scene, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    assert scene.ask()["clean", "right"] == 1
    worker.kill()
    rig.pay(*(payment(f"waiting-{number}") for number in range(20)))
    assert scene.ask() == {("listed", "late"): 1, ("clean", "late"): 1}
    scene.probe.look()
    assert scene.total("holdgate_lag_records") >= 20
    ages = [scene.value("holdgate_lag_seconds", partition=str(one)) for one in range(PARTITIONS)]
    assert max(ages) > scene.settings.probe_late_seconds
    again = rig.worker().await_ready()
    scene.sees(lambda: scene.total("holdgate_lag_records") == 0, "the lag gone")
    again.await_metric("holdgate_oldest_unscreened_seconds", 0)


def test_open_dead_letters_are_counted(rig: Rig, scene: Scene, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    rig.worker().await_ready()
    rig.send([(b"broken-1", b"{"), (b"broken-2", b"{")])
    scene.sees(lambda: scene.value("holdgate_dead_letters_waiting") == 2, "two dead letters")
    assert scene.value("holdgate_dead_letters_oldest_seconds") > 0


def test_dead_letters_handled_after_an_open_one_are_not_counted(
    rig: Rig, scene: Scene, small: BuiltSnapshot
) -> None:
    """The offset of the group stays before the open one; the audit log has the others."""
    rig.make_current(small)
    rig.worker().await_ready()
    rig.send([(b"broken", b"{")] * 4)
    scene.sees(lambda: scene.value("holdgate_dead_letters_waiting") == 4, "four dead letters")
    wait_until(lambda: len(rig.dead_letters()) == 4, "the same")
    first, second, third, last = (f"{one.partition}:{one.offset}" for one in rig.dead_letters())

    def discard(*positions: str) -> None:
        done = rig.holdgate("deadletters", "discard", *positions, "--reason", "sender was told")
        assert done.exit_code == 0, done.output

    def waiting() -> tuple[float, bool]:
        scene.probe.look()
        old = scene.value("holdgate_dead_letters_oldest_seconds") > 0
        return scene.value("holdgate_dead_letters_waiting"), old

    discard(second, third)
    assert waiting() == (2, True)
    assert "Dead letters       2," in rig.holdgate("status").stdout
    discard(first)
    assert waiting() == (1, True)
    discard(last)
    assert waiting() == (0, False)
    done = {"action": "dead-letters.discard", "outcome": "done"}
    assert scene.value("holdgate_operations_total", **done) == 3
    assert scene.total_of("holdgate_operations_total") == 3


def test_a_redis_outage_is_reported_and_the_probe_continues(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    rig.worker().await_ready()
    scene = Scene(rig, redis="redis://127.0.0.1:1/0")
    with contextlib.closing(scene.probe):
        assert scene.ask() == {("clean", "right"): 1}
    assert scene.value("holdgate_system_up", system="redis") == 0
