"""Which dead letters the audit says were redriven or discarded, read incrementally."""

from collections.abc import Mapping

import msgspec

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import DEAD_LETTER_ACTIONS, Audit
from holdgate.core.records.offset_ranges import Position, unpack_offsets
from holdgate.core.records.topics import AUDIT, DEAD_LETTERS
from holdgate.runtime.settings import Settings


class HandledLetters:
    """The handled records of `screening.dead-letters`, without those that an interrupted run sent."""

    def __init__(self, settings: Settings) -> None:
        self._log = KafkaLog(settings)
        self._end_offsets: dict[int, int] = {}
        self._handled: set[Position] = set()

    def beyond(self, starts: Mapping[int, int]) -> set[Position]:
        """Return the handled positions at or after these offsets.

        Offsets only grow, so earlier positions are dropped. Raises `OperatorError` without permission to read
        the audit, and one of `KafkaFault` if the broker does not answer.
        """
        for partition, (first, end) in self._log.bounds(AUDIT.name).items():
            start = max(first, self._end_offsets.get(partition, first))
            for chunk in self._log.read(AUDIT.name, partition, start, end):
                for record in chunk.records:
                    audit = msgspec.json.decode(record.value or b"", type=Audit)
                    if _handles_letters(audit):
                        self._handled |= unpack_offsets(audit.what["positions"])
                self._end_offsets[partition] = chunk.end_offset
        self._handled = {
            (partition, offset) for partition, offset in self._handled if offset >= starts.get(partition, 0)
        }
        return self._handled


def _handles_letters(audit: Audit) -> bool:
    return (
        audit.state == "ended"
        and audit.action in DEAD_LETTER_ACTIONS
        and audit.what.get("topic") == DEAD_LETTERS.name
    )
