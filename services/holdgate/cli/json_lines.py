"""Commands without Kafka and Redis: the same core, lines in and lines out.

Input is read and answered in batches, so that a file of any size takes little memory.
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
from holdgate.core.intake import MAX_BYTES, InvalidEventError, Received, canonical, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Decision
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.names.matcher import Query
from holdgate.core.names.matcher import compare as compare_names
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.timeliness import Stale, all_fresh, staleness

BATCH = 500
"""Lines answered at a time, as many as a worker decides at a time."""

Line = TypeVar("Line")
_encoder = msgspec.json.Encoder()


class NameLine(Struct, frozen=True):
    """A line of `holdgate match`."""

    id: str
    name: str
    type: EntryType = "unknown"


class PairLine(Struct, frozen=True):
    """A line of `holdgate compare`."""

    id: str
    query: str
    candidate: str
    type: EntryType = "unknown"


class NameMatch(Struct, frozen=True):
    """One listed name found for a line of `holdgate match`; `hold` is what the policy makes of it."""

    entry_id: str
    entry_name: str
    matched_name: str
    list: str
    type: EntryType
    score: float
    hold: bool
    evidence: tuple[Evidence, ...]


class BadLine(Struct, frozen=True, omit_defaults=True):
    """What stands in the place of a line that cannot be answered."""

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
    """Payments to decisions; returns how many lines were bad. Ages and deadlines are judged at `as_of`.

    `rail` is that of an XML or MT message; payments in JSON say their own.

    The source is JSON lines, or one XML or MT message, which its content tells.
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
        read = [_payment(line) for _, line in lines]
        payments = [found for found in read if isinstance(found, Received)]
        decisions = iter(screener.screen(payments, now=now, stale=stale))
        for (number, line), found in zip(lines, read, strict=True):
            if isinstance(found, Received):
                yield _encoder.encode(next(decisions))
            else:
                yield _encoder.encode(_bad_payment(number, line, found, policy))

    return _answer(source, target, decide, head)


def _head(source: IO[bytes]) -> list[bytes]:
    """The lines up to the first that is not blank: a pipe cannot be read again."""
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
    """One XML or MT message to its decisions."""
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
    """Names to their matches, best first; returns how many lines were bad."""
    screener = Screener(snapshot, policy)

    def find(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
        read = [_line(NameLine, number, line) for number, line in lines]
        queries = [Query(found.name, found.type) for found in read if isinstance(found, NameLine)]
        hits = iter(screener.matcher.match(queries, min_score=min_score, limit=2 * limit))
        for found in read:
            if isinstance(found, BadLine):
                yield _encoder.encode(found)
                continue
            matches: dict[int, NameMatch] = {}
            for hit in next(hits):
                entry = snapshot.entries[hit.entry]
                judged = screener.judge(hit)
                known = matches.get(hit.entry)
                if known is None or (judged.holds and not known.hold):
                    matches[hit.entry] = NameMatch(
                        entry_id=entry.id,
                        entry_name=entry.name,
                        matched_name=hit.matched_name,
                        list=entry.list,
                        type=entry.type,
                        score=judged.score,
                        hold=judged.holds,
                        evidence=judged.evidence,
                    )
            best = sorted(matches.values(), key=lambda match: -match.score)[:limit]
            yield _encoder.encode({"id": found.id, "matches": best})

    return _answer(source, target, find)


def compare(source: IO[bytes], target: IO[bytes], policy: Policy) -> int:
    """Pairs of names to scores; returns how many lines were bad."""

    def score(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
        for number, line in lines:
            pair = _line(PairLine, number, line)
            if isinstance(pair, BadLine):
                yield _encoder.encode(pair)
                continue
            found = compare_names(pair.query, pair.candidate, pair.type)
            yield _encoder.encode(
                {
                    "id": pair.id,
                    "score": found.score,
                    "hold": found.score >= policy.threshold(pair.type),
                    "evidence": found.evidence,
                }
            )

    return _answer(source, target, score)


def _answer(
    source: IO[bytes],
    target: IO[bytes],
    answer: Callable[[Sequence[tuple[int, bytes]]], Iterator[bytes]],
    head: Sequence[bytes] = (),
) -> int:
    """Answer the source's lines; `head` are those that were read already."""
    bad = 0
    numbered = ((number, line) for number, line in enumerate(chain(head, source), start=1) if line.strip())
    size = _size(source)
    hidden = size is None or not sys.stderr.isatty()
    progress: Any = click.progressbar(length=size or 1, label="screening", file=sys.stderr, hidden=hidden)
    with progress as bar:
        while lines := list(islice(numbered, BATCH)):
            for answered in answer(lines):
                bad += answered.startswith(b'{"error"')
                target.write(answered + b"\n")
            bar.update(sum(len(line) for _, line in lines))
    target.flush()
    return bad


def _size(source: IO[bytes]) -> int | None:
    try:
        return Path(source.name).stat().st_size
    except (AttributeError, TypeError, OSError):
        return None


def _payment(line: bytes) -> Received | InvalidEventError:
    try:
        return canonical.read(line.strip())
    except InvalidEventError as error:
        return error


def _bad_payment(number: int, line: bytes, error: InvalidEventError, policy: Policy) -> dict[str, object]:
    held: Decision = outcome.hold_unreadable(
        error.payment_id or f"line {number}", raw_hash(line), policy, str(error)
    )
    members: dict[str, object] = msgspec.to_builtins(held)
    return {"error": str(error), "line": number} | members


def _line(kind: type[Line], number: int, line: bytes) -> Line | BadLine:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return BadLine(f"line {number}: {error}", number, _id(line))


def _id(line: bytes) -> str | None:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    value = found.get("id") if isinstance(found, dict) else None
    return value if isinstance(value, str) else None
