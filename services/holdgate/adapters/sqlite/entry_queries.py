"""Reads of the projection about list entries: which cases they caused, and how those ended."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from holdgate.core.model.review_outcome import Disposition
from holdgate.core.review.case import Case, Stage

PAGE_CASES = 50

_case_decoder = msgspec.json.Decoder(Case)


class Precedent(NamedTuple):
    """An earlier or later case of a party of the same name with the same list entry."""

    case: Case
    entry_id: str
    name: str


class EntryOutcome(NamedTuple):
    """How many cases with a match of an entry are at a stage; `disposition` is None without a proposal."""

    stage: Stage
    disposition: Disposition | None
    cases: int


class EntryQueries:
    """Reads of the projection by list entry. Each is one short transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def cases_with_entry(self, entry_id: str, limit: int = PAGE_CASES) -> list[Case]:
        """Return the cases with a match of a list entry, those due last first."""
        return self._cases(
            "SELECT state FROM cases WHERE case_id IN (SELECT case_id FROM matches WHERE entry_id = ?)"
            " ORDER BY due DESC, case_id LIMIT ?",
            (entry_id, limit),
        )

    def entry_outcomes(self, entry_id: str, limit: int) -> list[EntryOutcome]:
        """Return how many cases with a match of an entry are at each stage, and with which disposition, of at
        most `limit` cases."""
        rows = self._connection.execute(
            "SELECT stage, json_extract(CAST(state AS TEXT), '$.proposal.content.disposition'), count(*)"
            " FROM cases WHERE case_id IN (SELECT DISTINCT case_id FROM matches WHERE entry_id = ? LIMIT ?)"
            " GROUP BY 1, 2",
            (entry_id, limit),
        )
        return [EntryOutcome(*row) for row in rows]

    def precedents(self, case: Case, limit: int = PAGE_CASES) -> list[Precedent]:
        """Return other cases in which a party of the same name had a match with an entry of the case."""
        entries = sorted({match.entry_id for match in case.facts.matches})
        if not entries:
            return []
        rows = self._connection.execute(
            "SELECT DISTINCT cases.state, matches.entry_id, parties.name"
            " FROM parties CROSS JOIN matches USING (case_id) CROSS JOIN cases USING (case_id)"
            " WHERE parties.name_key IN (SELECT name_key FROM parties WHERE case_id = ?)"
            " AND parties.name_key <> '' AND matches.entry_id IN (SELECT value FROM json_each(?))"
            " AND parties.case_id <> ? LIMIT ?",
            (case.case_id, _json(entries), case.case_id, limit),
        ).fetchall()
        return [Precedent(_case_decoder.decode(state), entry_id, name) for state, entry_id, name in rows]

    def cases_of_party(
        self, name_key: str, account_key: str, entry_id: str, stage: Stage, limit: int
    ) -> list[Case]:
        """Return cases at a stage in which a party of this name and account had a match with an entry, by due
        time."""
        return self._cases(
            "SELECT DISTINCT cases.state FROM parties CROSS JOIN matches USING (case_id)"
            " CROSS JOIN cases USING (case_id) WHERE parties.name_key = ? AND parties.account_key = ?"
            " AND parties.name_key <> '' AND matches.entry_id = ? AND cases.stage = ?"
            " ORDER BY cases.due, cases.case_id LIMIT ?",
            (name_key, account_key, entry_id, stage, limit),
        )

    def _cases(self, query: str, values: tuple[object, ...]) -> list[Case]:
        return [_case_decoder.decode(state) for [state] in self._connection.execute(query, values).fetchall()]


def _json(values: Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()
