"""Ten times the rate of a worker: memory, health, order of decisions and late payments."""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import cycle

import msgspec

from bench.figures import Figure
from bench.flood import measure_full_load
from bench.gate import DecisionRecord, memory_mb, running_gate
from bench.parties import ordinary_parties
from bench.workload import SUBMITTED, WorkloadRecord, workload
from holdgate.core.lists.snapshot import load_snapshot
from tests.support.rig import Worker

TIMES = 10
FLOOD_SECONDS = 5.0
"""Default duration of the flood. Deciding it takes ten times as long."""
DISTINCT_PAYMENTS = 2_000
"""Payments that the flood repeats, each time with another payment_id."""
INSTANT_SECONDS = 10.0
"""Deadline of sct_inst in the policy; half of the payments have it."""


def measure(seconds: float = FLOOD_SECONDS) -> Iterator[Figure]:
    """Measure the rate, send ten times that, and watch the worker until everything is decided."""
    _, pool = ordinary_parties()
    with running_gate() as running:
        entries = load_snapshot(running.lists.data).entries
        payments = list(workload(pool, entries, 51, DISTINCT_PAYMENTS * 2))
        worker = running.worker().await_ready()
        first = [_with_new_id(payment, "first", datetime.now(UTC), instant=False) for payment in payments]
        figures = measure_full_load(
            running, [worker], first[:DISTINCT_PAYMENTS], first[DISTINCT_PAYMENTS:], "p"
        )
        rate = {figure.name: figure.value for figure in figures}["p.rate"]
        number = int(rate * TIMES * seconds)
        before = memory_mb(worker)
        with WorkerWatch(worker) as watch:
            began = time.time()
            due = running.send(_flood(payments, number), rate * TIMES)
            ended = time.time()
            decisions = running.read_decisions(number)
        yield Figure("pressure.rate", rate, "payments per second decided by one worker")
        yield Figure("pressure.sent", number, "payments")
        yield Figure("pressure.sent_rate", number / (ended - began), "payments per second as sent")
        yield Figure("pressure.seconds", ended - began, "s of flood")
        last = max(decision.timestamp for decision in decisions)
        yield Figure("pressure.recovery", last - ended, "s from the end of the flood until no payment waited")
        yield Figure(
            "pressure.decided_rate", number / (last - began), "payments per second decided during the flood"
        )
        yield Figure("pressure.memory_before", before, "MB of the worker")
        yield Figure("pressure.memory_peak", watch.peak, "MB of the worker")
        yield Figure("pressure.health_checks", watch.checks, "health checks, one every half second")
        yield Figure("pressure.health_failures", watch.failures, "health checks that failed")
        yield Figure(
            "pressure.out_of_order", _out_of_order(decisions), "decisions out of order within their partition"
        )
        yield from _late(decisions, due)


class WorkerWatch(threading.Thread):
    """Watches a worker's memory and health inside the block."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(daemon=True)
        self._worker = worker
        self._over = threading.Event()
        self.peak = 0.0
        self.checks = self.failures = 0

    def run(self) -> None:
        """Check twice per second."""
        while not self._over.wait(0.5):
            self.peak = max(self.peak, memory_mb(self._worker))
            self.checks += 1
            self.failures += self._worker.get("/health/live")[0] != 200

    def __enter__(self) -> "WorkerWatch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def _flood(payments: Sequence[WorkloadRecord], number: int) -> Iterator[WorkloadRecord]:
    for i, payment in zip(range(number), cycle(payments), strict=False):
        yield _with_new_id(payment, str(i), datetime.now(UTC), instant=i % 2 == 0)


def _with_new_id(
    payment: WorkloadRecord, suffix: str, submitted: datetime, *, instant: bool
) -> WorkloadRecord:
    """Return the payment with another payment_id and submission time."""
    payment_id = f"{payment.payment_id}-{suffix}"
    value = payment.value.replace(payment.payment_id.encode(), payment_id.encode())
    value = value.replace(
        f"{SUBMITTED:%Y-%m-%dT%H:%M:%SZ}".encode(), f"{submitted:%Y-%m-%dT%H:%M:%SZ}".encode()
    )
    if instant:
        value = value.replace(b'"rail":"swift"', b'"rail":"sct_inst"')
    return WorkloadRecord(payment_id, value, payment.listed)


def _out_of_order(decisions: Sequence[DecisionRecord]) -> int:
    latest: dict[int, int] = {}
    count = 0
    for decision in decisions:
        partition, offset = decision.input_position
        count += offset < latest.get(partition, -1)
        latest[partition] = max(offset, latest.get(partition, -1))
    return count


def _late(decisions: Sequence[DecisionRecord], due: dict[str, float]) -> Iterator[Figure]:
    """Yield figures of late payments; a batch that began in time may end a second after the deadline."""
    late = released = 0
    for decision in decisions:
        body = msgspec.json.decode(decision.value)
        late += body["reason"] == "DEADLINE_EXCEEDED"
        deadline = body.get("deadline")
        if deadline is not None and body["decision"] == "RELEASE":
            released += decision.timestamp > datetime.fromisoformat(deadline).timestamp() + 1.0
    yield Figure("pressure.held_late", late, "payments held as DEADLINE_EXCEEDED")
    yield Figure(
        "pressure.released_late", released, "payments released a second or more after their deadline"
    )
    longest = max(decision.timestamp - due[decision.payment_id] for decision in decisions)
    yield Figure("pressure.longest_wait", longest, "s that a payment waited, longest")
