"""What people search and read in the projection: queues, cases with their events, history, evidence."""

import re
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, cast

import msgspec

from holdgate.adapters.sqlite.entry_queries import PAGE_CASES, EntryQueries
from holdgate.adapters.sqlite.schema import NO_DUE_TIME
from holdgate.core.model.decision import HoldReason
from holdgate.core.review.case import Case, Stage
from holdgate.core.review.event import ReviewEvent, decode_event
from holdgate.core.review.parties import CaseParty, account_key, search_words
from holdgate.core.review.reducer import VoidReason
from holdgate.core.review.retention import erasable_from
from holdgate.core.review.review_rules import Queue, ReviewRules

MAX_SEARCH_WORDS = 12
MAX_SEARCH_CHARACTERS = 300
MIN_ACCOUNT_CHARACTERS = 5
"""A shorter text is searched as a name and as an id, not as an account."""

_BY_NAME = (
    "SELECT case_id FROM parties WHERE number IN (SELECT rowid FROM party_words"
    " WHERE party_words MATCH ? ORDER BY rowid DESC LIMIT ?)"
)
_FULL_WORD = re.compile(r"[\w]+")
_case_decoder = msgspec.json.Decoder(Case)
_rules_decoder = msgspec.json.Decoder(ReviewRules)


class LoggedEvent(NamedTuple):
    """A record of review.events. `void` is None if it counts; `event` is None if it is no event."""

    offset: int
    type: str
    void: VoidReason | None
    event: ReviewEvent | None
    problem: str | None


class QueueCount(NamedTuple):
    """How many cases a queue has at a stage."""

    queue: Queue
    stage: Stage
    cases: int


class StoredEvidence(NamedTuple):
    """A value of evidence; `value` is None once it is erased."""

    value: bytes | None


def read_case(connection: sqlite3.Connection, case_id: str) -> Case | None:
    """Return a case, None if it does not exist."""
    row = connection.execute("SELECT state FROM cases WHERE case_id = ?", (case_id,)).fetchone()
    return None if row is None else _case_decoder.decode(row[0])


def read_rules(connection: sqlite3.Connection) -> ReviewRules | None:
    """Return the rules in force, None before any were published."""
    row = connection.execute("SELECT content FROM rules").fetchone()
    return None if row is None else _decode_rules(row[0])


@lru_cache(4)
def _decode_rules(content: bytes) -> ReviewRules:
    """Return rules, decoded once: a page asks for them ten times."""
    return _rules_decoder.decode(content)


def read_evidence(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """Return a value of evidence, None if it is unknown or erased."""
    row = connection.execute("SELECT value FROM evidence WHERE digest = ?", (digest,)).fetchone()
    return None if row is None or row[0] is None else zlib.decompress(row[0])


class CaseQueries(EntryQueries):
    """Reads of the projection. Each is one short transaction."""

    def next_offset(self, topic: str, partition: int) -> int:
        """Return the offset to continue from."""
        row = self._connection.execute(
            "SELECT next_offset FROM offsets WHERE topic = ? AND partition = ?", (topic, partition)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def rules(self) -> ReviewRules | None:
        """Return the rules in force, None before any were published."""
        return read_rules(self._connection)

    def case(self, case_id: str) -> Case | None:
        """Return a case, None if it does not exist."""
        return read_case(self._connection, case_id)

    def cases(self) -> Iterator[Case]:
        """Yield every case."""
        for [state] in self._connection.execute("SELECT state FROM cases ORDER BY case_id"):
            yield _case_decoder.decode(state)

    def cases_that_begin(self, prefix: str, limit: int = 2) -> list[Case]:
        """Return cases whose id begins with these hexadecimal digits."""
        return self._cases(
            "SELECT state FROM cases WHERE case_id >= ? AND case_id < ? ORDER BY case_id LIMIT ?",
            (prefix, prefix + "g", limit),
        )

    def queue_page(
        self,
        queue: Queue | None = None,
        stage: Stage | None = None,
        owner: str | None = None,
        after: Case | None = None,
        limit: int = PAGE_CASES,
        reason: HoldReason | None = None,
    ) -> list[Case]:
        """Return cases by due time, those without one last; without a stage, all that are not finished.

        `after` is the last case of the page before.
        """
        conditions: dict[str, tuple[object, ...]] = {} if stage else {"is_active": ()}
        conditions |= {"stage = ?": (stage,)} if stage else {}
        conditions |= {"queue = ?": (queue,)} if queue else {}
        conditions |= {"owner = ?": (owner,)} if owner else {}
        conditions |= {"reason = ?": (reason,)} if reason else {}
        if after is not None:
            conditions["(due, case_id) > (?, ?)"] = (_due_column(after.facts.due), after.case_id)
        parts = ("SELECT state FROM cases WHERE", " AND ".join(conditions), "ORDER BY due, case_id LIMIT ?")
        return self._cases(" ".join(parts), (*chain.from_iterable(conditions.values()), limit))

    def queue_counts(self) -> list[QueueCount]:
        """Return how many cases each queue has at each stage."""
        rows = self._connection.execute("SELECT queue, stage, count(*) FROM cases GROUP BY stage, queue")
        return [QueueCount(*row) for row in rows]

    def owned_count(self, owner: str) -> int:
        """Return how many unfinished cases a person has taken."""
        query = "SELECT count(*) FROM cases WHERE owner = ? AND is_active"
        return int(self._connection.execute(query, (owner,)).fetchone()[0])

    def last_events(self, user: str | None = None, limit: int = PAGE_CASES) -> list[LoggedEvent]:
        """Return the newest records of the log, or of a person, newest first; void ones included."""
        condition, values = ("WHERE user = ?", (user,)) if user else ("", ())
        rows = self._connection.execute(
            f"SELECT log_offset, type, void, value, problem FROM events {condition}"  # noqa: S608 - constants
            " ORDER BY log_offset DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
        return [_logged(row) for row in rows]

    def search(self, text: str, limit: int = PAGE_CASES) -> list[Case]:
        """Return cases that a text finds: a name of a party in any script, an account, UETR, list entry,
        pseudonym, payment or case id. The last word of a name may be incomplete. Names are searched if the
        text is nothing else."""
        text = text.strip()[:MAX_SEARCH_CHARACTERS].encode("utf-8", "replace").decode()
        found: dict[str, None] = {}
        for query, value in self._exact_lookups(text):
            if len(found) < limit:
                rows = self._connection.execute(query, (value, limit))
                found |= {case_id: None for [case_id] in rows}
        if not found and (words := _full_text_query(text)):
            rows = self._connection.execute(_BY_NAME, (words, limit))
            found = {case_id: None for [case_id] in rows}
        cases = (self.case(case_id) for case_id in list(found)[:limit])
        return [case for case in cases if case is not None]

    def _exact_lookups(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield queries that return case ids, each with its value."""
        lowered = text.lower()
        if not text:
            return
        yield "SELECT case_id FROM cases WHERE case_id = ? LIMIT ?", lowered
        yield "SELECT case_id FROM cases WHERE payment_id = ? LIMIT ?", text
        yield "SELECT case_id FROM cases WHERE uetr = ? LIMIT ?", lowered
        yield "SELECT DISTINCT case_id FROM matches WHERE entry_id = ? LIMIT ?", text
        yield "SELECT DISTINCT case_id FROM events WHERE user = ? AND case_id <> '' LIMIT ?", lowered
        account = account_key(text)
        if len(account) >= MIN_ACCOUNT_CHARACTERS:
            yield (
                ("SELECT DISTINCT case_id FROM parties WHERE account_key = ? AND account_key <> '' LIMIT ?"),
                account,
            )

    def erasable_cases(self, now: datetime, rules: ReviewRules) -> Iterator[Case]:
        """Yield the cases whose evidence may be erased at a time without an order, those that ended first."""
        shortest_years = timedelta(days=365 * rules.retention.evidence_years)
        rows = self._connection.execute(
            "SELECT state FROM cases WHERE ended <= ? ORDER BY ended", ((now - shortest_years).timestamp(),)
        ).fetchall()
        for [state] in rows:
            case = _case_decoder.decode(state)
            start = erasable_from(case, rules)
            if start is not None and start <= now:
                yield case

    def events(self, case_id: str) -> list[LoggedEvent]:
        """Return the events of a case in the order of the log, void ones included."""
        rows = self._connection.execute(
            "SELECT log_offset, type, void, value, problem FROM events WHERE case_id = ? ORDER BY log_offset",
            (case_id,),
        ).fetchall()
        return [_logged(row) for row in rows]

    def event_at(self, offset: int) -> LoggedEvent | None:
        """Return the record at an offset, None if it was not read."""
        row = self._connection.execute(
            "SELECT log_offset, type, void, value, problem FROM events WHERE log_offset = ?", (offset,)
        ).fetchone()
        return None if row is None else _logged(row)

    def void_counts(self) -> dict[VoidReason, int]:
        """Return how many events do not count, by reason."""
        rows = self._connection.execute(
            "SELECT void, count(*) FROM events WHERE void IS NOT NULL GROUP BY void"
        )
        return {cast(VoidReason, void): count for void, count in rows}

    def parties(self, case_id: str) -> list[CaseParty]:
        """Return the parties of a case, empty if its payment is missing or erased."""
        rows = self._connection.execute(
            "SELECT role, name, account FROM parties WHERE case_id = ? ORDER BY number", (case_id,)
        )
        return [CaseParty(*row) for row in rows]

    def evidence(self, digest: str) -> StoredEvidence | None:
        """Return a value of evidence, None if it never came."""
        row = self._connection.execute("SELECT value FROM evidence WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            return None
        return StoredEvidence(None if row[0] is None else zlib.decompress(row[0]))


def _due_column(due: datetime | None) -> float:
    return NO_DUE_TIME if due is None else due.timestamp()


def _logged(row: tuple[int, str, VoidReason | None, bytes | None, str | None]) -> LoggedEvent:
    offset, kind, void, value, problem = row
    return LoggedEvent(offset, kind, void, None if value is None else decode_event(value), problem)


def _full_text_query(text: str) -> str:
    """Return a query of FTS5: every word in one of its spellings, the last one as a beginning."""
    words = search_words(text)[:MAX_SEARCH_WORDS]
    terms = []
    for number, spellings in enumerate(words, 1):
        is_last = number == len(words)
        options = [f'"{word}"{" *" if is_last else ""}' for word in spellings if _FULL_WORD.fullmatch(word)]
        if options:
            terms.append(f"({' OR '.join(options)})")
    return " AND ".join(terms)
