"""The dead letters of a topic that nobody has handled yet."""

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
    """Which dead letters are meant; without any member, all."""

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
    settings: Settings, topic: str, choice: LetterSelection = ALL_LETTERS
) -> Iterator[DeadLetter]:
    """The letters that are meant and not handled, partition by partition; raises `NotPossibleError`."""
    log = KafkaLog(settings)
    bounds = log.bounds(topic)
    done = handled_positions(log, AuditLog(settings), topic)
    left = set(choice.positions)
    if closed := sorted(left & done):
        raise OperatorError(f"dead letter {closed[0][0]}:{closed[0][1]} was sent again or given up already")
    count = 0
    for partition, (first, end) in bounds.items():
        for chunk in log.read(topic, partition, first, end):
            for record in chunk.records:
                position = (record.partition, record.offset)
                if position in done or (choice.positions and position not in left):
                    continue
                letter = dead_letter.read_dead_letter(record)
                if choice.reasons and letter.reason not in choice.reasons:
                    continue
                left.discard(position)
                if choice.most is not None and count >= choice.most:
                    return
                count += 1
                yield letter
    if left:
        missing = min(left)
        raise OperatorError(f"{topic} has no dead letter {missing[0]}:{missing[1]} of what was asked for")


def group_letters(settings: Settings, topic: str) -> list[Group]:
    """The open letters by reason, the most frequent first."""
    found: dict[tuple[Convention, str], Group] = {}
    for letter in open_letters(settings, topic):
        at = datetime.fromtimestamp(letter.record.timestamp, UTC)
        known = found.get((letter.convention, letter.reason))
        found[letter.convention, letter.reason] = Group(
            letter.reason,
            letter.convention,
            (known.letters if known else 0) + 1,
            (known.quarantined if known else 0) + letter.quarantined,
            min(at, known.oldest) if known else at,
            max(at, known.newest) if known else at,
            known.example if known else position_of(letter),
        )
    return sorted(found.values(), key=lambda group: (-group.letters, group.reason))


def position_of(letter: DeadLetter) -> str:
    """A letter's position, as it is typed."""
    return f"{letter.record.partition}:{letter.record.offset}"
