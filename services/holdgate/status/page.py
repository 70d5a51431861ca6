"""Render the situation as one screen of text, problems first."""

from collections.abc import Iterator, Sequence

from holdgate.status.problems import Problem
from holdgate.status.situation import Situation


def render_screen(situation: Situation, problems: Sequence[Problem]) -> Iterator[str]:
    """Yield the lines of the screen."""
    yield f"Holdgate at {situation.at:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    if not problems:
        yield "Nothing is wrong."
    for problem in problems:
        mark = "!!" if problem.urgency == "page" else " !"
        yield f"{mark} {problem.what}"
        yield f"     deploy/runbooks/{problem.alert}.md"
    yield ""
    yield f"Payments waiting   {situation.waiting:,}, the oldest {age(situation.oldest_seconds)}"
    behind = {partition: queue for partition, queue in situation.payments.items() if queue.records}
    for partition, queue in behind.items():
        yield f"  partition {partition:<6} {queue.records:,}, the oldest {age(queue.oldest_seconds)}"
    if situation.dead_letters is not None:
        letters = situation.dead_letters
        yield f"Dead letters       {letters.records:,}, the oldest {age(letters.oldest_seconds)}"
    yield ""
    yield f"Lists              {situation.list_version or 'none published'}"
    for entry in situation.lists:
        limit = "age not judged" if entry.exempt else f"limit {age(entry.limit_seconds)}"
        yield f"  {entry.name:<16} {entry.entries:,} entries, {age(entry.age_seconds)} old, {limit}"
    yield ""
    yield f"Workers            {len(situation.workers)}"
    for worker in situation.workers:
        if worker.error is not None:
            yield f"  {worker.address:<22} does not answer"
            continue
        yield (
            f"  {worker.address:<22} {worker.partitions} partitions, list {worker.list_version or 'none'},"
            f" policy {worker.policy}, engine {worker.engine}, up {age(worker.started_seconds)},"
            f" {size(worker.memory_bytes)}"
        )
    limit = f" of {size(situation.redis_limit_bytes)}" if situation.redis_limit_bytes else ""
    used, evicted = size(situation.redis_memory_bytes), situation.redis_evicted or 0
    yield f"Redis              {used}{limit}, {evicted:,} evicted"


def age(seconds: float | None) -> str:
    """Format a duration as `4 s`, `12 min`, `5 h` or `3 days`; None as `-`."""
    if seconds is None:
        return "-"
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def size(number: int | None) -> str:
    """Format a number of bytes in MiB; None as `-`."""
    return "-" if number is None else f"{number / 2**20:,.0f} MiB"
