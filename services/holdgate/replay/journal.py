"""The journal of a replay: a file with one JSON object per line, which is shown, resumed and executed from.

    run          the request: range, filter, versions, who and why
    change       a decision that would change
    checkpoint   the next offset of each partition, and the counts up to there
    end          the end of the range was reached

After a crash the file is valid up to its last checkpoint; a resumed run truncates the rest and writes it
again. Lines name payments, fields and listed entries, and never contain other text of a payment.
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
    """A run's request and versions.

    `span` has the offsets (start, end) by partition, `decisions_end` the end of the decisions topic when the
    run began, by partition. `lists` and `policy` say where the inputs came from, and `target` is the topic to
    publish to. `most` limits the payments.
    """

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
        """The number of offsets in the range."""
        return sum(end - start for start, end in self.span.values())


class Change(Struct, frozen=True, omit_defaults=True, tag_field="line", tag="change"):
    """A payment whose decision would change.

    `needs_review`: rescreening may not make the change; it is for people to decide.
    """

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
    needs_review: bool = False


class Counts(Struct, omit_defaults=True):
    """Counts up to a checkpoint.

    `payments` are all that were screened again: the kinds of change, `same`, `undecided`, which had no
    decision to compare with, and `reviewed`, which people decided and no new entry concerns. `needs_review`
    are the changes that rescreening may not make, `lifted` the releases that it may. `passed_over` were
    excluded by the filter. `gone` are offsets without a record: compacted, or transaction markers.
    """

    payments: int = 0
    held: int = 0
    released: int = 0
    reason: int = 0
    matches: int = 0
    same: int = 0
    undecided: int = 0
    reviewed: int = 0
    needs_review: int = 0
    lifted: int = 0
    unreadable: int = 0
    passed_over: int = 0
    gone: int = 0
    published: int = 0

    @property
    def changed(self) -> int:
        """The number of decisions that would change."""
        return self.held + self.released + self.reason + self.matches


class Checkpoint(Struct, frozen=True, tag_field="line", tag="checkpoint"):
    """Where to continue: the next offset by partition; `target` has those of the topic published to."""

    next: dict[int, int]
    counted: Counts
    target: dict[int, int] = {}


class End(Struct, frozen=True, tag_field="line", tag="end"):
    """The run is complete, or `stopped` at its limit of payments."""

    ended_at: datetime
    counted: Counts
    stopped: bool = False


JournalLine = Run | Change | Checkpoint | End
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(JournalLine)


class Journal:
    """A journal open for writing."""

    def __init__(self, path: Path, run: Run, checkpoint: Checkpoint, file: IO[bytes]) -> None:
        self.path = path
        self.run = run
        self.checkpoint = checkpoint
        self._file = file

    def write(self, *lines: JournalLine) -> None:
        """Append lines; they are on disk when this method returns."""
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
    """Create a journal; `target` has the end offsets of the topic to publish to.

    Raises `OperatorError` if the file exists or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except FileExistsError as error:
        raise OperatorError(
            f"{path} exists: continue it with --resume {path}, or give another file with --journal"
        ) from error
    except OSError as error:
        raise OperatorError(
            f"cannot write the journal {path}: {error.strerror}; give another file with --journal"
        ) from error
    first = Checkpoint({partition: start for partition, (start, _) in run.span.items()}, Counts(), target)
    journal = Journal(path, run, first, file)
    journal.write(run, first)
    return journal


def resume_journal(path: Path) -> Journal:
    """Truncate a journal to its last checkpoint and open it.

    Raises `OperatorError` if the run is complete or the file is not a journal.
    """
    run, checkpoint, checkpoint_end, line_end = None, None, 0, 0
    with _open(path) as file:
        for text in file:
            line_end += len(text)
            line = _decode(path, text) if text.endswith(b"\n") else None
            if isinstance(line, End):
                raise OperatorError(f"{path} is complete: show it with `holdgate replay --show {path}`")
            run = line if isinstance(line, Run) else run
            if isinstance(line, Checkpoint):
                checkpoint, checkpoint_end = line, line_end
    if run is None or checkpoint is None:
        raise OperatorError(f"{path} is not a journal of a replay: its first line is not a run")
    file = path.open("r+b")
    file.truncate(checkpoint_end)
    file.seek(checkpoint_end)
    return Journal(path, run, checkpoint, file)


def read_journal(path: Path) -> Iterator[JournalLine]:
    """Yield the lines of a journal; raise `OperatorError` for any other file."""
    with _open(path) as file:
        for text in file:
            yield _decode(path, text)


def read_run(path: Path) -> Run:
    """Return the run of a journal; raise `OperatorError` for any other file."""
    first_line = next(read_journal(path), None)
    if not isinstance(first_line, Run):
        raise OperatorError(f"{path} is not a journal of a replay: its first line is not a run")
    return first_line


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from error


def _decode(path: Path, text: bytes) -> JournalLine:
    try:
        line: JournalLine = _decoder.decode(text)
        return line
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is not a journal of a replay: {error}") from error
