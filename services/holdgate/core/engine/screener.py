"""Payment, snapshot and policy to decision: the one place where that is decided."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

import msgspec

from holdgate.core.engine.corroboration import corroborate, min_name_score
from holdgate.core.engine.matches import (
    Judgement,
    bank_matches,
    identifier_matches,
    name_match,
    text_match,
)
from holdgate.core.engine.notes import MAX_NOTES, note_partly_searched, notes_on
from holdgate.core.engine.outcome import RULE_PRIORITY, profile_for, reason_for, screening_date, status_for
from holdgate.core.engine_version import engine_version
from holdgate.core.goods import GoodsFinder
from holdgate.core.identifiers.in_text import identifiers_in
from holdgate.core.intake import Received
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Decision, Match, Note, Versions, decide, with_origin
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.screened_fields import (
    AddressTextField,
    CodeField,
    Facts,
    Field,
    GoodsField,
    IdField,
    NameField,
    PlaceField,
    TextField,
    fields_to_screen,
)
from holdgate.core.names.analysis import analyse
from holdgate.core.names.matcher import Matcher, NameHit, Query
from holdgate.core.places.finder import PlaceFinder
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.profile import Profile, Thresholds
from holdgate.core.policy.timeliness import Stale, all_fresh, deadline
from holdgate.core.text.address_finder import AddressFinder
from holdgate.core.text.finder import NameInText, TextFinder, accept_all

MAX_MATCHES = 50
"""Matches told in one decision, best first: a name like that of a large family of entries has dozens."""

NEAR_MISS_MARGIN = 0.05
"""A name that is this little below its threshold is a near miss: counted, not told. Asking for such too takes
5 % longer on 2,500 listed names with an error or two."""

TERMS_PER_STEP = 200
"""Words forgotten in a step."""

WEAK_ALIAS = Evidence(part="", matched="a weak alias", how="weak", weight=0.0)
"""OFAC FAQ 122: weak aliases are broad or generic and meant to confirm a match, not to make one."""

NO_FACTS = Facts()

Hits = Mapping[tuple[float, Query], list[NameHit]]


class FieldsToScreen(NamedTuple):
    """What is asked about a payment: its fields, the rules it is judged by, and the day it is of."""

    fields: tuple[Field, ...]
    profile: Profile
    day: date | None


class Screener:
    """Decides payments with one snapshot and one policy. Made anew when either changes."""

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self.snapshot = snapshot
        self.policy = policy
        self.versions = Versions(snapshot.version, policy.version, engine_version())
        self.matcher = Matcher(snapshot.index)
        self.near_misses = 0

    @cached_property
    def text_finder(self) -> TextFinder:
        """Finds names in texts; made when it is first asked, as what follows."""
        return TextFinder(self.matcher)

    @cached_property
    def address_finder(self) -> AddressFinder:
        """Finds names in addresses."""
        return AddressFinder(self.text_finder)

    @cached_property
    def place_finder(self) -> PlaceFinder:
        """Finds sanctioned places."""
        return PlaceFinder(self.policy.geography)

    @cached_property
    def goods_finder(self) -> GoodsFinder:
        """Finds listed goods."""
        return GoodsFinder(self.policy.goods)

    def warm_up(self) -> None:
        """Do now what the first payments would wait for: what is made when it is first asked, and the 90 ms
        in which ICU reads its tables at the first Han character."""
        _ = self.address_finder, self.goods_finder
        self.place_finder.gazetteer.prepare()
        analyse("\u4e2d", "person")

    def drop_cached_terms(self) -> Iterator[None]:
        """Forget in steps what was looked up of words: of 4,000 payments it takes 20 ms in one go."""
        for terms in self.matcher.query_builders.values():
            while terms.drop_terms(TERMS_PER_STEP):
                yield

    def screen(
        self, batch: Sequence[Received], *, now: datetime | None = None, stale: Stale = all_fresh
    ) -> list[Decision]:
        """Decide a batch, in its order.

        `now` judges deadlines, and without it none is judged; `stale` says which list is too old for a
        profile, and then its payments are held. A match is told whatever else holds the payment.
        """
        asked = [
            FieldsToScreen(
                tuple(fields_to_screen(received.payment)),
                profile_for(received, self.policy),
                screening_date(received),
            )
            for received in batch
        ]
        hits = self._match_names(asked)
        return [
            self._decide(received, *self._matches_and_notes(row, hits), row.profile, now, stale)
            for received, row in zip(batch, asked, strict=True)
        ]

    def _match_names(self, rows: Sequence[FieldsToScreen]) -> Hits:
        asked: dict[float, dict[Query, None]] = {}
        for fields, profile, _ in rows:
            for field in fields:
                if isinstance(field, NameField):
                    least = self._min_score(field.facts, profile)
                    asked.setdefault(least, {})[Query(field.value, field.type)] = None
        hits: dict[tuple[float, Query], list[NameHit]] = {}
        for least, queries in asked.items():
            found = self.matcher.match(list(queries), min_score=least, limit=MAX_MATCHES)
            hits |= {(least, query): row for query, row in zip(queries, found, strict=True)}
        return hits

    def _min_score(self, facts: Facts, profile: Profile) -> float:
        least = min_name_score(profile.thresholds.for_kind("unknown"), facts, self.policy.corroboration)
        return max(0.0, least - NEAR_MISS_MARGIN)

    def _matches_and_notes(
        self, asked: FieldsToScreen, hits: Hits
    ) -> tuple[tuple[Match, ...], tuple[Note, ...]]:
        """What a decision tells of the fields: the matches, best first, and what was not compared whole."""
        found: list[Match] = []
        told: list[Note] = []
        for field in asked.fields:
            if isinstance(field, TextField | AddressTextField):
                named, whole = self._names_in_text(field, asked.profile)
                found += named
                told += () if whole else (note_partly_searched(field),)
            found += self._field_matches(field, asked, hits)
        if asked.profile.not_screened:
            found = [match for match in found if asked.profile.screens(match.field, match.list)]
        found.sort(key=lambda match: (RULE_PRIORITY.get(match.rule, 0), -match.score))
        return tuple(found[:MAX_MATCHES]), (*told, *notes_on(asked.fields))[:MAX_NOTES]

    def _field_matches(self, field: Field, asked: FieldsToScreen, hits: Hits) -> Iterable[Match]:
        """The matches of a field, but the names that stand inside a text."""
        profile, day = asked.profile, asked.day
        if isinstance(field, NameField):
            return self._name_matches(field, profile, hits)
        if isinstance(field, IdField):
            return identifier_matches(field, self.snapshot)
        if isinstance(field, CodeField):
            banks = bank_matches(field, self.snapshot) if field.kind == "iban" else ()
            return [*banks, *self.place_finder.find_in_code(field, day)]
        if isinstance(field, PlaceField):
            return self.place_finder.find_in_address(field, day)
        if isinstance(field, GoodsField):
            return self.goods_finder.find(field)
        if isinstance(field, TextField):
            return [
                *self._identifiers_in_text(field, asked, hits),
                *self.place_finder.find_in_text(field, day),
            ]
        return ()

    def _names_in_text(
        self, field: TextField | AddressTextField, profile: Profile
    ) -> tuple[list[Match], bool]:
        """The listed names inside a text, and whether all of it was searched."""
        texts = self.address_finder if isinstance(field, AddressTextField) else self.text_finder
        entries = self.snapshot.entries

        def counts(found: NameInText) -> bool:
            return profile.screens(field.paths[found.line_spans[0].line], entries[found.hit.entry].list)

        found = texts.find(
            field.lines, profile.thresholds.text, counts if profile.not_screened else accept_all
        )
        return [text_match(field, one, entries[one.hit.entry]) for one in found.names], found.complete

    def _identifiers_in_text(self, field: TextField, asked: FieldsToScreen, hits: Hits) -> Iterator[Match]:
        """The matches of identifiers that stand in a text, each with its place."""
        for found in identifiers_in(field):
            where = Evidence(found.field.path, f"characters {found.start}-{found.end}", "at", 0.0)
            for match in self._field_matches(found.field, asked, hits):
                yield msgspec.structs.replace(match, evidence=(*match.evidence, where))

    def _name_matches(self, field: NameField, profile: Profile, hits: Hits) -> Iterator[Match]:
        for hit in hits[self._min_score(field.facts, profile), Query(field.value, field.type)]:
            judged = self.judge(hit, field.facts, profile.thresholds)
            if judged.holds:
                yield name_match(field, hit, judged, self.snapshot.entries[hit.entry])
            elif (
                judged.score
                >= profile.thresholds.for_kind(self.snapshot.entries[hit.entry].type) - NEAR_MISS_MARGIN
            ):
                self.near_misses += 1

    def judge(self, hit: NameHit, facts: Facts = NO_FACTS, thresholds: Thresholds | None = None) -> Judgement:
        """What the policy makes of a name match, with what else is known of the party.

        `thresholds` are those of the payment's profile, where it is not the policy's own that count.
        """
        entry = self.snapshot.entries[hit.entry]
        weighed = corroborate(hit.score, facts, entry, self.policy.corroboration)
        evidence = hit.evidence + weighed.evidence
        holds = weighed.holding >= (thresholds or self.policy.thresholds).for_kind(entry.type)
        if hit.name_kind == "weak":
            evidence += (WEAK_ALIAS,)
            holds = holds and weighed.identified
        return Judgement(weighed.score, holds, evidence)

    def _decide(
        self,
        received: Received,
        matches: tuple[Match, ...],
        told: tuple[Note, ...],
        profile: Profile,
        now: datetime | None,
        stale: Stale,
    ) -> Decision:
        payment = received.payment
        if received.origins:
            matches = tuple(with_origin(match, received.origins) for match in matches)
            told = tuple(with_origin(note, received.origins) for note in told)
        due = deadline(payment, profile)
        reason, detail = reason_for(matches, due, now, stale(profile))
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
            notes=told,
            deadline=due,
        )
