"""Resolve the range of a replay: times, durations and offsets as typed, to offsets by partition."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from holdgate.adapters.kafka.log import Bounds, KafkaLog
from holdgate.runtime.errors import OperatorError

OffsetRanges = dict[int, tuple[int, int]]
"""By partition: the first offset, and the offset after the last."""

EARLIEST = "earliest"

_DURATION = re.compile(r"(\d+)([smhd])")
_OFFSETS = re.compile(r"\d+:\d+(,\d+:\d+)*")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class NothingThereError(OperatorError):
    """The range contains no record."""


def parse_duration(text: str) -> timedelta:
    """Parse `90s`, `30m`, `2h` or `7d`; raise `OperatorError` for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise OperatorError(f"{text!r} is not a duration: use a form such as 90s, 30m, 2h or 7d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def resolve_ranges(log: KafkaLog, topic: str, start: str, end: str | None, now: datetime) -> OffsetRanges:
    """Return the offsets of a range; `start` and `end` are `earliest`, a time, or PARTITION:OFFSET,...

    Without an end the range extends to the current end of the topic. If offsets are given, other partitions
    are left out. Raises `OperatorError` for a time in the future, an offset that does not exist, and an empty
    range.
    """
    bounds = log.bounds(topic)
    starts = _start_offsets(log, topic, start, bounds, now)
    log_ends = {partition: bound.end for partition, bound in bounds.items()}
    ends = log_ends if end is None else _offsets_at(log, topic, end, bounds, now)
    ranges = {
        partition: (offset, min(ends[partition], log_ends[partition]))
        for partition, offset in starts.items()
        if partition in ends and offset < ends[partition]
    }
    if not ranges:
        available = ", ".join(f"{partition}:{first}-{end}" for partition, (first, end) in bounds.items())
        raise NothingThereError(f"no record of {topic} is in this range; its offsets are {available}")
    return ranges


def _start_offsets(
    log: KafkaLog, topic: str, text: str, bounds: Mapping[int, Bounds], now: datetime
) -> dict[int, int]:
    offsets = _offsets_at(log, topic, text, bounds, now)
    for partition, offset in offsets.items():
        first, end = bounds[partition]
        if offset < first:
            raise OperatorError(
                f"{topic}:{partition}:{offset} is gone by retention or compaction: the partition starts at"
                f" {first}; use --from {partition}:{first}, or earliest"
            )
        if offset > end:
            raise OperatorError(f"offset {offset} does not exist yet: {topic}:{partition} ends at {end}")
    return offsets


def _offsets_at(
    log: KafkaLog, topic: str, text: str, bounds: Mapping[int, Bounds], now: datetime
) -> dict[int, int]:
    if text == EARLIEST:
        return {partition: bound.first for partition, bound in bounds.items()}
    if _OFFSETS.fullmatch(text):
        return _parse_offsets(topic, text, bounds)
    moment = _parse_time(text)
    if moment > now:
        raise OperatorError(f"{text} is in the future: it is {now:%Y-%m-%dT%H:%M:%SZ} now")
    return {
        partition: bounds[partition].end if offset is None else offset
        for partition, offset in log.offsets_at(topic, moment).items()
    }


def _parse_offsets(topic: str, text: str, bounds: Mapping[int, Bounds]) -> dict[int, int]:
    offsets: dict[int, int] = {}
    for word in text.split(","):
        partition, _, offset = word.partition(":")
        offsets[int(partition)] = int(offset)
    unknown = sorted(offsets.keys() - bounds.keys())
    if unknown:
        raise OperatorError(
            f"{topic} has no partition {unknown[0]}: its partitions are {', '.join(map(str, bounds))}"
        )
    return offsets


def _parse_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError(
            f"{text!r} is neither a time (2026-11-24T02:30:00Z) nor offsets (0:1200,1:1180) nor earliest"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
