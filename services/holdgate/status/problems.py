"""Find problems in a situation by the limits of the alerts; each names its runbook in deploy/runbooks."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from holdgate.runtime.durations import in_words
from holdgate.status.situation import Queue, Situation, Worker

Urgency = Literal["page", "ticket"]

WAITING_SHARE = 0.5
"""Share of the shortest deadline after which a waiting payment pages."""
STALLED_SECONDS = 30.0
LIST_AGEING_SHARE = 0.75
"""Share of a list's age limit from which it is a ticket."""
REDIS_FULL_SHARE = 0.8
LETTERS_OLD_SECONDS = 86_400.0
FEW_LETTERS, LETTERS_NEW_SECONDS = 10, 3_600.0
"""More open dead letters than this, all of them younger: a sender, a list or the engine broke recently."""


class Problem(NamedTuple):
    """A problem: its urgency, a sentence, and the alert whose runbook says what to do."""

    urgency: Urgency
    what: str
    alert: str


def problems(situation: Situation) -> list[Problem]:
    """Return the problems: pages before tickets, and within these what stops payments first."""
    sections = (_systems, _workers, _waiting, _lists, _leftovers)
    found = [problem for section in sections for problem in section(situation)]
    return sorted(found, key=lambda problem: problem.urgency)


def worker_name(worker: Worker) -> str:
    """Return a worker's name for people: where it is, and the partitions that Kafka gave it."""
    return f"worker {worker.address} (partitions {_ranges(worker.assigned) or 'none'})"


def _ranges(numbers: Sequence[int]) -> str:
    """Return sorted numbers with runs shortened: `0-3, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _systems(situation: Situation) -> Iterator[Problem]:
    if situation.kafka is not None:
        yield Problem("page", f"Kafka: {situation.kafka}", "HoldgateKafkaFaults")
    if situation.redis is not None:
        yield Problem("page", f"Redis: {situation.redis}", "HoldgateRedisFaults")
    if situation.redis_evicted:
        yield Problem(
            "page",
            f"Redis evicted {situation.redis_evicted:,} keys: claims may be lost",
            "HoldgateRedisEvictions",
        )


def _workers(situation: Situation) -> Iterator[Problem]:
    if situation.workers == ():
        yield Problem("page", "no worker is in the group: no payment is being decided", "HoldgateNoWorkers")
    for worker in situation.workers or ():
        name = worker_name(worker)
        if worker.error is not None:
            yield Problem("ticket", f"{name} does not answer: {worker.error}", "HoldgateWorkerDown")
        elif worker.list_version is None:
            yield Problem("page", f"{name} has no lists: it holds everything", "HoldgateListMissing")
        elif situation.list_version is not None and worker.list_version != situation.list_version:
            what = f"{name} screens with {worker.list_version}, but {situation.list_version} is current"
            yield Problem("page", what, "HoldgateListVersionSkew")
        if worker.canary_missed:
            what = f"{name} does not find {worker.canary_missed} listed names"
            yield Problem("page", what, "HoldgateCanaryMissed")
    if len({(worker.engine, worker.policy) for worker in _answering(situation)}) > 1:
        yield Problem("ticket", "workers run different engines or policies", "HoldgateRulesSkew")


def _waiting(situation: Situation) -> Iterator[Problem]:
    deadlines = [limit for worker in situation.workers or () for limit in worker.deadlines.values()]
    limit = min(deadlines, default=None)
    oldest = situation.oldest_seconds or 0.0
    if limit is not None and oldest > WAITING_SHARE * limit:
        what = (
            f"a payment has been waiting for {in_words(oldest)}; the shortest deadline is {in_words(limit)}"
        )
        yield Problem("page", what, "HoldgatePaymentsWaiting")
    elif oldest > STALLED_SECONDS:
        yield Problem("page", f"a payment has been waiting for {in_words(oldest)}", "HoldgateNoProgress")


def _lists(situation: Situation) -> Iterator[Problem]:
    if situation.redis is None and situation.list_version is None:
        yield Problem("page", "no list snapshot has been published", "HoldgateListMissing")
    for entry in situation.lists or ():
        if entry.exempt or entry.limit_seconds is None:
            continue
        age = f"list {entry.name} is {in_words(entry.age_seconds)} old, the limit is"
        if entry.age_seconds > entry.limit_seconds:
            yield Problem(
                "page",
                f"{age} {in_words(entry.limit_seconds)}: every payment is held",
                "HoldgateListStale",
            )
        elif entry.age_seconds > LIST_AGEING_SHARE * entry.limit_seconds:
            yield Problem("ticket", f"{age} {in_words(entry.limit_seconds)}", "HoldgateListAgeing")


def _leftovers(situation: Situation) -> Iterator[Problem]:
    letters = situation.dead_letters or Queue(0, None)
    oldest = letters.oldest_seconds or 0.0
    if oldest > LETTERS_OLD_SECONDS:
        what = f"{letters.records:,} dead letters, the oldest {in_words(oldest)} old"
        yield Problem("ticket", what, "HoldgateDeadLettersOld")
    elif letters.records > FEW_LETTERS and oldest < LETTERS_NEW_SECONDS:
        what = f"{letters.records:,} records could not be read or screened within {in_words(oldest)}"
        yield Problem("page", what, "HoldgateDeadLetterRate")
    memory, limit = situation.redis_memory_bytes, situation.redis_limit_bytes
    if memory is not None and limit and memory > REDIS_FULL_SHARE * limit:
        yield Problem("ticket", f"Redis is {memory / limit:.0%} full", "HoldgateRedisFull")


def _answering(situation: Situation) -> list[Worker]:
    return [worker for worker in situation.workers or () if worker.error is None]
