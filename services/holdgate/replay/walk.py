"""Walk through a range, partition by partition: what was decided, and what would be decided now."""

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
    """The result of one chunk of a partition.

    `end_offset` is the offset to continue from, `passed_over` counts payments that were not wanted, and
    `gone` counts offsets without a record.
    """

    partition: int
    end_offset: int
    rows: list[Redecision]
    passed_over: int
    gone: int


def walk(
    log: KafkaLog,
    run: Run,
    start_offsets: Mapping[int, int],
    screener: Screener,
    stale: Stale = all_fresh,
    only: Wanted | None = None,
) -> Iterator[Step]:
    """Yield the steps from these offsets to the end of the run's range.

    Screened are the payments that the run's filter selects, or those that `only` selects.
    """
    is_selected = only or run.wanted
    for partition, (_, end) in sorted(run.span.items()):
        standing: StandingDecisions | None = None
        offset = start_offsets[partition]
        for chunk in log.read(run.topic, partition, offset, end):
            if standing is None and chunk.records:
                since = datetime.fromtimestamp(chunk.records[0].timestamp, UTC)
                decisions_end = run.decisions_end.get(partition, 0)
                standing = StandingDecisions(log, partition, offset, decisions_end, since)
            payments: list[ReplayedRecord] = []

            def selected(payment: ReplayedRecord, payments: list[ReplayedRecord] = payments) -> bool:
                payments.append(payment)
                return is_selected(payment)

            decisions = standing.decisions_for(chunk.records) if standing else {}
            rows = redecide(chunk.records, decisions, screener, selected, stale)
            yield Step(
                partition,
                chunk.end_offset,
                rows,
                len(payments) - len(rows),
                chunk.end_offset - offset - len(chunk.records),
            )
            offset = chunk.end_offset
