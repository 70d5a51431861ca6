"""The rules of review, read from `deploy/review.toml`: due times, codes, approvals and roles.

The version is a digest of the values; comments and order do not change it.
"""

import hashlib
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from holdgate.core.model.decision import BlockedStatus, HoldReason, Rule

Queue = Literal["sanctions", "operations"]
Role = Literal["analyst", "approver", "operator", "auditor", "admin", "review"]
"""What somebody may be; `review` is the review process, which no person is."""

Code = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]{1,39}$")]
Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
ApprovalCause = Literal["score", "rule", "block_amount", "lifting_a_block"]

DAYS: tuple[Day, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

PersonAction = Literal[
    "take",
    "note",
    "escalate",
    "wait",
    "propose",
    "withdraw",
    "approve",
    "return",
    "reopen",
    "erase",
    "export",
]


class ReviewRulesError(ValueError):
    """Rules that cannot be used. The message names the member and the error."""


class Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    """When people work: days, hours in a time zone of the IANA database, and holidays by year."""

    time_zone: Annotated[str, Meta(max_length=64)] = "UTC"
    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)] = ("Mon", "Tue", "Wed", "Thu", "Fri")
    opens: time = time(8)
    closes: time = time(18)
    holidays: dict[str, tuple[date, ...]] = {}

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError(f"closes {self.closes} is not after opens {self.opens}")
        for year, days in self.holidays.items():
            for day in days:
                if year != str(day.year):
                    raise ValueError(f"holidays.{year} has {day}, a day of another year")


class DueRule(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A due time and the cases it applies to; an absent condition applies to all.

    A case is due after `business_hours`, and on the same day at `cut_off` if it was opened before that.
    """

    business_hours: Annotated[float, Meta(gt=0, le=2_000)]
    queue: Queue | None = None
    reason: HoldReason | None = None
    rail: str | None = None
    cut_off: time | None = None


class ApprovalRules(Struct, frozen=True, forbid_unknown_fields=True):
    """When a second person has to approve.

    That is from this score of the best match on, for matches by these rules, and for a BLOCK above an amount
    of its currency (above any amount in a currency without one, if any is given). Lifting a BLOCK always
    takes two.
    """

    second_from_score: Annotated[float, Meta(gt=0, le=1)] = 0.95
    second_for_rules: tuple[Rule, ...] = ("identifier", "wallet", "bic")
    second_for_block_above: dict[str, Decimal] = {}


class Codes(Struct, frozen=True, forbid_unknown_fields=True):
    """The codes that people choose from, each with its text for the pages."""

    release: dict[Code, str]
    reject: dict[Code, str]
    block: dict[Code, str]
    true_match: dict[Code, str]
    false_positive: dict[Code, str]
    other: dict[Code, str] = {}


class RoleRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Which roles may do what. No setting lifts the four eyes or lets `admin` see a payment."""

    take: tuple[Role, ...] = ("analyst", "approver", "operator")
    note: tuple[Role, ...] = ("analyst", "approver", "operator")
    escalate: tuple[Role, ...] = ("analyst", "approver", "operator")
    wait: tuple[Role, ...] = ("analyst", "approver", "operator")
    propose: tuple[Role, ...] = ("analyst", "approver")
    withdraw: tuple[Role, ...] = ("analyst", "approver")
    approve: tuple[Role, ...] = ("approver",)
    return_: tuple[Role, ...] = msgspec.field(default=("approver",), name="return")
    reopen: tuple[Role, ...] = ("approver",)
    erase: tuple[Role, ...] = ("operator",)
    export: tuple[Role, ...] = ("approver", "operator", "auditor")
    """An export writes no event: auditors may do it too."""

    def __post_init__(self) -> None:
        for action in self.__struct_fields__:
            barred = {"admin", "review"} if action == "export" else {"admin", "auditor", "review"}
            if wrong := barred & set(getattr(self, action)):
                raise ValueError(f"{action.rstrip('_')}: {min(wrong)} may not do this to a case")

    def roles_for(self, action: PersonAction) -> tuple[Role, ...]:
        """Return the roles that may do something."""
        roles: tuple[Role, ...] = getattr(self, "return_" if action == "return" else action)
        return roles


class RetentionRules(Struct, frozen=True, forbid_unknown_fields=True):
    """How long the evidence of a case is kept after it ended, and codes for which it is erased before."""

    evidence_years: Annotated[int, Meta(ge=0, le=100)] = 10
    early_codes: tuple[Code, ...] = ("COURT_ORDER",)


class ReviewRules(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All rules together. Of the due rules that apply to a case, the earliest time counts.

    Rules are in the log for ever: a member may be added with a default, and none may be removed.
    """

    codes: Codes
    due: Annotated[tuple[DueRule, ...], Meta(max_length=200)] = ()
    calendar: Calendar = Calendar()
    approvals: ApprovalRules = ApprovalRules()
    roles: RoleRules = RoleRules()
    retention: RetentionRules = RetentionRules()
    block_status: dict[str, BlockedStatus] = {}
    """The status of a blocked payment by rail; the others get BLCK."""

    @cached_property
    def version(self) -> str:
        """The first 16 hex digits of the SHA-256 of all values."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:16]


def is_review_rules(text: bytes) -> bool:
    """Return whether a TOML file is meant as rules of review rather than as a policy."""
    try:
        return "codes" in msgspec.toml.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def parse_rules(text: bytes, where: str) -> ReviewRules:
    """Return the rules of a TOML file; `where` names it. Raises `ReviewRulesError` with file and member."""
    try:
        rules = msgspec.toml.decode(text, type=ReviewRules)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReviewRulesError(f"{where}: {error}") from error
    # Not when rules are read from the log: every reader takes them, whatever its time zone database has.
    try:
        ZoneInfo(rules.calendar.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        zone = rules.calendar.time_zone
        raise ReviewRulesError(f"{where}: calendar.time_zone: no time zone is called {zone!r}") from error
    return rules
