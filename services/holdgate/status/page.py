"""Render the situation as one screen of text, problems first."""

from collections.abc import Iterator, Sequence

from holdgate.runtime.durations import in_words
from holdgate.runtime.terminal_text import escape_text
from holdgate.status.problems import Problem, worker_name
from holdgate.status.situation import Situation

NOT_KNOWN = "unknown"


def render_screen(situation: Situation, problems: Sequence[Problem]) -> Iterator[str]:
    """Yield the lines of the screen, without control characters."""
    return map(escape_text, _lines(situation, problems))


def _lines(situation: Situation, problems: Sequence[Problem]) -> Iterator[str]:
    yield f"Holdgate at {situation.at:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    if not problems:
        yield "Nothing is wrong."
    for problem in problems:
        mark = "!!" if problem.urgency == "page" else " !"
        yield f"{mark} {problem.what}"
        yield f"     deploy/runbooks/{problem.alert}.md"
    yield ""
    yield f"Payments waiting   {_queue(situation.waiting, situation.oldest_seconds)}"
    for partition, queue in (situation.payments or {}).items():
        if queue.records:
            yield f"  partition {partition:<6} {_queue(queue.records, queue.oldest_seconds)}"
    letters = situation.dead_letters
    yield f"Dead letters       {_queue(letters.records, letters.oldest_seconds) if letters else NOT_KNOWN}"
    yield ""
    yield f"Lists              {NOT_KNOWN if situation.redis else situation.list_version or 'none published'}"
    for entry in situation.lists or ():
        limit = "age not judged" if entry.exempt else f"limit {age(entry.limit_seconds)}"
        yield f"  {entry.name:<16} {entry.entries:,} entries, {age(entry.age_seconds)} old, {limit}"
    yield ""
    yield f"Workers            {NOT_KNOWN if situation.workers is None else len(situation.workers)}"
    for worker in situation.workers or ():
        if worker.error is not None:
            yield f"  {worker_name(worker)} does not answer"
            continue
        yield (
            f"  {worker_name(worker)}: list {worker.list_version or 'none'}, policy {worker.policy},"
            f" engine {worker.engine}, up {age(worker.started_seconds)}, {size(worker.memory_bytes)}"
        )
    yield f"Redis              {_redis(situation)}"


def _queue(records: int | None, oldest_seconds: float | None) -> str:
    if records is None:
        return NOT_KNOWN
    return f"{records:,}, the oldest {age(oldest_seconds)}" if records else "none"


def _redis(situation: Situation) -> str:
    if situation.redis is not None:
        return NOT_KNOWN
    limit = f" of {size(situation.redis_limit_bytes)}" if situation.redis_limit_bytes else ""
    return f"{size(situation.redis_memory_bytes)}{limit}, {situation.redis_evicted or 0:,} keys evicted"


def age(seconds: float | None) -> str:
    """Return a duration in words, `unknown` for None."""
    return NOT_KNOWN if seconds is None else in_words(seconds)


def size(number: int | None) -> str:
    """Return a number of bytes in MiB, `unknown` for None."""
    return NOT_KNOWN if number is None else f"{number / 2**20:,.0f} MiB"
