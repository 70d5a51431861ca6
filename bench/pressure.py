"""Ten times what a worker can: is memory bounded, is it alive, who comes first, what becomes of the late?"""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import cycle

import msgspec

from bench.figures import Figure
from bench.flood import flood
from bench.gate import Decided, gate, memory
from bench.parties import ordinary
from bench.workload import SUBMITTED, Made, workload
from holdgate.core.lists.snapshot import load_snapshot
from tests.support.rig import Worker

TIMES = 10
SENT_FOR = 5.0
"""Seconds of flood in a run of all benches; `--seconds` takes longer. What came in one takes ten."""
PATTERNS = 2_000
"""Payments that the flood repeats, each time under another payment_id."""
INSTANT_SECONDS = 10.0
"""The deadline of sct_inst in the policy, which half of the payments have."""


def pressure(seconds: float = SENT_FOR) -> Iterator[Figure]:
    """Find the rate, send ten times that, and look at the worker until all is decided."""
    _, pool = ordinary()
    with gate() as running:
        made = list(workload(pool, load_snapshot(running.lists.data).entries, 51, PATTERNS * 2))
        worker = running.worker().await_ready()
        now = [_again(one, "first", datetime.now(UTC), instant=False) for one in made]
        found = {one.name: one.value for one in flood(running, [worker], now[:PATTERNS], now[PATTERNS:], "p")}
        rate = found["p.rate"]
        number = int(rate * TIMES * seconds)
        before = memory(worker)
        with Watched(worker) as watched:
            began = time.time()
            due = running.send(_flooding(made, number), rate * TIMES)
            ended = time.time()
            decided = running.decisions(number)
        yield Figure("pressure.rate", rate, "payments per second decided by one worker")
        yield Figure("pressure.sent", number, "payments")
        yield Figure("pressure.sent_rate", number / (ended - began), "payments per second as sent")
        yield Figure("pressure.seconds", ended - began, "s of flood")
        last = max(one.at for one in decided)
        yield Figure("pressure.recovery", last - ended, "s from the end of the flood until no payment waited")
        yield Figure(
            "pressure.decided_rate", number / (last - began), "payments per second decided during the flood"
        )
        yield Figure("pressure.memory_before", before, "MB of the worker")
        yield Figure("pressure.memory_peak", watched.peak, "MB of the worker")
        yield Figure("pressure.health_checks", watched.asked, "health checks, one every half second")
        yield Figure("pressure.health_failures", watched.bad, "health checks that failed")
        yield Figure(
            "pressure.out_of_order", _disorder(decided), "decisions out of order within their partition"
        )
        yield from _late(decided, due)


class Watched(threading.Thread):
    """Looks at a worker's memory and health until the end of the block."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(daemon=True)
        self._worker = worker
        self._over = threading.Event()
        self.peak = 0.0
        self.asked = self.bad = 0

    def run(self) -> None:
        """Look twice a second."""
        while not self._over.wait(0.5):
            self.peak = max(self.peak, memory(self._worker))
            self.asked += 1
            self.bad += self._worker.get("/health/live")[0] != 200

    def __enter__(self) -> "Watched":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def _flooding(made: Sequence[Made], number: int) -> Iterator[Made]:
    for at, one in zip(range(number), cycle(made), strict=False):
        yield _again(one, str(at), datetime.now(UTC), instant=at % 2 == 0)


def _again(one: Made, mark: str, submitted: datetime, *, instant: bool) -> Made:
    """The payment under another payment_id, submitted now."""
    name = f"{one.payment_id}-{mark}"
    value = one.value.replace(one.payment_id.encode(), name.encode())
    value = value.replace(
        f"{SUBMITTED:%Y-%m-%dT%H:%M:%SZ}".encode(), f"{submitted:%Y-%m-%dT%H:%M:%SZ}".encode()
    )
    if instant:
        value = value.replace(b'"rail":"swift"', b'"rail":"sct_inst"')
    return Made(name, value, one.listed)


def _disorder(decided: Sequence[Decided]) -> int:
    latest: dict[int, int] = {}
    wrong = 0
    for one in decided:
        partition, offset = one.place
        wrong += offset < latest.get(partition, -1)
        latest[partition] = max(offset, latest.get(partition, -1))
    return wrong


def _late(decided: Sequence[Decided], due: dict[str, float]) -> Iterator[Figure]:
    """Instant payments are late after ten seconds; a batch that began in time may end a second later."""
    late = released = 0
    for one in decided:
        decision = msgspec.json.decode(one.value)
        late += decision["reason"] == "DEADLINE_EXCEEDED"
        limit = decision.get("deadline")
        if limit is not None and decision["decision"] == "RELEASE":
            released += one.at > datetime.fromisoformat(limit).timestamp() + 1.0
    yield Figure("pressure.held_late", late, "payments held as DEADLINE_EXCEEDED")
    yield Figure(
        "pressure.released_late", released, "payments released a second or more after their deadline"
    )
    longest = max(one.at - due[one.payment_id] for one in decided)
    yield Figure("pressure.longest_wait", longest, "s that a payment waited, longest")
