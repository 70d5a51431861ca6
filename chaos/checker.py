"""The judge: what stands in the topics against the invariants. Pure; knows the contract, not the code.

Every violation is counted under the invariant that it breaks, the first few of each are told in words.
"""

import hashlib
import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from chaos.recording import KIND, Recording, Sample, Written

TOLD = 5
INVARIANTS = (
    "missing",
    "conflicting",
    "unscreened_releases",
    "offsets_ahead",
    "unaccounted",
    "out_of_order",
)
Content = tuple[str, str]


@dataclass
class Findings:
    """How often each invariant is broken; examples name places, never what stands there."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INVARIANTS, 0))
    examples: list[str] = field(default_factory=list)

    def add(self, invariant: str, what: str) -> None:
        """Count a violation."""
        self.counts[invariant] += 1
        if self.counts[invariant] <= TOLD:
            self.examples.append(f"{invariant}: {what}")

    @property
    def holds(self) -> bool:
        """Whether every invariant holds."""
        return not any(self.counts.values())


def check(recording: Recording) -> Findings:
    """Judge a recording; an empty one fails."""
    findings = Findings()
    if not recording.submitted or not recording.decisions:
        findings.add("missing", "nothing was read: no payments or no decisions")
    for judge in (_missing, _conflicting, _releases, _offsets, _accounts, _order):
        for invariant, what in judge(recording):
            findings.add(invariant, what)
    return findings


def content(record: Written) -> Content:
    """The payment_id and content hash that a payment's record has to be decided under."""
    value = record.value or b""
    name = (record.key or b"").decode()
    if record.headers[KIND] == "broken":
        return name, hashlib.sha256(value).hexdigest()
    members = json.loads(value)
    kept = {key: member for key, member in members.items() if key not in ("payment_id", "submitted_at")}
    canonical = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return name, hashlib.sha256(canonical.encode()).hexdigest()


def _decided(recording: Recording, decision: Written) -> Content:
    body = recording.body(decision)
    return body["payment_id"], body["content_hash"]


def _missing(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every payment and content has a decision; every record that Kafka acknowledged is one of them."""
    decided = {_decided(recording, decision) for decision in recording.decisions}
    there = set()
    for record in recording.submitted:
        there.add(record.place)
        if record.value is not None and content(record) not in decided:
            yield "missing", f"no decision on the payment at {record.place}"
    for place in recording.acknowledged:
        if place not in there:
            yield "missing", f"Kafka lost the payment that it acknowledged at {place}"


def _conflicting(recording: Recording) -> Iterator[tuple[str, str]]:
    """One content, one decision; and of a payment_id's contents all but the first are CONTENT_CHANGED."""
    firsts: dict[Content, Written] = {}
    judged: dict[str, str] = {}
    for decision in recording.decisions:
        body, known = recording.body(decision), _decided(recording, decision)
        first = firsts.setdefault(known, decision)
        if first.value != decision.value:
            was = recording.body(first)
            others = sorted(name for name in body.keys() | was.keys() if body.get(name) != was.get(name))
            after = decision.timestamp - first.timestamp
            what = f"from the first, at {first.place}, {after:.1f} s before it, in {', '.join(others)}"
            yield "conflicting", f"the decision at {decision.place} differs {what}"
        if body["reason"] in ("CONTENT_CHANGED", "INVALID_EVENT"):
            continue
        if judged.setdefault(known[0], known[1]) != known[1]:
            yield "conflicting", f"a second content is decided as if it were the first: {decision.place}"


def _releases(recording: Recording) -> Iterator[tuple[str, str]]:
    """A RELEASE was screened with a list that was current, fresh, and does not hold its party."""
    inputs = {record.place: record for record in recording.submitted}
    seen: set[Content] = set()
    for decision in recording.decisions:
        body = recording.body(decision)
        if body["decision"] != "RELEASE":
            continue
        asked = inputs.get(decision.input_place)
        if asked is None or content(asked) != _decided(recording, decision):
            yield "unscreened_releases", f"{decision.place} releases what its input place does not hold"
            continue
        version = str(body.get("list_version"))
        if version not in recording.listing:
            yield "unscreened_releases", f"{decision.place} names no list that was published"
            continue
        kind = asked.headers[KIND]
        if not (kind == "clean" or (kind == "listed" and not recording.listing[version])):
            yield "unscreened_releases", f"{decision.place} releases a payment of kind {kind}"
        if _decided(recording, decision) in seen:
            continue  # said again: when it was screened is told by the first time
        seen.add(_decided(recording, decision))
        if not _was_current(recording, version, asked.timestamp, decision.timestamp):
            yield "unscreened_releases", f"{decision.place} is by a list that was not current and fresh"


def _was_current(recording: Recording, version: str, start: float, end: float) -> bool:
    """Whether the version was current and fresh at some time in which the payment may have been screened."""
    return any(
        window.fresh and window.start <= end and start <= window.end + recording.flip_seconds
        for window in recording.currencies
        if window.version == version
    )


def _offsets(recording: Recording) -> Iterator[tuple[str, str]]:
    """No offset was committed, at the end or at any look in between, whose decision did not stand."""
    first: dict[tuple[int, int], int] = {}
    for decision in recording.decisions:
        first.setdefault(decision.input_place, decision.offset)
    known: dict[int, list[int]] = defaultdict(list)
    for record in recording.submitted:
        if record.value is not None:
            known[record.partition].append(record.offset)
    passed: dict[int, int] = {}
    for look in (*recording.samples, Sample(recording.committed, {})):
        for partition, offset in look.committed.items():
            offsets = known[partition]
            end = look.decisions_end.get(partition, math.inf)
            new = offsets[bisect_left(offsets, passed.get(partition, 0)) : bisect_left(offsets, offset)]
            for place in new:
                if first.get((partition, place), math.inf) >= end:
                    yield "offsets_ahead", f"{(partition, place)} was committed before it was decided"
            passed[partition] = max(passed.get(partition, 0), offset)


def _accounts(recording: Recording) -> Iterator[tuple[str, str]]:
    """Records in = decided + dead letters; each dead letter is the record's own bytes and also a HOLD."""
    inputs = {record.place: record for record in recording.submitted}
    held: dict[tuple[int, int], str] = {}
    answered = set()
    for decision in recording.decisions:
        answered.add(decision.input_place)
        body = recording.body(decision)
        if body["decision"] == "HOLD":
            held[decision.input_place] = body["reason"]
    letters = set()
    for letter in recording.dead_letters:
        letters.add(letter.input_place)
        record = inputs.get(letter.input_place)
        if record is None or (record.key, record.value) != (letter.key, letter.value):
            yield "unaccounted", f"the dead letter at {letter.place} is not what stands at its input place"
        if letter.input_place not in held:
            yield "unaccounted", f"the dead letter at {letter.place} is not held"
    for record in recording.submitted:
        place, kind = record.place, record.headers[KIND]
        if record.value is None:
            if place in answered or place in letters:
                yield "unaccounted", f"a null record is answered: {place}"
            continue
        if place not in answered:
            yield "unaccounted", f"the record at {place} has no answer"
        elif kind == "broken" and held.get(place) != "INVALID_EVENT":
            yield "unaccounted", f"the broken record at {place} is not held as INVALID_EVENT"
        if kind == "broken" and place not in letters:
            yield "unaccounted", f"the broken record at {place} is no dead letter"
        if kind in ("clean", "listed") and place in letters:
            yield "unaccounted", f"the sound record at {place} is a dead letter"


def _order(recording: Recording) -> Iterator[tuple[str, str]]:
    """Of each key, decisions first stand in the order of their inputs, in the partition of their inputs."""
    last: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for decision in recording.decisions:
        partition, offset = decision.input_place
        if partition != decision.partition:
            yield "out_of_order", f"{decision.place} stands in another partition than its input"
        if (partition, offset) in seen:
            continue
        seen.add((partition, offset))
        name = recording.body(decision)["payment_id"]
        if last.setdefault(name, offset) > offset:
            yield "out_of_order", f"{decision.place} stands behind the decision on a later record of its key"
        last[name] = max(last[name], offset)
