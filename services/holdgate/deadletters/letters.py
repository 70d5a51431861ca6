"""The open dead letters of a topic: those not redriven or discarded yet."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records import dead_letter
from holdgate.core.records.dead_letter import Convention, DeadLetter
from holdgate.core.records.offset_ranges import Position
from holdgate.deadletters.handled import handled_positions
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class LetterSelection(Struct, frozen=True):
    """Selects dead letters by reason code or position, at most `most` of them; without any member, all."""

    reasons: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    most: int | None = None


class Group(Struct, frozen=True):
    """The open dead letters of one reason."""

    reason: str
    convention: Convention
    letters: int
    quarantined: int
    oldest: datetime
    newest: datetime
    example: str


ALL_LETTERS = LetterSelection()


def open_letters(
    settings: Settings, topic: str, selection: LetterSelection = ALL_LETTERS
) -> Iterator[DeadLetter]:
    """Yield the selected open letters, partition by partition.

    Raises `OperatorError` if a selected position is handled already or has no dead letter.
    """
    log = KafkaLog(settings)
    bounds = log.bounds(topic)
    handled = handled_positions(log, AuditLog(settings), topic)
    pending = set(selection.positions)
    if closed := sorted(pending & handled):
        raise OperatorError(f"dead letter {closed[0][0]}:{closed[0][1]} was already redriven or discarded")
    count = 0
    for partition, (first, end) in bounds.items():
        for chunk in log.read(topic, partition, first, end):
            for record in chunk.records:
                position = (record.partition, record.offset)
                if position in handled or (selection.positions and position not in pending):
                    continue
                letter = dead_letter.read_dead_letter(record)
                if selection.reasons and letter.reason not in selection.reasons:
                    continue
                pending.discard(position)
                if selection.most is not None and count >= selection.most:
                    return
                count += 1
                yield letter
    if pending:
        partition, offset = min(pending)
        raise OperatorError(f"{topic} has no dead letter {partition}:{offset} with this selection")


def group_letters(settings: Settings, topic: str) -> list[Group]:
    """Return the open letters grouped by reason, the most frequent first."""
    groups: dict[tuple[Convention, str], Group] = {}
    for letter in open_letters(settings, topic):
        written_at = datetime.fromtimestamp(letter.record.timestamp, UTC)
        group = groups.get((letter.convention, letter.reason))
        groups[letter.convention, letter.reason] = Group(
            letter.reason,
            letter.convention,
            (group.letters if group else 0) + 1,
            (group.quarantined if group else 0) + letter.quarantined,
            min(written_at, group.oldest) if group else written_at,
            max(written_at, group.newest) if group else written_at,
            group.example if group else position_of(letter),
        )
    return sorted(groups.values(), key=lambda group: (-group.letters, group.reason))


def position_of(letter: DeadLetter) -> str:
    """Return a letter's position as an operator types it: PARTITION:OFFSET."""
    return f"{letter.record.partition}:{letter.record.offset}"
