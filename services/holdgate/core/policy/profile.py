"""Profile: the resolved rules of one rail and message type, by which a payment is judged."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from holdgate.core.model.decision import NOT_SCREENED_CODES, HeldStatus, Note, NotScreenedCode
from holdgate.core.model.listed_entry import EntryType

Score = Annotated[float, Meta(gt=0, le=1)]
BirthDates = Literal["hint", "verified"]
"""What a birth date in a payment is: what the sender says, or what the rail's participants have verified."""
NonBlank = Annotated[str, Meta(min_length=1, pattern=r"\S")]


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """Name scores from which a match holds, by the type of the listed entry; `text` is for names in texts."""

    person: Score
    entity: Score
    vessel: Score
    text: Score

    def for_kind(self, kind: EntryType) -> float:
        """Return the score from which a match with such an entry holds; unknown types get the lowest."""
        match kind:
            case "person":
                return self.person
            case "entity":
                return self.entity
            case "vessel" | "aircraft":
                return self.vessel
        return min(self.person, self.entity, self.vessel)


class NotScreened(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that a rail does not screen, with the reason and the legal source.

    `fields` are canonical paths of the payment, each including everything below it (`debtor`,
    `creditor.name`). If `lists` is not empty, the fields are only excluded from these lists.
    """

    fields: Annotated[tuple[NonBlank, ...], Meta(min_length=1)]
    reason: NonBlank
    source: NonBlank
    lists: tuple[NonBlank, ...] = ()

    def covers(self, path: str, list_name: str) -> bool:
        """Return whether matches of this list at this path are excluded."""
        if self.lists and list_name not in self.lists:
            return False
        return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in self.fields)


class Profile(Struct, frozen=True, kw_only=True):
    """The rules for a payment. `name` is the rail, followed by the message type if that has its own rules.

    The deadline is in seconds after `submitted_at`. A list older than its maximum age holds every payment.
    """

    name: str
    deadline_seconds: float
    late: HeldStatus
    thresholds: Thresholds
    max_age_hours: float
    max_age_by_list: dict[str, float]
    not_screened: tuple[NotScreened, ...]
    note_only: tuple[NotScreenedCode, ...]
    birth_dates: BirthDates

    def max_age(self, list_name: str) -> timedelta:
        """Return the age beyond which the list holds every payment as LIST_STALE."""
        return timedelta(hours=self.max_age_by_list.get(list_name, self.max_age_hours))

    def screens(self, path: str, list_name: str) -> bool:
        """Return whether matches of this list at this path count."""
        return not any(rule.covers(path, list_name) for rule in self.not_screened)

    def holds(self, note: Note, lists: Iterable[str]) -> bool:
        """Return whether a note holds a payment that is screened against these lists.

        It does not if the rail only reports notes of its code, or screens its field against none of them.
        """
        if note.code not in NOT_SCREENED_CODES or note.code in self.note_only:
            return False
        return not self.not_screened or any(self.screens(note.field, list_name) for list_name in lists)
