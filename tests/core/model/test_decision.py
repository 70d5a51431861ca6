"""Only NO_MATCH releases, and the bytes of a decision depend on nothing but its inputs and versions."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest

from deploy.local.daemon import ROOT
from holdgate.core.model import decision as contract
from holdgate.core.model.decision import (
    Decision,
    HoldReason,
    Match,
    Outcome,
    Reason,
    ReviewOutcome,
    ScreeningReason,
    Status,
    Versions,
    decide,
)

VERSIONS = Versions("lists-1", "policy-1", "engine-1")
HASH = "9f" * 32
BEFORE_REVIEW = (ROOT / "tests" / "cases" / "decisions_before_review.jsonl").read_bytes().splitlines()


def _decide(reason: ScreeningReason, status: Status, **more: Any) -> Decision:
    return decide(
        payment_id="P-1", content_hash=HASH, versions=VERSIONS, reason=reason, status=status, **more
    )


def test_the_reasons_are_those_of_the_contract() -> None:
    assert set(get_args(Reason)) == {"NO_MATCH", "REVIEWED", "REJECTED", "BLOCKED"} | {
        "LIST_MATCH", "GEOGRAPHY", "GOODS", "NOT_SCREENED", "CONTENT_CHANGED", "DEADLINE_EXCEEDED",
        "LIST_STALE", "LIST_UNAVAILABLE", "INVALID_EVENT", "INTERNAL_ERROR",
    }  # fmt: skip


@pytest.mark.parametrize("reason", get_args(HoldReason))
@pytest.mark.parametrize("status", ["PDNG", "RJCT"])
def test_every_reason_but_no_match_holds(reason: HoldReason, status: Status) -> None:
    """There is no path from an error, a timeout or a missing list to RELEASE."""
    assert _decide(reason, status).decision == "HOLD"


def test_no_match_releases() -> None:
    assert _decide("NO_MATCH", "ACCP").decision == "RELEASE"


@pytest.mark.parametrize(
    ("outcome", "reason", "status"),
    [
        (outcome, reason, status)
        for outcome, reason, status in itertools.product(
            get_args(Outcome), get_args(Reason), get_args(Status)
        )
        if reason in ("REVIEWED", "REJECTED", "BLOCKED")  # without a review
        or not (outcome == "RELEASE") == (reason == "NO_MATCH") == (status == "ACCP")
        or (outcome == "HOLD") != (reason in get_args(HoldReason))
        or (outcome == "HOLD" and status not in ("PDNG", "RJCT"))
    ],
)
def test_a_contradictory_decision_can_be_neither_built_nor_read(
    outcome: Outcome, reason: Reason, status: Status
) -> None:
    """Code that bypasses `decide`, or parses a decision, cannot release with the reason of a hold."""
    good = _decide("NO_MATCH", "ACCP")
    with pytest.raises(ValueError, match=reason):
        msgspec.structs.replace(good, decision=outcome, reason=reason, next_status=status)
    members = msgspec.to_builtins(good) | {"decision": outcome, "reason": reason, "next_status": status}
    with pytest.raises(msgspec.ValidationError, match=reason):
        contract.from_json(msgspec.json.encode(members))


REVIEW = ReviewOutcome(
    case_id="ca" * 16,
    event_id="e1" * 16,
    held_for="LIST_MATCH",
    disposition="RELEASE",
    code="FALSE_POSITIVE",
    proposed_by="u:a1a1",
    approved_by=("u:b2b2",),
)


def _reviewed(**changes: Any) -> Decision:
    members: dict[str, Any] = {
        "decision_id": "0" * 32,
        "follows": "1" * 32,
        "payment_id": "P-1",
        "decision": "RELEASE",
        "reason": "REVIEWED",
        "next_status": "ACCP",
        "matches": (),
        "list_version": "l",
        "policy_version": "p",
        "engine_version": "e",
        "content_hash": HASH,
        "review": REVIEW,
    }
    return Decision(**members | changes)


MATCH = Match("creditor.name", "A B", "ofac:1", "A B", "A B", "ofac", (), "name", 0.9, ())


def _by(**changes: Any) -> ReviewOutcome:
    return msgspec.structs.replace(REVIEW, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"matches": (msgspec.structs.replace(MATCH, verdict="false_positive"),)},
        {
            "decision": "REJECT",
            "reason": "REJECTED",
            "next_status": "RJCT",
            "review": _by(disposition="REJECT"),
        },
        *(
            {
                "decision": "BLOCK",
                "reason": "BLOCKED",
                "next_status": status,
                "review": _by(disposition="BLOCK"),
                "matches": (msgspec.structs.replace(MATCH, verdict="true_match"), MATCH),
            }
            for status in ("BLCK", "PDNG", "RJCT")
        ),
    ],
)
def test_a_decision_of_people_is_written_and_read(changes: dict[str, Any]) -> None:
    reviewed = _reviewed(**changes)
    assert contract.from_json(contract.to_json(reviewed)) == reviewed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"review": None}, "REVIEWED without a review"),
        ({"reason": "NO_MATCH"}, "NO_MATCH with a review"),
        ({"follows": None}, "REVIEWED follows no decision"),
        ({"review": _by(disposition="BLOCK")}, "RELEASE by a review for BLOCK"),
        ({"review": _by(approved_by=("u:a1a1",))}, "by the same person"),
        ({"review": _by(approved_by=("u:b2b2", "u:b2b2"))}, "by the same person"),
        ({"matches": (MATCH,)}, "not judged a false positive"),
        ({"matches": (msgspec.structs.replace(MATCH, verdict="true_match"),)}, "not judged a false positive"),
        ({"next_status": "PDNG"}, "RELEASE for REVIEWED with status PDNG"),
        (
            {
                "decision": "BLOCK",
                "reason": "BLOCKED",
                "next_status": "BLCK",
                "review": _by(disposition="BLOCK"),
                "matches": (msgspec.structs.replace(MATCH, verdict="false_positive"),),
            },
            "BLOCKED without a match that was judged true",
        ),
        (
            {
                "decision": "HOLD",
                "reason": "LIST_MATCH",
                "next_status": "PDNG",
                "review": None,
                "matches": (msgspec.structs.replace(MATCH, verdict="true_match"),),
            },
            "LIST_MATCH with a verdict, but without a review",
        ),
    ],
)
def test_a_contradictory_decision_of_people_can_be_neither_written_nor_read(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _reviewed(**changes)
    members = msgspec.to_builtins(_reviewed()) | msgspec.to_builtins(changes)
    present = {name: value for name, value in members.items() if value is not None}
    with pytest.raises(msgspec.ValidationError, match=message):
        contract.from_json(msgspec.json.encode(present))


def test_the_same_hold_has_other_ids_when_people_and_when_screening_decides() -> None:
    follows = "1" * 32
    by_screening = contract.decision_id("P-1", HASH, VERSIONS, follows)
    by_people = contract.decision_id("P-1", HASH, VERSIONS, follows, "e1" * 16)
    assert by_screening != by_people != contract.decision_id("P-1", HASH, VERSIONS, follows, "e2" * 16)


def test_members_are_in_contract_order_and_absent_ones_are_omitted() -> None:
    full = _decide("LIST_STALE", "PDNG", uetr="u", detail="d", deadline=datetime(2026, 1, 1, tzinfo=UTC))
    order = [
        "decision_id", "payment_id", "uetr", "decision", "reason", "detail", "next_status", "matches",
        "list_version", "policy_version", "engine_version", "content_hash", "deadline",
    ]  # fmt: skip
    assert list(json.loads(contract.to_json(full))) == order
    least = json.loads(contract.to_json(_decide("NO_MATCH", "ACCP")))
    assert list(least) == [name for name in order if name not in ("uetr", "detail", "deadline")]
    assert None not in least.values()


def test_the_id_depends_on_payment_content_and_versions_only() -> None:
    """Each of the five changes it. The outcome does not: two programs agree on the id in advance."""
    given = ["P-1", HASH, "lists-1", "policy-1", "engine-1"]

    def named(parts: list[str]) -> str:
        return contract.decision_id(parts[0], parts[1], Versions(*parts[2:]))

    ids = {named([*given[:at], given[at] + "x", *given[at + 1 :]]) for at in range(5)} | {named(given)}
    assert len(ids) == 6
    assert (
        _decide("NO_MATCH", "ACCP").decision_id == _decide("LIST_MATCH", "PDNG").decision_id == named(given)
    )


@pytest.mark.parametrize("value", BEFORE_REVIEW)
def test_decisions_written_before_there_was_review_are_read_byte_for_byte(value: bytes) -> None:
    """A claim or a replay repeats them as they were written."""
    assert contract.to_json(contract.from_json(value)) == value


def test_a_decision_survives_a_round_trip_through_json() -> None:
    made = _decide("DEADLINE_EXCEEDED", "RJCT", deadline=datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    assert contract.from_json(contract.to_json(made)) == made
    assert contract.to_json(contract.from_json(contract.to_json(made))) == contract.to_json(made)
