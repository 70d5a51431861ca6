"""Which records are replayed: times, durations and offsets as typed, to offsets by partition."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from holdgate.adapters.kafka.log import Bounds, KafkaLog
from holdgate.runtime.errors import OperatorError

OffsetRanges = dict[int, tuple[int, int]]
"""By partition: the first offset, and the one behind the last."""

EARLIEST = "earliest"

_DURATION = re.compile(r"(\d+)([smhd])")
_OFFSETS = re.compile(r"\d+:\d+(,\d+:\d+)*")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class NothingThereError(OperatorError):
    """A range without a record."""


def parse_duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h` or `7d`; raises `NotPossibleError` for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise OperatorError(f"{text!r} is no duration: say 90s, 30m, 2h or 7d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def resolve_ranges(log: KafkaLog, topic: str, start: str, end: str | None, now: datetime) -> OffsetRanges:
    """The offsets of a range; `start` and `end` are `earliest`, a time, or PARTITION:OFFSET,...

    Without an end, up to what stands there now. Where offsets are given, partitions not named are left out.
    Raises `NotPossibleError` for a time in the future, an offset that is not there, and an empty range.
    """
    bounds = log.bounds(topic)
    first = _starts(log, topic, start, bounds, now)
    behind = {partition: found.end for partition, found in bounds.items()}
    last = behind if end is None else _places(log, topic, end, bounds, now)
    span = {
        partition: (at, min(last[partition], behind[partition]))
        for partition, at in first.items()
        if partition in last and at < last[partition]
    }
    if not span:
        there = ", ".join(f"{partition}:{found.first}-{found.end}" for partition, found in bounds.items())
        raise NothingThereError(
            f"no record of {topic} lies in this range; by partition it has the offsets {there}"
        )
    return span


def _starts(
    log: KafkaLog, topic: str, text: str, bounds: Mapping[int, Bounds], now: datetime
) -> dict[int, int]:
    found = _places(log, topic, text, bounds, now)
    for partition, at in found.items():
        have = bounds[partition]
        if at < have.first:
            raise OperatorError(
                f"{topic}:{partition}:{at} is no longer there: the log begins at {have.first} now (retention"
                f" or compaction took the rest). Say --from {partition}:{have.first}, or earliest"
            )
        if at > have.end:
            raise OperatorError(f"{topic}:{partition} ends at {have.end}: offset {at} was not written yet")
    return found


def _places(
    log: KafkaLog, topic: str, text: str, bounds: Mapping[int, Bounds], now: datetime
) -> dict[int, int]:
    if text == EARLIEST:
        return {partition: found.first for partition, found in bounds.items()}
    if _OFFSETS.fullmatch(text):
        return _offsets(topic, text, bounds)
    moment = _moment(text)
    if moment > now:
        raise OperatorError(f"{text} lies in the future: it is {now:%Y-%m-%dT%H:%M:%SZ} now")
    return {
        partition: bounds[partition].end if at is None else at
        for partition, at in log.offsets_at(topic, moment).items()
    }


def _offsets(topic: str, text: str, bounds: Mapping[int, Bounds]) -> dict[int, int]:
    found: dict[int, int] = {}
    for word in text.split(","):
        partition, _, offset = word.partition(":")
        found[int(partition)] = int(offset)
    unknown = sorted(found.keys() - bounds.keys())
    if unknown:
        raise OperatorError(f"{topic} has no partition {unknown[0]}: it has {', '.join(map(str, bounds))}")
    return found


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError(
            f"{text!r} is neither a time (2026-11-24T02:30:00Z) nor offsets (0:1200,1:1180) nor earliest"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
