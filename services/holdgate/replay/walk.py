"""Through a range, partition by partition: what was decided, what would be decided now."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine.screener import Screener
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.replay.journal import Run
from holdgate.replay.redecide import Redecision, ReplayedRecord, Wanted, redecide
from holdgate.replay.standing_decisions import StandingDecisions


class Step(NamedTuple):
    """What a chunk of a partition gave; `upto` is the offset to go on from."""

    partition: int
    end_offset: int
    rows: list[Redecision]
    passed_over: int
    gone: int


def walk(
    log: KafkaLog,
    run: Run,
    at: Mapping[int, int],
    screener: Screener,
    stale: Stale = all_fresh,
    only: Wanted | None = None,
) -> Iterator[Step]:
    """The steps from the offsets `at` to the range's end; screened is what the run wants, or `only` that."""
    is_wanted = only or run.wanted
    for partition, (_, end) in sorted(run.span.items()):
        standing: StandingDecisions | None = None
        here = at[partition]
        for chunk in log.read(run.topic, partition, here, end):
            if standing is None and chunk.records:
                since = datetime.fromtimestamp(chunk.records[0].timestamp, UTC)
                standing = StandingDecisions(log, partition, here, run.decisions_end.get(partition, 0), since)
            met: list[ReplayedRecord] = []

            def wanted(asked: ReplayedRecord, met: list[ReplayedRecord] = met) -> bool:
                met.append(asked)
                return is_wanted(asked)

            stands = standing.decisions_for(chunk.records) if standing else {}
            rows = redecide(chunk.records, stands, screener, wanted, stale)
            yield Step(
                partition,
                chunk.end_offset,
                rows,
                len(met) - len(rows),
                chunk.end_offset - here - len(chunk.records),
            )
            here = chunk.end_offset
