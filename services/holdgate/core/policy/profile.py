"""The rules that one payment is judged by: those of its rail and of its type of message, as one value."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from holdgate.core.model.decision import HeldStatus
from holdgate.core.model.listed_entry import EntryType

Score = Annotated[float, Meta(gt=0, le=1)]
NonBlank = Annotated[str, Meta(min_length=1, pattern=r"\S")]


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """The name score from which a match holds: by the type of the listed entry, and `text` for a listed
    name inside free text."""

    person: Score
    entity: Score
    vessel: Score
    text: Score

    def for_kind(self, kind: EntryType) -> float:
        """The score from which a name match with such an entry holds; unknown types get the lowest."""
        match kind:
            case "person":
                return self.person
            case "entity":
                return self.entity
            case "vessel" | "aircraft":
                return self.vessel
        return min(self.person, self.entity, self.vessel)


class NotScreened(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that a rail does not screen, with the reason and the rule that says so.

    `fields` are canonical paths of the payment, each with all below it (`debtor`, `creditor.name`). Where
    `lists` names some, the fields are left out of the comparison with these lists only.
    """

    fields: Annotated[tuple[NonBlank, ...], Meta(min_length=1)]
    reason: NonBlank
    source: NonBlank
    lists: tuple[NonBlank, ...] = ()

    def covers(self, path: str, list_name: str) -> bool:
        """Whether a match of the list at the path is one that is not looked for."""
        if self.lists and list_name not in self.lists:
            return False
        return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in self.fields)


class Profile(Struct, frozen=True, kw_only=True):
    """What judges a payment. `name` is its rail's, with the message type where that has rules of its own.

    The deadline is in seconds after `submitted_at`; a list older than its hours holds every payment.
    """

    name: str
    deadline_seconds: float
    late: HeldStatus
    thresholds: Thresholds
    max_age_hours: float
    max_age_by_list: dict[str, float]
    not_screened: tuple[NotScreened, ...]

    def max_age(self, list_name: str) -> timedelta:
        """How old a list may be before every payment is held as LIST_STALE."""
        return timedelta(hours=self.max_age_by_list.get(list_name, self.max_age_hours))

    def screens(self, path: str, list_name: str) -> bool:
        """Whether a match of the list at the path counts."""
        return not any(rule.covers(path, list_name) for rule in self.not_screened)
