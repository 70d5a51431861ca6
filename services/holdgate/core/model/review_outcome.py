"""What people decided on a held payment, as their decision says it."""

from typing import Annotated, Literal

from msgspec import Meta

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
