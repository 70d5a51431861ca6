"""The facts of a case: what the event `opened` says of a held payment, without names."""

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision, Match
from holdgate.core.review.due_times import due_time
from holdgate.core.review.event_contents import CaseFacts, LogPosition, MatchFacts
from holdgate.core.review.permissions import queue_for
from holdgate.core.review.review_rules import ReviewRules

UNKNOWN_MEDIA_TYPE = "application/octet-stream"
"""Media type of evidence whose record named none: the content says what it is."""

_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,10})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_RAIL = 64


def read_payment(
    value: bytes, payment_id: str, content_hash: str, content_type: str | None, rail: str | None
) -> Received | None:
    """Return the payment of a record's value that a decision is about; None if none of its payments is.

    The hash says whether it was read as it was decided. The key of the record is not needed: where an id came
    from the key, the payment_id is the key.
    """
    media_type = None if content_type == UNKNOWN_MEDIA_TYPE else content_type
    try:
        payments = intake.read(value, payment_id.encode("utf-8", "replace"), media_type, rail)
    except InvalidEventError:
        return None
    wanted = (payment_id, content_hash)
    return next(
        (found for found in payments if (found.payment.payment_id, found.content_hash) == wanted), None
    )


def match_facts(matches: Sequence[Match]) -> tuple[MatchFacts, ...]:
    """Return what an event says of the matches of a decision, in their order."""
    return tuple(MatchFacts(match.entry_id, match.rule, match.score) for match in matches)


def describe_hold(
    decision: Decision,
    at: LogPosition,
    received: Received | None,
    evidence: tuple[str, LogPosition],
    payment: tuple[str, LogPosition] | None,
    opened_at: datetime,
    rules: ReviewRules,
) -> CaseFacts:
    """Return the facts of a case about a HOLD, which was written at the position `at`.

    `received` is the payment if it can be read. `evidence` and `payment` are the digests of the decision and
    of the payment's record, and where they are in `review.evidence`. Raises ValueError if the decision is no
    HOLD.
    """
    if decision.decision != "HOLD" or decision.next_status not in ("PDNG", "RJCT"):
        raise ValueError(f"decision {decision.decision_id} is a {decision.decision}, not a HOLD")
    transfer = None if received is None else received.payment
    amount = "" if transfer is None else transfer.amount or ""
    currency = "" if transfer is None else transfer.currency or ""
    rail = "" if transfer is None else transfer.rail or ""
    facts = CaseFacts(
        decision_id=decision.decision_id,
        payment_id=decision.payment_id,
        content_hash=decision.content_hash,
        reason=decision.reason,  # type: ignore[arg-type]  # a HOLD has no other reasons
        status=decision.next_status,
        decision=evidence[0],
        decision_at=evidence[1],
        payment=None if payment is None else payment[0],
        payment_at=None if payment is None else payment[1],
        partition=at.partition,
        offset=at.offset,
        matches=match_facts(decision.matches),
        amount=amount if _AMOUNT.fullmatch(amount) else None,
        currency=currency if _CURRENCY.fullmatch(currency) else None,
        rail=rail if 0 < len(rail) <= _MAX_RAIL else None,
        queue=queue_for(decision.reason),  # type: ignore[arg-type]
        look_back=decision.next_status == "RJCT",
    )
    return replace(facts, due=due_time(facts, opened_at, rules))
