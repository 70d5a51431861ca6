"""The screener: turns a payment, a snapshot and a policy into a decision. Nothing else decides payments."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from holdgate.core.engine.finders import Finders, NameHits, PaymentContext
from holdgate.core.engine.matches import readings_of, without_repeats
from holdgate.core.engine.notes import MAX_NOTES, notes_on
from holdgate.core.engine.outcome import profile_for, reason_for, screening_date, status_for
from holdgate.core.engine.rules import PRIORITIES, RULES_BY_FIELD
from holdgate.core.engine.silent_fields import SilentFields
from holdgate.core.engine.written_fields import read_fields
from holdgate.core.engine_version import engine_version
from holdgate.core.identifiers.addresses import address_words
from holdgate.core.intake import Received
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Decision, Match, Note, Versions, decide, with_origin
from holdgate.core.model.screened_fields import AddressTextField, Field, NameField, TextField
from holdgate.core.names.fields.field_readings import read_name
from holdgate.core.names.matching.matcher import NameHit, Query
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.profile import Profile
from holdgate.core.policy.timeliness import Stale, all_fresh, deadline

MAX_MATCHES = 50
"""Matches in a decision, best first: the name of a large family of entries has dozens."""

TERMS_PER_STEP = 200
"""Query terms dropped per step."""


WARM_UP_NAMES = ("Kim Example & Example", "\u4e2d", "\uae40", "\u0639\u0645\u0631")
"""Names at which the tables of separators, respellings, syllables, sounds and romanisations are read."""


class FieldsToScreen(NamedTuple):
    """The fields of a payment, the notes on how they were read, its rules and its screening date."""

    fields: tuple[Field, ...]
    notes: list[Note]
    profile: Profile
    day: date | None


class Screener(Finders):
    """Decides payments with one snapshot and one policy. Create another one when either changes."""

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        super().__init__(snapshot, policy)
        self.versions = Versions(snapshot.version, policy.version, engine_version())
        self.silent_fields = SilentFields()
        self.lists = tuple(edition.list for edition in snapshot.editions)

    def warm_up(self) -> None:
        """Build what is built on first use, so that the first payment need not wait for it.

        At the first Han character, ICU reads its tables for 90 ms; the tables of names take as long.
        """
        _ = self.address_finder, self.goods_finder
        self.place_finder.gazetteer.prepare()
        for name in WARM_UP_NAMES:
            read_name(name)
            self.matcher.match([Query(name, "unknown")], min_score=1.0)
        if self.snapshot.addresses:
            address_words("a")

    def drop_cached_terms(self) -> Iterator[None]:
        """Drop cached query terms in small steps; dropping those of 4,000 payments at once takes 20 ms."""
        for terms in self.matcher.query_builders.values():
            while terms.drop_terms(TERMS_PER_STEP):
                yield

    def screen(
        self, batch: Sequence[Received], *, now: datetime | None = None, stale: Stale = all_fresh
    ) -> list[Decision]:
        """Return the decisions on a batch of payments, in the same order.

        Deadlines are judged at `now`; without it, none is judged. `stale` names the list that is too old for
        a profile, whose payments are then held. Matches are reported whatever else holds the payment.
        """
        rows = [self._read(received) for received in batch]
        self.address_finder.prepare(
            field.lines for row in rows for field in row.fields if isinstance(field, AddressTextField)
        )
        name_hits = self._match_names(rows)
        self.text_finder.prepare(
            field.lines for row in rows for field in row.fields if isinstance(field, TextField)
        )
        return [
            self._decide(received, *self._matches_and_notes(row, name_hits), row.profile, now, stale)
            for received, row in zip(batch, rows, strict=True)
        ]

    def _read(self, received: Received) -> FieldsToScreen:
        """Return the fields of a payment but those that are known to give nothing."""
        fields, notes = read_fields(received)
        profile, day = profile_for(received, self.policy), screening_date(received)
        return FieldsToScreen(self.silent_fields.drop_known(fields, profile, day), notes, profile, day)

    def _match_names(self, rows: Sequence[FieldsToScreen]) -> NameHits:
        """Match the names of a batch together: each distinct name once per minimum score."""
        queries_by_score: dict[float, dict[Query, None]] = {}
        for fields, _, profile, _ in rows:
            for field in fields:
                if isinstance(field, NameField):
                    min_score = self.min_score(field.facts, profile)
                    queries = queries_by_score.setdefault(min_score, {})
                    for reading in readings_of(field).readings:
                        queries[Query(reading.value, field.type)] = None
        name_hits: dict[tuple[float, Query], list[NameHit]] = {}
        for min_score, distinct in queries_by_score.items():
            hits = self.matcher.match(list(distinct), min_score=min_score, limit=MAX_MATCHES)
            name_hits |= {(min_score, query): row for query, row in zip(distinct, hits, strict=True)}
        return name_hits

    def _matches_and_notes(
        self, row: FieldsToScreen, name_hits: NameHits
    ) -> tuple[tuple[Match, ...], tuple[Note, ...]]:
        """Return the matches of the fields, best first, and all notes on fields compared only in part."""
        profile = row.profile
        context = PaymentContext(profile, row.day, name_hits, notes=row.notes)
        matches: list[Match] = []
        field_notes: list[Note] = []
        notes = context.notes
        for field in row.fields:
            before = len(matches), len(notes), self.near_misses
            for rule in RULES_BY_FIELD[type(field)]:
                matches += rule.find(self, field, context)
            noted = notes_on((field,))
            if before == (len(matches), len(notes), self.near_misses) and not noted:
                self.silent_fields.add(field, profile, row.day)
            field_notes += noted
        matches = without_repeats(matches)
        if profile.not_screened:
            matches = [match for match in matches if profile.screens(match.field, match.list)]
        matches.sort(key=lambda match: (PRIORITIES[match.rule], -match.score))
        return tuple(matches[:MAX_MATCHES]), (*notes, *dict.fromkeys(field_notes))

    def _decide(
        self,
        received: Received,
        matches: tuple[Match, ...],
        notes: tuple[Note, ...],
        profile: Profile,
        now: datetime | None,
        stale: Stale,
    ) -> Decision:
        payment = received.payment
        notes = (*received.notes, *notes)
        holding = tuple(note for note in notes if profile.holds(note, self.lists)) if notes else ()
        if len(notes) > MAX_NOTES:  # those that hold the payment come first and are never crowded out
            notes = tuple(dict.fromkeys((*holding, *notes)))[:MAX_NOTES]
        if received.origins:
            matches = tuple(with_origin(match, received.origins) for match in matches)
            notes = tuple(with_origin(note, received.origins) for note in notes)
        due = deadline(payment, profile)
        reason, detail = reason_for(matches, holding, due, now, stale(profile))
        return decide(
            payment_id=payment.payment_id,
            uetr=payment.uetr,
            refers_to=payment.refers_to,
            content_hash=received.content_hash,
            versions=self.versions,
            reason=reason,
            status=status_for(reason, profile),
            detail=detail,
            matches=matches,
            notes=notes,
            deadline=due,
        )
