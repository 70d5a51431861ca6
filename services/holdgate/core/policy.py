"""The policy: the rules by which a score becomes a hold, as a file that people read, change and compare.

`deploy/policy.toml` carries the values with the measurement behind each. A policy is named by its
content: comments and order do not change its version, any value does.
"""

import hashlib
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from holdgate.core.decision import HeldStatus
from holdgate.core.entry import EntryType

Score = Annotated[float, Meta(gt=0, le=1)]
Hours = Annotated[float, Meta(gt=0, le=24 * 366)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]

DEFAULT_RAIL = "default"
"""The rail that a payment without a rail, or with one the policy does not name, is judged by."""


class PolicyError(ValueError):
    """A policy file that cannot be used: the message names the member and what is wrong with it."""


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """The name score from which a match holds: by the type of the listed entry, and `text` for a listed
    name inside free text."""

    person: Score
    entity: Score
    vessel: Score
    text: Score


class Corroboration(Struct, frozen=True, forbid_unknown_fields=True):
    """What facts beside the name do to a name's score.

    One that agrees takes a share of the doubt away (`score + share * (1 - score)`), one that conflicts a
    share of the score. From the name score `strong` on a conflict is told and clears nothing.
    """

    birth_date_agrees: Annotated[float, Meta(ge=0, lt=1)]
    birth_date_conflicts: Annotated[float, Meta(gt=-1, le=0)]
    country_agrees: Annotated[float, Meta(ge=0, lt=1)]
    country_conflicts: Annotated[float, Meta(gt=-1, le=0)]
    strong: Score


class Freshness(Struct, frozen=True, forbid_unknown_fields=True):
    """How old a list may be. `exempt` names editions (samples) whose age is not judged."""

    max_age_hours: Hours
    by_list: dict[str, Hours] = {}
    exempt: tuple[str, ...] = ()


class Rail(Struct, frozen=True, forbid_unknown_fields=True):
    """The time a decision may take on a rail, and the status that answers a payment held as late."""

    deadline_seconds: Seconds
    late: HeldStatus = "PDNG"


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """All rules together. `rails` has to name `default`."""

    thresholds: Thresholds
    corroboration: Corroboration
    freshness: Freshness
    rails: dict[str, Rail]

    def __post_init__(self) -> None:
        if DEFAULT_RAIL not in self.rails:
            raise ValueError(f"rails.{DEFAULT_RAIL} is missing: it judges payments of unknown rails")

    def threshold(self, kind: EntryType) -> float:
        """The score from which a name match with such an entry holds; unknown types get the lowest."""
        match kind:
            case "person":
                return self.thresholds.person
            case "entity":
                return self.thresholds.entity
            case "vessel" | "aircraft":
                return self.thresholds.vessel
        return min(self.thresholds.person, self.thresholds.entity, self.thresholds.vessel)

    def rail(self, name: str | None) -> Rail:
        """The rules of a rail."""
        return self.rails.get((name or DEFAULT_RAIL).lower()) or self.rails[DEFAULT_RAIL]

    def max_age(self, list_name: str) -> timedelta:
        """How old a list may be before everything is held as LIST_STALE."""
        return timedelta(hours=self.freshness.by_list.get(list_name, self.freshness.max_age_hours))

    @property
    def version(self) -> str:
        """The first 16 hexadecimal digits of SHA-256 over the values."""
        content = msgspec.json.encode(self, order="sorted")
        return hashlib.sha256(content).hexdigest()[:16]


def from_toml(text: bytes, name: str = "policy.toml") -> Policy:
    """Read a policy file; raises `PolicyError` naming the file and the member that is wrong."""
    try:
        return msgspec.toml.decode(text, type=Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name}: {error}") from error
