"""The policy: the rules by which a score becomes a hold, as a file that people read, change and compare.

`deploy/policy.toml` carries the values with the measurement behind each. A policy is named by its
content: comments and order do not change its version, any value does.
"""

import hashlib
from functools import cached_property
from importlib import resources
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from holdgate.core.model.decision import HeldStatus
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.model.payment import Transfer
from holdgate.core.policy.geography import Geography
from holdgate.core.policy.goods import GoodsRules
from holdgate.core.policy.profile import NotScreened, Profile, Score, Thresholds

Hours = Annotated[float, Meta(gt=0, le=24 * 366)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
ThresholdKind = Literal["person", "entity", "vessel", "text"]

SECTIONS = ("geography", "goods")
"""Sections that are files of their own beside the policy: most policies want them as they are."""

DEFAULT_RAIL = "default"
"""The rail that a payment without a rail, or with one the policy does not name, is judged by."""


class PolicyError(ValueError):
    """A policy file that cannot be used: the message names the member and what is wrong with it."""


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


class MessageRules(Struct, frozen=True, forbid_unknown_fields=True):
    """What differs from the rail's rules for one type of message; what is not said is as on the rail."""

    deadline_seconds: Seconds | None = None
    late: HeldStatus | None = None
    thresholds: dict[ThresholdKind, Score] = {}
    max_age_hours: Hours | None = None
    not_screened: tuple[NotScreened, ...] | None = None


class Rail(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a rail: the time a decision may take, the status that answers a payment held as late, and
    where it differs from the rest of the policy.

    `max_age_hours` can only make a list stale sooner than `freshness` does. `messages` are rules by message
    type, as `pacs.008`, `pacs.008.001.08` or `MT103`: of those that fit, the longest counts.
    """

    deadline_seconds: Seconds
    late: HeldStatus = "PDNG"
    thresholds: dict[ThresholdKind, Score] = {}
    max_age_hours: Hours | None = None
    not_screened: tuple[NotScreened, ...] = ()
    messages: dict[str, MessageRules] = {}


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All rules together.

    `rails` has to name `default`, which judges payments of no known rail: none may be laxer than it is for
    them, so it leaves no field out, and no rail has a lower threshold or fresher lists.
    """

    thresholds: Thresholds
    corroboration: Corroboration
    freshness: Freshness
    rails: dict[str, Rail]
    geography: Geography
    goods: GoodsRules

    def __post_init__(self) -> None:
        if DEFAULT_RAIL not in self.rails:
            raise ValueError(f"rails.{DEFAULT_RAIL} is missing: it judges payments of unknown rails")
        unknown = [
            f"rails.{profile.name}.not_screened: {field}"
            for profile in self._profiles.values()
            for rule in profile.not_screened
            for field in rule.fields
            if field.removeprefix("underlying.").partition(".")[0].partition("[")[0]
            not in Transfer.__struct_fields__
        ]
        if unknown:
            raise ValueError(f"{unknown[0]} is no member of a payment")
        for profile in self._profiles.values():
            self._check_default(profile)

    def threshold(self, kind: EntryType) -> float:
        """The score from which a name match holds where the rail says nothing else."""
        return self.thresholds.for_kind(kind)

    def profile(self, rail: str | None, message_type: str | None = None) -> Profile:
        """The rules that judge a payment of a rail and message type; those of `default` for unknown rails."""
        name = (rail or DEFAULT_RAIL).lower()
        rules = self.rails.get(name)
        if rules is None:
            name, rules = DEFAULT_RAIL, self.rails[DEFAULT_RAIL]
        if not rules.messages or message_type is None:
            return self._profiles[name, ""]
        given = message_type.lower() + "."
        fitting = (known for known in rules.messages if given.startswith(known.lower() + "."))
        return self._profiles[name, max(fitting, key=len, default="")]

    @cached_property
    def version(self) -> str:
        """The first 16 hexadecimal digits of SHA-256 over the values."""
        content = msgspec.json.encode(self, order="sorted")
        return hashlib.sha256(content).hexdigest()[:16]

    @cached_property
    def _profiles(self) -> dict[tuple[str, str], Profile]:
        """Every profile, by rail and by the message type that has rules of its own."""
        return {
            (name, message): self._resolved(name, rail, message)
            for name, rail in self.rails.items()
            for message in ("", *rail.messages)
        }

    def _resolved(self, name: str, rail: Rail, message: str) -> Profile:
        own = rail.messages.get(message, MessageRules())
        limit = min(filter(None, (rail.max_age_hours, own.max_age_hours)), default=None)
        freshness = self.freshness
        thresholds = {str(kind): score for kind, score in (rail.thresholds | own.thresholds).items()}
        return Profile(
            name=f"{name}/{message}" if message else name,
            deadline_seconds=own.deadline_seconds or rail.deadline_seconds,
            late=own.late or rail.late,
            thresholds=msgspec.structs.replace(self.thresholds, **thresholds),
            max_age_hours=_stricter(freshness.max_age_hours, limit),
            max_age_by_list={at: _stricter(hours, limit) for at, hours in freshness.by_list.items()},
            not_screened=rail.not_screened if own.not_screened is None else own.not_screened,
        )

    def _check_default(self, other: Profile) -> None:
        """Raise ValueError where a payment of no known rail would be judged less strictly than `other`."""
        default = self._profiles[DEFAULT_RAIL, ""]
        if other.name.partition("/")[0] == DEFAULT_RAIL and other.not_screened:
            raise ValueError(f"rails.{other.name}.not_screened: payments of unknown rails are screened whole")
        for kind in get_args(ThresholdKind):
            if getattr(other.thresholds, kind) < getattr(default.thresholds, kind):
                raise ValueError(
                    f"rails.{other.name}.thresholds.{kind} is lower than rails.{DEFAULT_RAIL} has it: "
                    "a payment without a rail is judged by the strictest rules"
                )
        if other.max_age_hours < default.max_age_hours:
            raise ValueError(
                f"rails.{other.name}.max_age_hours is less than rails.{DEFAULT_RAIL} has: "
                "a payment without a rail is judged by the strictest rules"
            )


def from_toml(text: bytes, name: str = "policy.toml") -> Policy:
    """Read a policy file; raises `PolicyError` naming the file and the member that is wrong.

    Of the sections of SECTIONS, those that the file has not are as delivered.
    """
    try:
        members = msgspec.toml.decode(text)
        for section in SECTIONS:
            if section not in members:
                members[section] = default_section(section)
        return msgspec.convert(members, Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name}: {error}") from error


def default_section(section: str) -> Any:
    """A section of the policy as the package carries it, in a file of its own."""
    text = resources.files("holdgate.core.policy").joinpath("data", f"{section}.toml").read_bytes()
    return msgspec.toml.decode(text)[section]


def _stricter(hours: float, limit: float | None) -> float:
    return hours if limit is None else min(hours, limit)
