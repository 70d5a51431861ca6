"""The policy: the rules that turn a score into a hold, read from a TOML file.

`deploy/policy.toml` has the values with the measurement behind each. The version of a policy is a digest of
its values; comments and order do not change it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import resources
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from holdgate.core.model.decision import HeldStatus, LiftableReason, NotScreenedCode
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.model.payment import Transfer
from holdgate.core.policy.geography import Geography
from holdgate.core.policy.goods import GoodsRules
from holdgate.core.policy.list_changes import ListChanges
from holdgate.core.policy.profile import BirthDates, NotScreened, Profile, Score, Thresholds

Hours = Annotated[float, Meta(gt=0, le=24 * 366)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
ThresholdKind = Literal["person", "entity", "vessel", "text"]

SECTIONS = ("geography", "goods")
"""Sections with files of their own. A policy without one gets the file beside it or the delivered one."""

DEFAULT_RAIL = "default"
"""The rail that judges payments without a rail, or with one that the policy does not name."""


class PolicyError(ValueError):
    """A policy file that cannot be used. The message names the member and the error."""


class Corroboration(Struct, frozen=True, forbid_unknown_fields=True):
    """How facts beside the name change a name's score.

    An agreeing fact removes a share of the doubt (`score + share * (1 - score)`), a conflicting one a share
    of the score. A conflict ranks a match lower and clears nothing, unless the rail's birth dates are
    verified and the name scores below `strong`.
    """

    birth_date_agrees: Annotated[float, Meta(ge=0, lt=1)]
    birth_date_conflicts: Annotated[float, Meta(gt=-1, le=0)]
    country_agrees: Annotated[float, Meta(ge=0, lt=1)]
    country_conflicts: Annotated[float, Meta(gt=-1, le=0)]
    strong: Score


NameRule = Literal["score", "whole", "confirmed"]
"""When a common name holds: from its score like any other; if it is also a whole listed name, spelt alike; or
only if a birth date agrees. One that agrees holds under every rule."""


class CommonNameRules(Struct, frozen=True, forbid_unknown_fields=True):
    """When names that many people bear hold: names of a single word, and of common words (Ahmed Hassan).

    Words are common together if more than `per_million` people in a million are estimated to bear them.
    """

    single_word: NameRule = "whole"
    common_words: NameRule = "whole"
    per_million: Annotated[float, Meta(gt=0)] = 120.0


class Freshness(Struct, frozen=True, forbid_unknown_fields=True):
    """The maximum age of lists. `exempt` has the labels of editions (samples) whose age is not judged."""

    max_age_hours: Hours
    by_list: dict[str, Hours] = {}
    exempt: tuple[str, ...] = ()


class Rescreen(Struct, frozen=True, forbid_unknown_fields=True):
    """What rescreening may do. `lifts` has the reasons whose holds it may turn into releases.

    Such holds were never about the payment. A hold for any other reason is lifted by people alone.
    """

    lifts: tuple[LiftableReason, ...] = ("LIST_STALE", "LIST_UNAVAILABLE")


class MessageRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Overrides of a rail's rules for one type of message; absent members keep the rail's rule."""

    deadline_seconds: Seconds | None = None
    late: HeldStatus | None = None
    thresholds: dict[ThresholdKind, Score] = {}
    max_age_hours: Hours | None = None
    not_screened: tuple[NotScreened, ...] | None = None
    note_only: tuple[NotScreenedCode, ...] | None = None
    birth_dates: BirthDates | None = None


class Rail(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a rail: its deadline, the status of a late payment, and overrides of the policy.

    `max_age_hours` can only make a list stale sooner than `freshness` does. `note_only` has codes of notes
    that are only reported. Where `birth_dates` are `verified`, one that conflicts clears a name. `messages`
    has rules by message type (`pacs.008`, `pacs.008.001.08`, `MT103`); the longest matching one applies.
    """

    deadline_seconds: Seconds
    late: HeldStatus = "PDNG"
    thresholds: dict[ThresholdKind, Score] = {}
    max_age_hours: Hours | None = None
    not_screened: tuple[NotScreened, ...] = ()
    note_only: tuple[NotScreenedCode, ...] = ()
    birth_dates: BirthDates = "hint"
    messages: dict[str, MessageRules] = {}


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All rules together.

    `rails` must have `default`, which judges payments without a known rail. It must be the strictest: it
    leaves no field out, holds what could not be compared, takes birth dates as hints, and no other rail has a
    lower threshold or fresher lists.
    """

    thresholds: Thresholds
    corroboration: Corroboration
    freshness: Freshness
    rails: dict[str, Rail]
    geography: Geography
    goods: GoodsRules
    rescreen: Rescreen = Rescreen()
    list_changes: ListChanges = ListChanges()
    common_names: CommonNameRules = CommonNameRules()

    def __post_init__(self) -> None:
        if DEFAULT_RAIL not in self.rails:
            raise ValueError(f"rails.{DEFAULT_RAIL} is missing: add it, it judges payments of unknown rails")
        unknown = [
            f"rails.{profile.name}.not_screened: {field}"
            for profile in self._profiles.values()
            for rule in profile.not_screened
            for field in rule.fields
            if field.removeprefix("underlying.").partition(".")[0].partition("[")[0]
            not in Transfer.__struct_fields__
        ]
        if unknown:
            raise ValueError(f"{unknown[0]} is not a member of a payment")
        for profile in self._profiles.values():
            self._check_default(profile)

    def threshold(self, kind: EntryType) -> float:
        """Return the score from which a name match holds, unless the rail overrides it."""
        return self.thresholds.for_kind(kind)

    def profile(self, rail: str | None, message_type: str | None = None) -> Profile:
        """Return the rules for payments of a rail and message type; unknown rails get those of `default`."""
        name = (rail or DEFAULT_RAIL).lower()
        rules = self.rails.get(name)
        if rules is None:
            name, rules = DEFAULT_RAIL, self.rails[DEFAULT_RAIL]
        if not rules.messages or message_type is None:
            return self._profiles[name, ""]
        dotted = message_type.lower() + "."
        matching = (known for known in rules.messages if dotted.startswith(known.lower() + "."))
        return self._profiles[name, max(matching, key=len, default="")]

    def profiles(self) -> Iterable[Profile]:
        """Return the rules of every rail and type of message."""
        return self._profiles.values()

    @cached_property
    def version(self) -> str:
        """The first 16 hex digits of the SHA-256 of all values, those of delivered sections included."""
        content = msgspec.json.encode(self, order="sorted")
        return hashlib.sha256(content).hexdigest()[:16]

    @cached_property
    def _profiles(self) -> dict[tuple[str, str], Profile]:
        """The profiles by rail and message type; the empty message type has the rail's own rules."""
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
            max_age_by_list={name: _stricter(hours, limit) for name, hours in freshness.by_list.items()},
            not_screened=rail.not_screened if own.not_screened is None else own.not_screened,
            note_only=rail.note_only if own.note_only is None else own.note_only,
            birth_dates=own.birth_dates or rail.birth_dates,
        )

    def _check_default(self, other: Profile) -> None:
        """Raise ValueError if payments without a known rail would be judged less strictly than `other`."""
        default = self._profiles[DEFAULT_RAIL, ""]
        if other.name.partition("/")[0] == DEFAULT_RAIL:
            for member in ("not_screened", "note_only"):
                if getattr(other, member):
                    raise ValueError(
                        f"rails.{other.name}.{member}: payments of unknown rails are screened in full"
                    )
            if other.birth_dates == "verified":
                raise ValueError(
                    f"rails.{other.name}.birth_dates: nobody verifies those of payments of unknown rails"
                )
        for kind in get_args(ThresholdKind):
            if getattr(other.thresholds, kind) < getattr(default.thresholds, kind):
                raise ValueError(
                    f"rails.{other.name}.thresholds.{kind} is lower than that of rails.{DEFAULT_RAIL}: "
                    "a payment without a rail is judged by the strictest rules"
                )
        if other.max_age_hours < default.max_age_hours:
            raise ValueError(
                f"rails.{other.name}.max_age_hours is less than that of rails.{DEFAULT_RAIL}: "
                "a payment without a rail is judged by the strictest rules"
            )


def from_toml(text: bytes, name: str = "policy.toml", beside: Mapping[str, bytes] | None = None) -> Policy:
    """Read a policy file; a section of SECTIONS that it lacks is the one beside it, else the delivered one.

    `beside` has the files of sections in the policy's folder. Raise `PolicyError`, which names the file and
    the member, if the policy is invalid, or if a section is in both files and differs.
    """
    found = {section: _section(section, content, name) for section, content in (beside or {}).items()}
    try:
        members = msgspec.toml.decode(text)
        for section in SECTIONS:
            delivered = default_section(section)
            other = found.get(section, delivered)
            if members.setdefault(section, other) != other and other != delivered:
                raise PolicyError(
                    f"{name}: [{section}] is in this file and, differently, in {section}.toml beside it;"
                    " remove one of them"
                )
        return msgspec.convert(members, Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name}: {error}") from error


def _section(section: str, content: bytes, policy: str) -> Any:
    """Return a section from its own file, which has nothing else; raise `PolicyError`."""
    file = f"{section}.toml beside {policy}"
    try:
        members = msgspec.toml.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{file}: {error}") from error
    if set(members) != {section}:
        raise PolicyError(f"{file} must have the section [{section}] and nothing else; rename or remove it")
    return members[section]


def default_section(section: str) -> Any:
    """Return a section of the policy as delivered with the package."""
    text = resources.files("holdgate.core.policy").joinpath("data", f"{section}.toml").read_bytes()
    return msgspec.toml.decode(text)[section]


def _stricter(hours: float, limit: float | None) -> float:
    return hours if limit is None else min(hours, limit)
