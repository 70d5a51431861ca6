"""Follow the decision in force on each payment through the log, by the rule of the contract."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from chaos.recording import ContentKey, Recording, StoredRecord

LIFTED = frozenset({"LIST_STALE", "LIST_UNAVAILABLE"})
"""Reasons of holds that rescreening may lift by itself, by the policy of the run."""

ANSWER_SECONDS = 5.0
"""A payment sent this long after a decision was replaced must not be answered with that decision. Rescreening
replaces a claim after it has written its decision, and a worker may have read the claim before."""


@dataclass
class PaymentHistory:
    """What is known about one payment and content after each record of the log.

    `newest` is the last record that repeats no earlier one, `held_for` has the reasons for which the payment
    has been held without a break, `replaced` the decisions that were in force before, with the time of their
    replacement.
    """

    in_force: StoredRecord
    newest: StoredRecord
    held_for: set[str]
    replaced: dict[bytes | None, float] = field(default_factory=dict)


def check_decisions_in_force(recording: Recording) -> Iterator[tuple[str, str]]:
    """Each record repeats the decision in force or replaces it, and a hold is lifted only by the policy."""
    histories: dict[ContentKey, PaymentHistory] = {}
    sent = {record.position: record.timestamp for record in recording.submitted}
    for decision in recording.decisions:
        body = recording.body(decision)
        content = body["payment_id"], body["content_hash"]
        history = histories.get(content)
        if history is None:
            if "follows" in body:
                yield "conflicting", f"the decision at {decision.position} follows none of the log"
            held_for = {body["reason"]} if body["decision"] == "HOLD" else set()
            histories[content] = PaymentHistory(decision, decision, held_for)
        elif decision.value in history.replaced:
            seconds = sent.get(decision.input_position, 0) - history.replaced[decision.value]
            if seconds > ANSWER_SECONDS:
                yield (
                    "republished",
                    f"{decision.position} repeats a decision that was replaced {seconds:.1f} s before",
                )
        elif decision.value != history.in_force.value:
            history.newest = decision
            if body.get("follows") == recording.body(history.in_force)["decision_id"]:
                yield from _replace(history, decision, recording)
            else:
                yield "conflicting", _describe_conflict(history, decision, recording)
    for history in histories.values():
        outcomes = [recording.body(record)["decision"] for record in (history.in_force, history.newest)]
        if outcomes == ["RELEASE", "HOLD"]:
            yield (
                "held_releases",
                f"{history.in_force.position} is in force, but {history.newest.position} is a newer HOLD",
            )


def _replace(
    history: PaymentHistory, decision: StoredRecord, recording: Recording
) -> Iterator[tuple[str, str]]:
    body = recording.body(decision)
    if body["decision"] == "HOLD":
        history.held_for.add(body["reason"])
    else:
        people = sorted(history.held_for - LIFTED)
        if people and "review" not in body:
            yield "lifted_holds", f"{decision.position} lifts a hold for {', '.join(people)}"
        history.held_for.clear()
    history.replaced[history.in_force.value] = decision.timestamp
    history.in_force = decision


def _describe_conflict(history: PaymentHistory, decision: StoredRecord, recording: Recording) -> str:
    first, body = recording.body(history.in_force), recording.body(decision)
    members = sorted(name for name in body.keys() | first.keys() if body.get(name) != first.get(name))
    seconds = decision.timestamp - history.in_force.timestamp
    return (
        f"the decision at {decision.position} differs from the one in force, at {history.in_force.position}"
        f" and {seconds:.1f} s earlier, in {', '.join(members)}"
    )
