"""The checker: compares the recorded topics with the guarantees.

It knows the contract, not the code under test.

Each violation counts for the invariant that it breaks. The first few of each are also described.
"""

import hashlib
import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from chaos.recording import KIND_HEADER, OffsetSample, Recording, StoredRecord

MAX_EXAMPLES = 5
INVARIANTS = (
    "missing",
    "conflicting",
    "unscreened_releases",
    "offsets_ahead",
    "unaccounted",
    "out_of_order",
)
ContentKey = tuple[str, str]


@dataclass
class Findings:
    """The number of violations per invariant. Examples name positions, never contents."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INVARIANTS, 0))
    examples: list[str] = field(default_factory=list)

    def add(self, invariant: str, what: str) -> None:
        """Count a violation, and keep it as an example if there are few."""
        self.counts[invariant] += 1
        if self.counts[invariant] <= MAX_EXAMPLES:
            self.examples.append(f"{invariant}: {what}")

    @property
    def holds(self) -> bool:
        """Return whether every invariant holds."""
        return not any(self.counts.values())


def check(recording: Recording) -> Findings:
    """Check a recording. An empty one fails."""
    findings = Findings()
    if not recording.submitted or not recording.decisions:
        findings.add("missing", "the recording has no payments or no decisions")
    for find_violations in (_missing, _conflicting, _releases, _offsets, _accounts, _order):
        for invariant, what in find_violations(recording):
            findings.add(invariant, what)
    return findings


def expected_content(record: StoredRecord) -> ContentKey:
    """Return the payment_id and content hash that the decision on this record must have."""
    value = record.value or b""
    name = (record.key or b"").decode()
    if record.headers[KIND_HEADER] == "broken":
        return name, hashlib.sha256(value).hexdigest()
    members = json.loads(value)
    kept = {key: member for key, member in members.items() if key not in ("payment_id", "submitted_at")}
    canonical = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return name, hashlib.sha256(canonical.encode()).hexdigest()


def _decided_content(recording: Recording, decision: StoredRecord) -> ContentKey:
    body = recording.body(decision)
    return body["payment_id"], body["content_hash"]


def _missing(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every payment and content has a decision, and every acknowledged record is in the topic."""
    decided = {_decided_content(recording, decision) for decision in recording.decisions}
    there = set()
    for record in recording.submitted:
        there.add(record.position)
        if record.value is not None and expected_content(record) not in decided:
            yield "missing", f"no decision on the payment at {record.position}"
    for place in recording.acknowledged:
        if place not in there:
            yield "missing", f"Kafka lost the payment that it acknowledged at {place}"


def _conflicting(recording: Recording) -> Iterator[tuple[str, str]]:
    """Each content has one decision, and all contents of a payment_id but the first are CONTENT_CHANGED."""
    firsts: dict[ContentKey, StoredRecord] = {}
    judged: dict[str, str] = {}
    for decision in recording.decisions:
        body, known = recording.body(decision), _decided_content(recording, decision)
        first = firsts.setdefault(known, decision)
        if first.value != decision.value:
            was = recording.body(first)
            others = sorted(name for name in body.keys() | was.keys() if body.get(name) != was.get(name))
            after = decision.timestamp - first.timestamp
            what = f"from the first, at {first.position} and {after:.1f} s earlier, in {', '.join(others)}"
            yield "conflicting", f"the decision at {decision.position} differs {what}"
        if body["reason"] in ("CONTENT_CHANGED", "INVALID_EVENT"):
            continue
        if judged.setdefault(known[0], known[1]) != known[1]:
            yield "conflicting", f"changed content is decided as if it were the first: {decision.position}"


def _releases(recording: Recording) -> Iterator[tuple[str, str]]:
    """A RELEASE was screened with a list that was current and fresh and does not contain the party."""
    inputs = {record.position: record for record in recording.submitted}
    seen: set[ContentKey] = set()
    for decision in recording.decisions:
        body = recording.body(decision)
        if body["decision"] != "RELEASE":
            continue
        asked = inputs.get(decision.input_position)
        if asked is None or expected_content(asked) != _decided_content(recording, decision):
            yield (
                "unscreened_releases",
                f"{decision.position} releases a payment that is not at its input position",
            )
            continue
        version = str(body.get("list_version"))
        if version not in recording.holds_listed_person:
            yield "unscreened_releases", f"{decision.position} names a list that was not published"
            continue
        kind = asked.headers[KIND_HEADER]
        if not (kind == "clean" or (kind == "listed" and not recording.holds_listed_person[version])):
            yield "unscreened_releases", f"{decision.position} releases a payment of kind {kind}"
        if _decided_content(recording, decision) in seen:
            continue  # a repeat: only the first occurrence shows when it was screened
        seen.add(_decided_content(recording, decision))
        if not _was_current(recording, version, asked.timestamp, decision.timestamp):
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
    first: dict[tuple[int, int], int] = {}
    for decision in recording.decisions:
        first.setdefault(decision.input_position, decision.offset)
    known: dict[int, list[int]] = defaultdict(list)
    for record in recording.submitted:
        if record.value is not None:
            known[record.partition].append(record.offset)
    passed: dict[int, int] = {}
    for look in (*recording.offset_samples, OffsetSample(recording.committed, {})):
        for partition, offset in look.committed.items():
            offsets = known[partition]
            end = look.decisions_end.get(partition, math.inf)
            new = offsets[bisect_left(offsets, passed.get(partition, 0)) : bisect_left(offsets, offset)]
            for place in new:
                if first.get((partition, place), math.inf) >= end:
                    yield "offsets_ahead", f"{(partition, place)} was committed before it was decided"
            passed[partition] = max(passed.get(partition, 0), offset)


def _accounts(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every record has a decision; each dead letter has the bytes of its record and is also held."""
    inputs = {record.position: record for record in recording.submitted}
    held: dict[tuple[int, int], str] = {}
    answered = set()
    for decision in recording.decisions:
        answered.add(decision.input_position)
        body = recording.body(decision)
        if body["decision"] == "HOLD":
            held[decision.input_position] = body["reason"]
    letters = set()
    for letter in recording.dead_letters:
        letters.add(letter.input_position)
        record = inputs.get(letter.input_position)
        if record is None or (record.key, record.value) != (letter.key, letter.value):
            yield (
                "unaccounted",
                f"the dead letter at {letter.position} differs from the record at its input position",
            )
        if letter.input_position not in held:
            yield "unaccounted", f"the dead letter at {letter.position} is not held"
    for record in recording.submitted:
        place, kind = record.position, record.headers[KIND_HEADER]
        if record.value is None:
            if place in answered or place in letters:
                yield "unaccounted", f"the null record at {place} has a decision or dead letter"
            continue
        if place not in answered:
            yield "unaccounted", f"the record at {place} has no decision"
        elif kind == "broken" and held.get(place) != "INVALID_EVENT":
            yield "unaccounted", f"the broken record at {place} is not held as INVALID_EVENT"
        if kind == "broken" and place not in letters:
            yield "unaccounted", f"the broken record at {place} has no dead letter"
        if kind in ("clean", "listed") and place in letters:
            yield "unaccounted", f"the valid record at {place} has a dead letter"


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
        name = recording.body(decision)["payment_id"]
        if last.setdefault(name, offset) > offset:
            yield "out_of_order", f"{decision.position} follows the decision on a later record of its key"
        last[name] = max(last[name], offset)
