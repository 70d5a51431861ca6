"""The situation as one screen of text: what is wrong first."""

from collections.abc import Iterator, Sequence

from holdgate.status.problems import Problem
from holdgate.status.situation import Situation


def render_screen(seen: Situation, wrong: Sequence[Problem]) -> Iterator[str]:
    """The lines of the screen."""
    yield f"Holdgate at {seen.at:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    if not wrong:
        yield "Nothing is wrong."
    for problem in wrong:
        mark = "!!" if problem.urgency == "page" else " !"
        yield f"{mark} {problem.what}"
        yield f"     deploy/runbooks/{problem.alert}.md"
    yield ""
    yield f"Payments waiting   {seen.waiting:,}, the oldest {age(seen.oldest_seconds)}"
    behind = {partition: queue for partition, queue in seen.payments.items() if queue.records}
    for partition, queue in behind.items():
        yield f"  partition {partition:<6} {queue.records:,}, the oldest {age(queue.oldest_seconds)}"
    if seen.dead_letters is not None:
        letters = seen.dead_letters
        yield f"Dead letters       {letters.records:,}, the oldest {age(letters.oldest_seconds)}"
    yield ""
    yield f"Lists              {seen.list_version or 'none published'}"
    for one in seen.lists:
        limit = "age not judged" if one.exempt else f"limit {age(one.limit_seconds)}"
        yield f"  {one.name:<16} {one.entries:,} entries, {age(one.age_seconds)} old, {limit}"
    yield ""
    yield f"Workers            {len(seen.workers)}"
    for worker in seen.workers:
        if worker.error is not None:
            yield f"  {worker.address:<22} does not answer"
            continue
        yield (
            f"  {worker.address:<22} {worker.partitions} partitions, list {worker.list_version or 'none'},"
            f" policy {worker.policy}, engine {worker.engine}, up {age(worker.started_seconds)},"
            f" {size(worker.memory_bytes)}"
        )
    limit = f" of {size(seen.redis_limit_bytes)}" if seen.redis_limit_bytes else ""
    yield f"Redis              {size(seen.redis_memory_bytes)}{limit}, {seen.redis_evicted or 0:,} evicted"


def age(seconds: float | None) -> str:
    """A duration for reading: `4 s`, `12 min`, `5 h`, `3 days`; `-` for none."""
    if seconds is None:
        return "-"
    for unit, name in ((2 * 86_400, "days"), (2 * 3_600, "h"), (120, "min")):
        if seconds >= unit:
            return f"{seconds / {'days': 86_400, 'h': 3_600, 'min': 60}[name]:.0f} {name}"
    return f"{seconds:.0f} s"


def size(number: int | None) -> str:
    """Bytes for reading, in MiB; `-` for none."""
    return "-" if number is None else f"{number / 2**20:,.0f} MiB"
