"""The projection of the review topics: takes their records, and holds what people search and read.

It applies the reducer to the events in the order of the log, so it agrees with every other reader. Each batch
of records is one transaction together with the offset to continue from: after a kill nothing is missing and
nothing counts twice. Several processes may write to one file.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from holdgate.adapters.sqlite.case_queries import CaseQueries, read_case, read_evidence, read_rules
from holdgate.adapters.sqlite.schema import NO_DUE_TIME, create_tables, open_projection
from holdgate.core.model.decision import Decision
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review.case import ACTIVE_STAGES, Case
from holdgate.core.review.event import ReviewEvent, RulesPublished, UnreadableEventError, decode_event
from holdgate.core.review.event_contents import CaseFacts
from holdgate.core.review.parties import account_key, case_parties, name_key, search_words
from holdgate.core.review.reducer import VoidReason, apply, why_rules_are_void
from holdgate.core.review.review_rules import ReviewRules

COMPRESSION_LEVEL = 1
MAX_UNREADABLE_KEY = 200
MAX_PROBLEM = 300

_encoder = msgspec.json.Encoder()
_case_decoder = msgspec.json.Decoder(Case)
_decision_decoder = msgspec.json.Decoder(Decision)

_UPSERT = """
INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (case_id) DO UPDATE SET state = excluded.state, queue = excluded.queue, stage = excluded.stage,
    is_active = excluded.is_active, due = excluded.due, owner = excluded.owner, reason = excluded.reason,
    score = excluded.score, amount = excluded.amount, currency = excluded.currency,
    payment = excluded.payment, decision = excluded.decision, ended = excluded.ended
"""


class CaseStore(CaseQueries):
    """The projection in one file. Not safe for threads; open one per thread."""

    def __init__(self, path: Path, origin: str = "") -> None:
        """Open or create the file; `origin` names the log, and a file of another log is rebuilt."""
        super().__init__(open_projection(path, origin))
        self._origin = origin

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def clear(self) -> None:
        """Forget everything, for a log that was created anew."""
        with self._transaction():
            create_tables(self._connection, self._origin)

    def add(
        self, topic: str, partition: int, records: Sequence[Record], end_offset: int
    ) -> dict[int, VoidReason | None]:
        """Add the next records of a partition, and continue from `end_offset` after a restart.

        `topic` is its name in the contract. Records below the stored offset are skipped. Returns why each
        event that was added does not count, by offset; None if it counts.
        """
        batch = _Batch(self._connection)
        with self._transaction():
            start = self.next_offset(topic, partition)
            new = [record for record in records if record.offset >= start]
            if topic == REVIEW_EVENTS.name:
                batch.add_events(new)
            elif topic == REVIEW_EVIDENCE.name:
                batch.add_evidence(new)
            else:
                raise ValueError(f"{topic} is no topic of review")
            self._connection.execute(
                "INSERT INTO offsets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
                " next_offset = max(next_offset, excluded.next_offset)",
                (topic, partition, end_offset),
            )
        if batch.has_erased:
            self._overwrite_erased()
        return batch.void_by_offset

    def _overwrite_erased(self) -> None:
        """Remove what was erased from the full-text index and the write-ahead log, where it is still."""
        self._connection.execute("INSERT INTO party_words (party_words) VALUES ('optimize')")
        self._connection.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


class _Batch:
    """The records of one transaction. Cases are written once, after the last of their events."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.void_by_offset: dict[int, VoidReason | None] = {}
        self.has_erased = False

    def add_events(self, records: Sequence[Record]) -> None:
        rules = read_rules(self._connection)
        before: dict[str, Case | None] = {}
        cases: dict[str, Case | None] = {}
        rows: list[tuple[object, ...]] = []
        for record in records:
            value = record.value or b""
            try:
                event = decode_event(value)
            except UnreadableEventError as error:
                self.void_by_offset[record.offset] = "UNREADABLE"
                problem = _text(str(error))[:MAX_PROBLEM]
                rows.append((record.offset, _key_text(record.key), "", None, "UNREADABLE", None, problem))
                continue
            void: VoidReason | None = None
            if isinstance(event, RulesPublished):
                void = why_rules_are_void(event)
                if void is None:
                    rules = event.what
                    self._write_rules(rules)
            else:
                case_id = event.case_id
                if case_id not in cases:
                    before[case_id] = cases[case_id] = read_case(self._connection, case_id)
                cases[case_id], void = apply(cases[case_id], event, rules)
            self.void_by_offset[record.offset] = void
            rows.append((record.offset, *_event_columns(event), void, value, None))
        self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._write_cases({key: case for key, case in cases.items() if case != before[key]}, before)

    def _write_rules(self, rules: ReviewRules) -> None:
        row = (1, rules.version, _encoder.encode(rules))
        self._connection.execute("INSERT OR REPLACE INTO rules VALUES (?, ?, ?)", row)

    def _write_cases(self, changed: Mapping[str, Case | None], before: Mapping[str, Case | None]) -> None:
        cases = [case for case in changed.values() if case is not None]
        self._connection.executemany(_UPSERT, [_case_columns(case) for case in cases])
        for case in cases:
            known = before[case.case_id]
            if known is None or _drawn_from(known) != _drawn_from(case):
                self._write_facts(case, is_new=known is None)

    def _write_facts(self, case: Case, is_new: bool) -> None:
        """Write the matches of a case, and what its evidence says if that is known already."""
        if not is_new:
            self._connection.execute("DELETE FROM matches WHERE case_id = ?", (case.case_id,))
            self._forget_parties(case.case_id)
        self._connection.executemany(
            "INSERT INTO matches VALUES (?, ?, ?, ?, ?)",
            [
                (case.case_id, number, _text(match.entry_id), match.rule, match.score)
                for number, match in enumerate(case.facts.matches, 1)
            ],
        )
        _, payment_digest, decision_digest = _drawn_from(case)
        payment = payment_digest and self._evidence(payment_digest)
        if payment:
            self._write_parties(case, payment)
        decision = self._evidence(decision_digest) if decision_digest else None
        self._write_uetr([case.case_id], decision)
        self.has_erased = self.has_erased or case.is_erased

    def add_evidence(self, records: Sequence[Record]) -> None:
        for record in records:
            digest = _key_text(record.key)
            if record.value is None:
                self._connection.execute(
                    "INSERT INTO evidence VALUES (?, 0, NULL) ON CONFLICT"
                    " DO UPDATE SET size = 0, value = NULL",
                    (digest,),
                )
                self._apply_evidence(digest, None)
            elif hashlib.sha256(record.value).hexdigest() == digest:
                packed = zlib.compress(record.value, COMPRESSION_LEVEL)
                row = (digest, len(record.value), packed)
                self._connection.execute("INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", row)
                self._apply_evidence(digest, record.value)

    def _apply_evidence(self, digest: str, value: bytes | None) -> None:
        """Draw parties and ids from new evidence, or remove those that were drawn from it."""
        cases = self._connection.execute("SELECT state FROM cases WHERE payment = ?", (digest,)).fetchall()
        for [state] in cases:
            case = _case_decoder.decode(state)
            self._forget_parties(case.case_id)
            if value is not None:
                self._write_parties(case, value)
        decided = self._connection.execute("SELECT case_id FROM cases WHERE decision = ?", (digest,))
        self._write_uetr([case_id for [case_id] in decided.fetchall()], value)
        self.has_erased = self.has_erased or (value is None and bool(cases))

    def _evidence(self, digest: str) -> bytes | None:
        return read_evidence(self._connection, digest)

    def _write_uetr(self, case_ids: Sequence[str], decision: bytes | None) -> None:
        uetr = None
        if decision is not None and case_ids:
            try:
                uetr = _decision_decoder.decode(decision).uetr
            except (ValueError, RecursionError):
                uetr = None
        written = None if uetr is None else _text(uetr).lower()
        self._connection.executemany(
            "UPDATE cases SET uetr = ? WHERE case_id = ? AND uetr IS NOT ?",
            [(written, case_id, written) for case_id in case_ids],
        )

    def _write_parties(self, case: Case, payment: bytes) -> None:
        for party in case_parties(payment, case.facts):
            name, account = _text(party.name), _text(party.account)
            row = (case.case_id, party.role, name, account, name_key(name), account_key(account))
            number = self._connection.execute(
                "INSERT INTO parties VALUES (NULL, ?, ?, ?, ?, ?, ?)", row
            ).lastrowid
            words = " ".join(spelling for spellings in search_words(name) for spelling in spellings)
            self._connection.execute("INSERT INTO party_words (rowid, words) VALUES (?, ?)", (number, words))

    def _forget_parties(self, case_id: str) -> None:
        numbers = self._connection.execute(
            "SELECT number FROM parties WHERE case_id = ?", (case_id,)
        ).fetchall()
        self._connection.executemany("DELETE FROM party_words WHERE rowid = ?", numbers)
        self._connection.execute("DELETE FROM parties WHERE case_id = ?", (case_id,))


def _event_columns(event: ReviewEvent) -> tuple[str, str, str]:
    case_id = "" if isinstance(event, RulesPublished) else event.case_id
    return case_id, str(event.__struct_config__.tag), event.by.user


def _drawn_from(case: Case) -> tuple[CaseFacts, str | None, str | None]:
    """Return the facts of a case, and the digests of its payment and decision if they are not erased."""
    facts = case.facts
    payment, decision = (
        digest if digest in case.evidence else None for digest in (facts.payment, facts.decision)
    )
    return facts, payment, decision


def _case_columns(case: Case) -> tuple[object, ...]:
    facts, payment, decision = _drawn_from(case)
    return (
        case.case_id,
        _encoder.encode(case),
        facts.queue,
        case.stage,
        case.stage in ACTIVE_STAGES,
        NO_DUE_TIME if facts.due is None else facts.due.timestamp(),
        case.owner,
        facts.reason,
        max((match.score for match in facts.matches), default=0.0),
        facts.amount,
        facts.currency,
        _text(facts.payment_id),
        payment,
        decision,
        None if case.ended_at is None or not case.evidence else case.ended_at.timestamp(),
    )


def _key_text(key: bytes | None) -> str:
    return (key or b"")[:MAX_UNREADABLE_KEY].decode("utf-8", "backslashreplace")


def _text(text: str) -> str:
    """Return a text that SQLite can store: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode()
