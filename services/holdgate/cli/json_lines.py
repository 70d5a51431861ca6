"""`holdgate screen`, `match` and `compare`: JSON lines in, JSON lines out, in the same order.

Input is processed in batches, so that a file of any size takes little memory.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, TypeVar

import click
import msgspec
from msgspec import Struct

from holdgate.core.engine import outcome
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import MAX_BYTES, InvalidEventError, Received, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Decision
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.names.matching.comparison import compare as compare_names
from holdgate.core.names.matching.matcher import Query
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.timeliness import Stale, all_fresh, staleness

BATCH = 500
"""Lines per batch, as many as a worker decides at a time."""

Line = TypeVar("Line")
_encoder = msgspec.json.Encoder()


class NameLine(Struct, frozen=True):
    """An input line of `holdgate match`."""

    id: str
    name: str
    type: EntryType = "unknown"


class PairLine(Struct, frozen=True):
    """An input line of `holdgate compare`."""

    id: str
    query: str
    candidate: str
    type: EntryType = "unknown"


class NameMatch(Struct, frozen=True):
    """A match in the output of `holdgate match`; `hold` is whether the policy would hold a payment for it."""

    entry_id: str
    entry_name: str
    matched_name: str
    list: str
    type: EntryType
    score: float
    hold: bool
    evidence: tuple[Evidence, ...]


class BadLine(Struct, frozen=True, omit_defaults=True):
    """The output for a line that cannot be read."""

    error: str
    line: int
    id: str | None = None


def screen(
    source: IO[bytes],
    target: IO[bytes],
    snapshot: Snapshot,
    policy: Policy,
    as_of: datetime | None,
    rail: str | None = None,
) -> int:
    """Write a decision for each payment; return the number of lines that could not be read.

    The source is JSON lines, or one XML or MT message; the content decides which. `rail` is the rail of a
    message; JSON payments name their own. List ages and deadlines are checked at `as_of`, UTC if it has no
    offset, and not at all without it.
    """
    screener = Screener(snapshot, policy)
    now = as_of if as_of is None or as_of.tzinfo else as_of.replace(tzinfo=UTC)
    exempt = frozenset(
        edition.list for edition in snapshot.editions if edition.label in policy.freshness.exempt
    )
    ages = {edition.list: edition.as_of for edition in snapshot.editions}
    stale = staleness(ages, exempt, now) if now else all_fresh

    head = _head(source)
    if intake.is_message(head[-1] if head else b""):
        value = b"".join([*head, source.read(MAX_BYTES)])
        return _answer_message(value, rail, target, screener, now, stale)

    def decide(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
        results = [_read_payments(line) for _, line in lines]
        payments = [payment for result in results if isinstance(result, tuple) for payment in result]
        decisions = iter(screener.screen(payments, now=now, stale=stale))
        for (number, line), result in zip(lines, results, strict=True):
            if isinstance(result, tuple):
                yield from (_encoder.encode(next(decisions)) for _ in result)
            else:
                yield _encoder.encode(_bad_payment(number, line, result, policy))

    return _answer(source, target, decide, head)


def _head(source: IO[bytes]) -> list[bytes]:
    """Return the lines up to the first that is not blank; a pipe cannot be read again."""
    head: list[bytes] = []
    for line in source:
        head.append(line)
        if line.strip():
            break
    return head


def _answer_message(
    value: bytes,
    rail: str | None,
    target: IO[bytes],
    screener: Screener,
    now: datetime | None,
    stale: Stale,
) -> int:
    """Write the decisions for one XML or MT message; return 1 if it cannot be read, else 0."""
    try:
        payments = intake.read_message(value, rail)
    except InvalidEventError as error:
        target.write(_encoder.encode(_bad_payment(error.line or 1, value, error, screener.policy)) + b"\n")
        return 1
    decisions = screener.screen(payments, now=now, stale=stale)
    target.writelines(_encoder.encode(decision) + b"\n" for decision in decisions)
    return 0


def match(
    source: IO[bytes], target: IO[bytes], snapshot: Snapshot, policy: Policy, min_score: float, limit: int
) -> int:
    """Write the matches for each name, best first; return the number of lines that could not be read."""
    screener = Screener(snapshot, policy)

    def find(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
        parsed = [_parse(NameLine, number, line) for number, line in lines]
        queries = [Query(name.name, name.type) for name in parsed if isinstance(name, NameLine)]
        hits = iter(screener.matcher.match(queries, min_score=min_score, limit=2 * limit))
        for name in parsed:
            if isinstance(name, BadLine):
                yield _encoder.encode(name)
                continue
            matches: dict[int, NameMatch] = {}
            for hit in next(hits):
                entry = snapshot.entries[hit.entry]
                judgement = screener.judge(hit, name.type)
                earlier = matches.get(hit.entry)
                if earlier is None or (judgement.holds and not earlier.hold):
                    matches[hit.entry] = NameMatch(
                        entry_id=entry.id,
                        entry_name=entry.name,
                        matched_name=hit.matched_name,
                        list=entry.list,
                        type=entry.type,
                        score=judgement.score,
                        hold=judgement.holds,
                        evidence=judgement.evidence,
                    )
            best = sorted(matches.values(), key=lambda match: -match.score)[:limit]
            yield _encoder.encode({"id": name.id, "matches": best})

    return _answer(source, target, find)


def compare(source: IO[bytes], target: IO[bytes], policy: Policy) -> int:
    """Write a score for each pair of names; return the number of lines that could not be read."""

    def score(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
        for number, line in lines:
            pair = _parse(PairLine, number, line)
            if isinstance(pair, BadLine):
                yield _encoder.encode(pair)
                continue
            comparison = compare_names(pair.query, pair.candidate, pair.type)
            yield _encoder.encode(
                {
                    "id": pair.id,
                    "score": comparison.score,
                    "hold": comparison.score >= policy.threshold(pair.type),
                    "evidence": comparison.evidence,
                }
            )

    return _answer(source, target, score)


def _answer(
    source: IO[bytes],
    target: IO[bytes],
    answer: Callable[[Sequence[tuple[int, bytes]]], Iterator[bytes]],
    head: Sequence[bytes] = (),
) -> int:
    """Write the answers to all lines of the source; `head` holds lines that were already read."""
    bad = 0
    numbered = ((number, line) for number, line in enumerate(chain(head, source), start=1) if line.strip())
    size = _size(source)
    hidden = size is None or not sys.stderr.isatty()
    progress: Any = click.progressbar(length=size or 1, label="screening", file=sys.stderr, hidden=hidden)
    with progress as bar:
        while lines := list(islice(numbered, BATCH)):
            for encoded in answer(lines):
                bad += encoded.startswith(b'{"error"')
                target.write(encoded + b"\n")
            bar.update(sum(len(line) for _, line in lines))
    target.flush()
    return bad


def _size(source: IO[bytes]) -> int | None:
    try:
        return Path(source.name).stat().st_size
    except (AttributeError, TypeError, OSError):
        return None


def _read_payments(line: bytes) -> tuple[Received, ...] | InvalidEventError:
    try:
        return intake.read_json(line.strip())
    except InvalidEventError as error:
        return error


def _bad_payment(number: int, line: bytes, error: InvalidEventError, policy: Policy) -> dict[str, object]:
    held: Decision = outcome.hold_unreadable(
        error.payment_id or f"line {number}", raw_hash(line), policy, str(error)
    )
    members: dict[str, object] = msgspec.to_builtins(held)
    return {"error": str(error), "line": number} | members


def _parse(kind: type[Line], number: int, line: bytes) -> Line | BadLine:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return BadLine(f"line {number}: {error}", number, _id(line))


def _id(line: bytes) -> str | None:
    try:
        decoded = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    value = decoded.get("id") if isinstance(decoded, dict) else None
    return value if isinstance(value, str) else None
