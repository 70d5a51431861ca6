"""A list with one new entry becomes current under load: the time until decisions use it, and the delays."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import get_context

import msgspec

from bench.figures import Figure
from bench.gate import memory_mb, running_gate
from bench.workload import WorkloadRecord
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot, read_header
from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.settings import Settings
from tests.support.fakes import pointer

NEW = "Zorvath Quillmere Brandeshaw"
ENTRY = "ofac:bench-new"
RATE = 200.0
SECONDS = 10.0


def measure(_: int) -> Iterator[Figure]:
    """Send payments to the new name at a steady rate; the list changes after a third of them."""
    with running_gate() as running:
        after = _with_new(running.lists)
        worker = running.rig.worker().await_ready()
        running.send(_payments("warm", 100))
        running.read_decisions(100)
        before = peak = memory_mb(worker)
        payments = _payments("load", int(RATE * SECONDS))
        with ThreadPoolExecutor(1) as aside, _publishing_process(after) as publisher:
            sending = aside.submit(running.send, payments, RATE)
            time.sleep(SECONDS / 3)
            published = publisher.submit(_publish, running.rig.settings)
            while not sending.done():
                peak = max(peak, memory_mb(worker))
                time.sleep(0.02)
            sending.result()
            flipped = published.result()
        decisions = running.read_decisions(len(payments))
    times = sorted(decision.timestamp for decision in decisions)
    times_with_entry = [decision.timestamp for decision in decisions if ENTRY.encode() in decision.value]
    if not times_with_entry:
        raise TimeoutError(
            f"no decision used the new entry {SECONDS * 2 / 3:.0f} s after its list was current"
        )
    yield Figure(
        "swap.visible",
        (min(times_with_entry) - flipped) * 1000,
        "ms from publication to the first decision made with the list",
    )
    yield Figure(
        "swap.longest_gap", max(b - a for a, b in pairwise(times)) * 1000, "ms between two decisions, longest"
    )
    yield Figure("swap.send_interval", 1000 / RATE, "ms between payments as sent")
    yield Figure("swap.memory_before", before, "MB of the worker")
    yield Figure("swap.memory_peak", peak, "MB of the worker")


_lists_to_publish: list[BuiltSnapshot] = []
"""The lists that the publishing process will publish; passed beforehand, as that takes 70 ms under load."""


@contextmanager
def _publishing_process(lists: BuiltSnapshot) -> Iterator[ProcessPoolExecutor]:
    """Run a process that is ready to publish, so that publishing delays neither sender nor reader."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_keep_lists, initargs=(lists,)) as pool:
        pool.submit(_publish, None).result()
        yield pool


def _keep_lists(lists: BuiltSnapshot) -> None:
    _lists_to_publish.append(lists)


def _publish(settings: Settings | None) -> float:
    """Make the lists current; return when that began, in Unix seconds."""
    started = time.time()
    if settings is not None:
        [lists] = _lists_to_publish
        with closing(SnapshotStore(settings)) as store:
            as_of = {edition.list: datetime.now(UTC) for edition in lists.header.editions}
            store.put(lists.header.version, lists.data)
            store.set_current(pointer(lists, **as_of))
    return started


def _with_new(lists: BuiltSnapshot) -> BuiltSnapshot:
    snapshot = load_snapshot(lists.data)
    entry = Entry(id=ENTRY, list="ofac", type="person", names=(ListedName(NEW),))
    changed = msgspec.structs.replace(snapshot.editions[0], sha256="0" * 64)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        data = pool.submit(
            build_snapshot, (changed, *snapshot.editions[1:]), (*snapshot.entries, entry)
        ).result()
    return BuiltSnapshot(read_header(data), data)


def _payments(label: str, number: int) -> list[WorkloadRecord]:
    submitted = datetime.now(UTC)
    return [
        WorkloadRecord(
            f"SWAP-{label}-{i}",
            msgspec.json.encode(
                {
                    "payment_id": f"SWAP-{label}-{i}",
                    "rail": "swift",
                    "submitted_at": submitted,
                    "amount": "10.00",
                    "currency": "EUR",
                    "debtor": {"name": "Ordinary Bakery GmbH", "kind": "entity"},
                    "creditor": {"name": NEW, "kind": "person"},
                }
            ),
            False,
        )
        for i in range(number)
    ]
