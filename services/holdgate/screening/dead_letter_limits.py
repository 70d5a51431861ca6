"""Limits the dead letters of a minute: of one sender, that is broken, and of all, if the gate is broken.

Beyond its limit, a sender's unreadable records go to a topic of their own, payments.quarantined, and get no
decision until they are sent again. If most records of all senders fail, the worker stops.
"""

from collections import deque
from collections.abc import Sequence

from holdgate.core.records.kafka_record import Record

WINDOW_SECONDS = 60.0
MAX_SENDERS = 1_000
"""Senders of a minute whose dead letters are counted apart; those beyond count as unnamed."""
MAX_SENDER_CHARS = 200
"""Characters of a sender that count; a sender is an identifier of a system."""
UNNAMED = ""
"""The sender of records that name none. It is never quarantined."""


class Window:
    """A sum over the last minute. Times are seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, count: int, now: float) -> None:
        """Count events at `now`."""
        self._drop_old(now)
        if count:
            self._counts.append((now, count))
            self._total += count

    def total(self, now: float) -> int:
        """Return how many events the last minute has."""
        self._drop_old(now)
        return self._total

    def _drop_old(self, now: float) -> None:
        while self._counts and self._counts[0][0] <= now - WINDOW_SECONDS:
            self._total -= self._counts.popleft()[1]


class DeadLetterLimits:
    """Counts the records and dead letters of the last minute.

    `limit` is the maximum number of dead letters of a minute. `sender` says whose a record is: `header:NAME`,
    or `key:TEXT` for the key up to its first TEXT.
    """

    def __init__(self, limit: int, sender: str) -> None:
        self._limit = limit
        self._kind, _, self._name = sender.partition(":")
        self._records = Window()
        self._dead = Window()
        self._by_sender: dict[str, Window] = {}

    def sender_of(self, record: Record) -> str:
        """Return the sender of a record, `UNNAMED` if it names none."""
        if self._kind == "header":
            return (record.header(self._name.lower()) or UNNAMED)[:MAX_SENDER_CHARS]
        key = (record.key or b"").decode("utf-8", "replace")
        sender, mark, _ = key.partition(self._name)
        return sender[:MAX_SENDER_CHARS] if mark else UNNAMED

    def quarantine(self, unreadable: Sequence[Record], now: float) -> list[bool]:
        """Count unreadable records; return for each whether its sender has written too many dead letters."""
        return [self._is_over_limit(self.sender_of(record), now) for record in unreadable]

    def add(self, records: int, dead: int, now: float) -> None:
        """Count a batch: its records that are not quarantined, and its dead letters."""
        self._records.add(records, now)
        self._dead.add(dead, now)

    def left(self, now: float) -> int:
        """Return how many more dead letters fit in this minute; negative if the limit is exceeded."""
        return self._limit - self._dead.total(now)

    def is_gate_broken(self, now: float) -> bool:
        """Return whether there are more dead letters than the limit, and they are most of the records."""
        dead = self._dead.total(now)
        return dead > self._limit and 2 * dead > self._records.total(now)

    def _is_over_limit(self, sender: str, now: float) -> bool:
        if sender == UNNAMED:
            return False
        window = self._window(sender, now)
        if window is None:
            return False
        if window.total(now) >= self._limit:
            return True
        window.add(1, now)
        return False

    def _window(self, sender: str, now: float) -> Window | None:
        """Return the dead letters of a sender; None if too many senders are broken to tell them apart."""
        if sender not in self._by_sender:
            if len(self._by_sender) >= MAX_SENDERS:
                self._by_sender = {name: kept for name, kept in self._by_sender.items() if kept.total(now)}
            if len(self._by_sender) >= MAX_SENDERS:
                return None
            self._by_sender[sender] = Window()
        return self._by_sender[sender]
