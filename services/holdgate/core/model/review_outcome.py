"""What people decided on a held payment, as their decision says it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

ReviewReason = Literal["REVIEWED", "REJECTED", "BLOCKED"]
"""Reasons of decisions that people made on a held payment: it is released, rejected or blocked."""

Disposition = Literal["RELEASE", "REJECT", "BLOCK"]

REVIEW_REASONS: dict[Disposition, ReviewReason] = {
    "RELEASE": "REVIEWED",
    "REJECT": "REJECTED",
    "BLOCK": "BLOCKED",
}
"""The reason of a decision that people made, by what they decided."""

Verdict = Literal["true_match", "false_positive"]
"""What people found of a match."""

Pseudonym = Annotated[str, Meta(pattern="^u:[0-9a-f]{4,64}$")]
"""A person, as a keyed digest of who issued the identity and of its subject there."""


class ReviewOutcome(Struct, frozen=True):
    """Who decided on a held payment, and in which case of `review.events`.

    `event_id` is the approval that completed the disposition, `code` the reason that people chose.
    """

    case_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    event_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    disposition: Disposition
    code: str
    proposed_by: Pseudonym
    approved_by: Annotated[tuple[Pseudonym, ...], Meta(min_length=1, max_length=2)]
