"""Which dead letters were redriven or discarded by the audit, read on from where it was read to."""

from collections.abc import Mapping

import msgspec

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import DEAD_LETTER_ACTIONS, Audit
from holdgate.core.records.offset_ranges import Position, unpack_offsets
from holdgate.core.records.topics import AUDIT, DEAD_LETTERS
from holdgate.runtime.settings import Settings


class HandledLetters:
    """The handled ones of `screening.dead-letters`. What a run that died sent is not among them."""

    def __init__(self, settings: Settings) -> None:
        self._log = KafkaLog(settings)
        self._end_offsets: dict[int, int] = {}
        self._done: set[Position] = set()

    def beyond(self, starts: Mapping[int, int]) -> set[Position]:
        """Those from these offsets on; offsets only grow, so that what lies before is forgotten.

        Raises `NotPossibleError` without permission to read the audit, KafkaTimeoutError or another of
        `kafka.Fault` where it does not come.
        """
        for partition, (first, end) in self._log.bounds(AUDIT.name).items():
            start = max(first, self._end_offsets.get(partition, first))
            for chunk in self._log.read(AUDIT.name, partition, start, end):
                for record in chunk.records:
                    found = msgspec.json.decode(record.value or b"", type=Audit)
                    if _handles(found):
                        self._done |= unpack_offsets(found.what["positions"])
                self._end_offsets[partition] = chunk.end_offset
        self._done = {
            (partition, offset) for partition, offset in self._done if offset >= starts.get(partition, 0)
        }
        return self._done


def _handles(found: Audit) -> bool:
    return (
        found.state == "ended"
        and found.action in DEAD_LETTER_ACTIONS
        and found.what.get("topic") == DEAD_LETTERS.name
    )
