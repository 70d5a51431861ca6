"""The checker: compares the recorded topics with the guarantees.

It depends on the contract only, not on the code under test. Violations are counted per invariant; the first
few of each invariant are also described.
"""

import hashlib
import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.in_force import check_decisions_in_force
from chaos.recording import KIND_HEADER, ContentKey, OffsetSample, Recording, StoredRecord
from chaos.review_check import check_review

MAX_EXAMPLES = 5
INVARIANTS = (
    "missing",
    "conflicting",
    "republished",
    "held_releases",
    "lifted_holds",
    "forged_claims",
    "unscreened_releases",
    "four_eyes",
    "wrong_disposals",
    "undisposed",
    "unopened",
    "offsets_ahead",
    "unaccounted",
    "out_of_order",
)
FORGED = "forged"
"""The list version of every forged claim."""


@dataclass
class Findings:
    """The number of violations per invariant. Examples name positions, never contents."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INVARIANTS, 0))
    examples: list[str] = field(default_factory=list)

    def add(self, invariant: str, description: str) -> None:
        """Count a violation, and store its description as an example if there are few."""
        self.counts[invariant] += 1
        if self.counts[invariant] <= MAX_EXAMPLES:
            self.examples.append(f"{invariant}: {description}")

    @property
    def holds(self) -> bool:
        """Return whether every invariant holds."""
        return not any(self.counts.values())


def check(recording: Recording) -> Findings:
    """Check a recording. An empty one fails."""
    findings = Findings()
    if not recording.submitted or not recording.decisions:
        findings.add("missing", "the recording has no payments or no decisions")
    for find_violations in (
        _missing,
        _contents,
        check_decisions_in_force,
        _forged,
        _releases,
        _offsets,
        _accounts,
        _order,
        check_review,
    ):
        for invariant, description in find_violations(recording):
            findings.add(invariant, description)
    return findings


def expected_content(record: StoredRecord) -> ContentKey:
    """Return the payment_id and content hash that the decision on this record must have."""
    value = record.value or b""
    payment_id = (record.key or b"").decode()
    if record.headers[KIND_HEADER] == "broken":
        return payment_id, hashlib.sha256(value).hexdigest()
    return payment_id, content_hash(json.loads(value))


def content_hash(members: Mapping[str, Any]) -> str:
    """Return the content hash of a payment."""
    content = {key: member for key, member in members.items() if key not in ("payment_id", "submitted_at")}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _decided_content(recording: Recording, decision: StoredRecord) -> ContentKey:
    body = recording.body(decision)
    return body["payment_id"], body["content_hash"]


def _missing(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every payment and content has a decision, and every acknowledged record is in the topic."""
    decided = {_decided_content(recording, decision) for decision in recording.decisions}
    stored_positions = set()
    for record in recording.submitted:
        stored_positions.add(record.position)
        if record.value is not None and expected_content(record) not in decided:
            yield "missing", f"no decision on the payment at {record.position}"
    for position in recording.acknowledged:
        if position not in stored_positions:
            yield "missing", f"Kafka lost the payment that it acknowledged at {position}"


def _contents(recording: Recording) -> Iterator[tuple[str, str]]:
    """All contents of a payment_id but the first are CONTENT_CHANGED."""
    first_hashes: dict[str, str] = {}
    for decision in recording.decisions:
        payment_id, content = _decided_content(recording, decision)
        body = recording.body(decision)
        if body["reason"] in ("CONTENT_CHANGED", "INVALID_EVENT") or "review" in body:
            continue
        if first_hashes.setdefault(payment_id, content) != content:
            yield "conflicting", f"changed content is decided as if it were the first: {decision.position}"


def _forged(recording: Recording) -> Iterator[tuple[str, str]]:
    """No decision comes from a forged claim."""
    for decision in recording.decisions:
        if recording.body(decision)["list_version"] == FORGED:
            yield "forged_claims", f"{decision.position} is the decision of a forged claim"


def _releases(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every RELEASE was screened with a current, fresh list that does not contain the party,
    unless people judged the match."""
    inputs = {record.position: record for record in recording.submitted}
    seen: set[bytes | None] = set()
    for decision in recording.decisions:
        body = recording.body(decision)
        if body["decision"] != "RELEASE":
            continue
        payment = inputs.get(decision.input_position)
        if payment is None or expected_content(payment) != _decided_content(recording, decision):
            yield (
                "unscreened_releases",
                f"{decision.position} releases a payment that is not at its input position",
            )
            continue
        version = str(body.get("list_version"))
        if version not in recording.holds_listed_person:
            yield "unscreened_releases", f"{decision.position} names a list that was not published"
            continue
        kind = payment.headers[KIND_HEADER]
        is_clear = "review" in body or not recording.holds_listed_person[version]
        if not (kind == "clean" or (kind == "listed" and is_clear)):
            yield "unscreened_releases", f"{decision.position} releases a payment of kind {kind}"
        if decision.value in seen:
            continue  # a repeat: only the first occurrence shows when it was screened
        seen.add(decision.value)
        if not _was_current(recording, version, payment.timestamp, decision.timestamp):
            yield (
                "unscreened_releases",
                f"{decision.position} was made with a list that was not current and fresh",
            )


def _was_current(recording: Recording, version: str, start: float, end: float) -> bool:
    """Return whether the version was current and fresh while the payment may have been screened."""
    return any(
        window.fresh and window.start <= end and start <= window.end + recording.max_swap_seconds
        for window in recording.list_windows
        if window.version == version
    )


def _offsets(recording: Recording) -> Iterator[tuple[str, str]]:
    """No offset was committed, at the end or in any sample, before its decision was written."""
    first_decisions: dict[tuple[int, int], int] = {}
    for decision in recording.decisions:
        first_decisions.setdefault(decision.input_position, decision.offset)
    payment_offsets: dict[int, list[int]] = defaultdict(list)
    for record in recording.submitted:
        if record.value is not None:
            payment_offsets[record.partition].append(record.offset)
    checked_up_to: dict[int, int] = {}
    for sample in (*recording.offset_samples, OffsetSample(recording.committed, {})):
        for partition, committed in sample.committed.items():
            offsets = payment_offsets[partition]
            end = sample.decisions_end.get(partition, math.inf)
            start = bisect_left(offsets, checked_up_to.get(partition, 0))
            for offset in offsets[start : bisect_left(offsets, committed)]:
                if first_decisions.get((partition, offset), math.inf) >= end:
                    yield "offsets_ahead", f"{(partition, offset)} was committed before it was decided"
            checked_up_to[partition] = max(checked_up_to.get(partition, 0), committed)


def _accounts(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every record has a decision; each dead letter has the bytes of its record and is also held."""
    inputs = {record.position: record for record in recording.submitted}
    hold_reasons: dict[tuple[int, int], str] = {}
    decided = set()
    for decision in recording.decisions:
        decided.add(decision.input_position)
        body = recording.body(decision)
        if body["decision"] == "HOLD":
            hold_reasons[decision.input_position] = body["reason"]
    dead_lettered = set()
    for letter in recording.dead_letters:
        dead_lettered.add(letter.input_position)
        record = inputs.get(letter.input_position)
        if record is None or (record.key, record.value) != (letter.key, letter.value):
            yield (
                "unaccounted",
                f"the dead letter at {letter.position} differs from the record at its input position",
            )
        if letter.input_position not in hold_reasons:
            yield "unaccounted", f"the dead letter at {letter.position} is not held"
    for record in recording.submitted:
        position, kind = record.position, record.headers[KIND_HEADER]
        if record.value is None:
            if position in decided or position in dead_lettered:
                yield "unaccounted", f"the null record at {position} has a decision or dead letter"
            continue
        if position not in decided:
            yield "unaccounted", f"the record at {position} has no decision"
        elif kind == "broken" and hold_reasons.get(position) != "INVALID_EVENT":
            yield "unaccounted", f"the broken record at {position} is not held as INVALID_EVENT"
        if kind == "broken" and position not in dead_lettered:
            yield "unaccounted", f"the broken record at {position} has no dead letter"
        if kind in ("clean", "listed") and position in dead_lettered:
            yield "unaccounted", f"the valid record at {position} has a dead letter"


def _order(recording: Recording) -> Iterator[tuple[str, str]]:
    """Per key, decisions first appear in the order of their inputs, in the partition of their inputs."""
    last: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for decision in recording.decisions:
        partition, offset = decision.input_position
        if partition != decision.partition:
            yield "out_of_order", f"{decision.position} is in another partition than its input"
        if (partition, offset) in seen:
            continue
        seen.add((partition, offset))
        payment_id = recording.body(decision)["payment_id"]
        if last.setdefault(payment_id, offset) > offset:
            yield "out_of_order", f"{decision.position} follows the decision on a later record of its key"
        last[payment_id] = max(last[payment_id], offset)
