"""The journal of a replay: one file, a JSON object a line, from which it is shown, resumed and executed.

    run          what was asked: range, filter, versions, who and why
    change       a decision that would be another one
    checkpoint   up to where the lines before are whole, and what was counted until there
    end          the whole range was read

A process that dies leaves a file whose last checkpoint is true; what stands behind it is cut off and made
again. Lines name payments, fields and listed entries, never what stood in a payment.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Struct

from holdgate.replay.decision_diff import DecisionChange, DecisionSummary
from holdgate.replay.payment_filter import PaymentFilter
from holdgate.runtime.errors import OperatorError

Mode = Literal["diff", "publish", "reissue"]


class Run(Struct, frozen=True, omit_defaults=True, tag_field="line", tag="run", kw_only=True):
    """What is replayed. `span` gives offsets by partition, `decisions_end` where the decisions ended when it
    began, `lists` and `policy` where the inputs came from; `target` is the topic that is published to."""

    run_id: str
    mode: Mode
    started_at: datetime
    by: str
    why: str | None = None
    topic: str
    span: dict[int, tuple[int, int]]
    decisions_end: dict[int, int]
    wanted: PaymentFilter = PaymentFilter()
    most: int | None = None
    lists: tuple[str, ...] = ()
    list_version: str
    policy: str | None = None
    policy_version: str
    engine_version: str
    target: str | None = None

    @property
    def offsets(self) -> int:
        """How many offsets the range has."""
        return sum(end - start for start, end in self.span.values())


class Change(Struct, frozen=True, omit_defaults=True, tag_field="line", tag="change"):
    """A payment whose decision would be another one."""

    partition: int
    offset: int
    payment_id: str
    kind: DecisionChange
    before: DecisionSummary
    after: DecisionSummary
    why: str
    rail: str
    corridor: str
    origin: str
    uetr: str | None = None


class Counts(Struct, omit_defaults=True):
    """What was met so far. `payments` are those screened again, the kinds of change included; `undecided`
    had no decision to compare with, `passed_over` was not wanted, `gone` are offsets without a
    record: compacted, or marks of a transaction."""

    payments: int = 0
    held: int = 0
    released: int = 0
    reason: int = 0
    matches: int = 0
    same: int = 0
    undecided: int = 0
    unreadable: int = 0
    passed_over: int = 0
    gone: int = 0
    published: int = 0

    @property
    def changed(self) -> int:
        """Decisions that would be another one."""
        return self.held + self.released + self.reason + self.matches


class Checkpoint(Struct, frozen=True, tag_field="line", tag="checkpoint"):
    """Where to go on: the next offset by partition; `target` is the same of the topic published to."""

    next: dict[int, int]
    counted: Counts
    target: dict[int, int] = {}


class End(Struct, frozen=True, tag_field="line", tag="end"):
    """The replay is whole, or `stopped` after as many payments as were wanted."""

    ended_at: datetime
    counted: Counts
    stopped: bool = False


JournalLine = Run | Change | Checkpoint | End
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(JournalLine)


class Journal:
    """A journal being written."""

    def __init__(self, path: Path, run: Run, checkpoint: Checkpoint, file: IO[bytes]) -> None:
        self.path = path
        self.run = run
        self.checkpoint = checkpoint
        self._file = file

    def write(self, *lines: JournalLine) -> None:
        """Append lines; they are on disk when this returns."""
        for line in lines:
            self._file.write(_encoder.encode(line) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def offsets_done(self) -> int:
        """How many offsets of the range the last checkpoint covers; 0 for a new run."""
        return sum(self.checkpoint.next[partition] - start for partition, (start, _) in self.run.span.items())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def begin_journal(path: Path, run: Run, target: dict[int, int]) -> Journal:
    """A new journal; `target` says where the topic published to ends. Raises `NotPossibleError` where a file
    is already, or none can be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except FileExistsError as error:
        raise OperatorError(f"{path} exists: resume it with --resume {path}, or name another") from error
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}; say --journal FILE") from error
    first = Checkpoint({partition: start for partition, (start, _) in run.span.items()}, Counts(), target)
    journal = Journal(path, run, first, file)
    journal.write(run, first)
    return journal


def resume_journal(path: Path) -> Journal:
    """A journal cut back to its last checkpoint; raises `NotPossibleError` where it is whole or none."""
    run, checkpoint, keep, at = None, None, 0, 0
    with _opened(path) as file:
        for text in file:
            at += len(text)
            line = _line(path, text) if text.endswith(b"\n") else None
            if isinstance(line, End):
                raise OperatorError(f"{path} is whole: show it with `holdgate replay --show {path}`")
            run = line if isinstance(line, Run) else run
            if isinstance(line, Checkpoint):
                checkpoint, keep = line, at
    if run is None or checkpoint is None:
        raise OperatorError(f"{path} is no journal of a replay: it has no beginning")
    file = path.open("r+b")
    file.truncate(keep)
    file.seek(keep)
    return Journal(path, run, checkpoint, file)


def read_journal(path: Path) -> Iterator[JournalLine]:
    """The lines of a journal; raises `NotPossibleError` for a file that is none."""
    with _opened(path) as file:
        for text in file:
            yield _line(path, text)


def read_run(path: Path) -> Run:
    """What a journal is of."""
    first = next(read_journal(path), None)
    if not isinstance(first, Run):
        raise OperatorError(f"{path} is no journal of a replay: it has no beginning")
    return first


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}") from error


def _line(path: Path, text: bytes) -> JournalLine:
    try:
        found: JournalLine = _decoder.decode(text)
        return found
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is no journal of a replay: {error}") from error
