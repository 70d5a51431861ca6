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
        made = list(workload(pool, load_snapshot(running.lists.data).entries, 51, DISTINCT_PAYMENTS * 2))
        worker = running.worker().await_ready()
        now = [_with_new_id(one, "first", datetime.now(UTC), instant=False) for one in made]
        found = {
            one.name: one.value
            for one in measure_full_load(
                running, [worker], now[:DISTINCT_PAYMENTS], now[DISTINCT_PAYMENTS:], "p"
            )
        }
        rate = found["p.rate"]
        number = int(rate * TIMES * seconds)
        before = memory_mb(worker)
        with WorkerWatch(worker) as watched:
            began = time.time()
            due = running.send(_flooding(made, number), rate * TIMES)
            ended = time.time()
            decided = running.read_decisions(number)
        yield Figure("pressure.rate", rate, "payments per second decided by one worker")
        yield Figure("pressure.sent", number, "payments")
        yield Figure("pressure.sent_rate", number / (ended - began), "payments per second as sent")
        yield Figure("pressure.seconds", ended - began, "s of flood")
        last = max(one.timestamp for one in decided)
        yield Figure("pressure.recovery", last - ended, "s from the end of the flood until no payment waited")
        yield Figure(
            "pressure.decided_rate", number / (last - began), "payments per second decided during the flood"
        )
        yield Figure("pressure.memory_before", before, "MB of the worker")
        yield Figure("pressure.memory_peak", watched.peak, "MB of the worker")
        yield Figure("pressure.health_checks", watched.checks, "health checks, one every half second")
        yield Figure("pressure.health_failures", watched.failures, "health checks that failed")
        yield Figure(
            "pressure.out_of_order", _out_of_order(decided), "decisions out of order within their partition"
        )
        yield from _late(decided, due)


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


def _flooding(made: Sequence[WorkloadRecord], number: int) -> Iterator[WorkloadRecord]:
    for at, one in zip(range(number), cycle(made), strict=False):
        yield _with_new_id(one, str(at), datetime.now(UTC), instant=at % 2 == 0)


def _with_new_id(one: WorkloadRecord, mark: str, submitted: datetime, *, instant: bool) -> WorkloadRecord:
    """Return the payment with another payment_id and submission time."""
    name = f"{one.payment_id}-{mark}"
    value = one.value.replace(one.payment_id.encode(), name.encode())
    value = value.replace(
        f"{SUBMITTED:%Y-%m-%dT%H:%M:%SZ}".encode(), f"{submitted:%Y-%m-%dT%H:%M:%SZ}".encode()
    )
    if instant:
        value = value.replace(b'"rail":"swift"', b'"rail":"sct_inst"')
    return WorkloadRecord(name, value, one.listed)


def _out_of_order(decided: Sequence[DecisionRecord]) -> int:
    latest: dict[int, int] = {}
    wrong = 0
    for one in decided:
        partition, offset = one.input_position
        wrong += offset < latest.get(partition, -1)
        latest[partition] = max(offset, latest.get(partition, -1))
    return wrong


def _late(decided: Sequence[DecisionRecord], due: dict[str, float]) -> Iterator[Figure]:
    """Yield figures of late payments; a batch that began in time may end a second after the deadline."""
    late = released = 0
    for one in decided:
        decision = msgspec.json.decode(one.value)
        late += decision["reason"] == "DEADLINE_EXCEEDED"
        limit = decision.get("deadline")
        if limit is not None and decision["decision"] == "RELEASE":
            released += one.timestamp > datetime.fromisoformat(limit).timestamp() + 1.0
    yield Figure("pressure.held_late", late, "payments held as DEADLINE_EXCEEDED")
    yield Figure(
        "pressure.released_late", released, "payments released a second or more after their deadline"
    )
    longest = max(one.timestamp - due[one.payment_id] for one in decided)
    yield Figure("pressure.longest_wait", longest, "s that a payment waited, longest")
