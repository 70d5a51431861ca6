"""Payment, snapshot and policy to decision: the one place where that is decided."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from holdgate.core.address_text import AddressNames
from holdgate.core.corroboration import Facts, least_name_score, weigh
from holdgate.core.decision import (
    Decision,
    Match,
    Note,
    Rule,
    Versions,
    decide,
    located,
)
from holdgate.core.engine import engine_version
from holdgate.core.entry import Entry
from holdgate.core.evidence import Evidence
from holdgate.core.fields import (
    AddressTextField,
    CodeField,
    Field,
    GoodsField,
    IdField,
    NameField,
    PlaceField,
    TextField,
    screened,
)
from holdgate.core.geography import Places
from holdgate.core.goods import GoodsFinder
from holdgate.core.identifiers_in_text import inside
from holdgate.core.intake import Received
from holdgate.core.matching import Hit, Matcher, Query
from holdgate.core.notes import notes
from holdgate.core.policy import Policy
from holdgate.core.profile import Profile, Thresholds
from holdgate.core.snapshot import Snapshot
from holdgate.core.text import Found, TextFinder
from holdgate.core.timeliness import Stale, all_fresh, deadline
from holdgate.core.verdict import RANK, day_of, profile_of, reason_for, status_for

MAX_MATCHES = 50
"""Matches told in one decision, best first: a name like that of a large family of entries has dozens."""

NEAR = 0.05
"""A name that is this little below its threshold is a near miss: counted, not told. Asking for such too takes
5 % longer on 2,500 listed names with an error or two."""

EXACT = 1.0
"""The score of an identifier: it is the same one or it is none."""

WEAK_ALIAS = Evidence(part="", matched="a weak alias", how="weak", weight=0.0)
"""OFAC FAQ 122: weak aliases are broad or generic and meant to confirm a match, not to make one."""

NOTHING_KNOWN = Facts()

Hits = Mapping[tuple[float, Query], list[Hit]]


class Judged(NamedTuple):
    """A name match with everything weighed: its score, whether it holds, and why."""

    score: float
    holds: bool
    evidence: tuple[Evidence, ...]


class Asked(NamedTuple):
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
        self.texts = TextFinder(self.matcher)
        self.addresses = AddressNames(self.texts)
        self.places = Places(policy.geography)
        self.goods = GoodsFinder(policy.goods)
        self.near_misses = 0

    def prepare(self) -> None:
        """Do now what the first payments would wait for: a second that names without addresses never need."""
        self.places.gazetteer.prepare()

    def screen(
        self, batch: Sequence[Received], *, now: datetime | None = None, stale: Stale = all_fresh
    ) -> list[Decision]:
        """Decide a batch, in its order.

        `now` judges deadlines, and without it none is judged; `stale` says which list is too old for a
        profile, and then its payments are held. A match is told whatever else holds the payment.
        """
        asked = [
            Asked(tuple(screened(received.payment)), profile_of(received, self.policy), day_of(received))
            for received in batch
        ]
        hits = self._match_names(asked)
        return [
            self._decide(received, self._matches(row, hits), notes(row.fields), row.profile, now, stale)
            for received, row in zip(batch, asked, strict=True)
        ]

    def _match_names(self, rows: Sequence[Asked]) -> Hits:
        asked: dict[float, dict[Query, None]] = {}
        for fields, profile, _ in rows:
            for field in fields:
                if isinstance(field, NameField):
                    least = self._least(field.facts, profile)
                    asked.setdefault(least, {})[Query(field.value, field.type)] = None
        hits: dict[tuple[float, Query], list[Hit]] = {}
        for least, queries in asked.items():
            found = self.matcher.match(list(queries), min_score=least, limit=MAX_MATCHES)
            hits |= {(least, query): row for query, row in zip(queries, found, strict=True)}
        return hits

    def _least(self, facts: Facts, profile: Profile) -> float:
        least = least_name_score(profile.thresholds.of("unknown"), facts, self.policy.corroboration)
        return max(0.0, least - NEAR)

    def _matches(self, asked: Asked, hits: Hits) -> tuple[Match, ...]:
        found: list[Match] = []
        for field in asked.fields:
            found += self._of_field(field, asked, hits)
        if asked.profile.not_screened:
            found = [match for match in found if asked.profile.screens(match.field, match.list)]
        found.sort(key=lambda match: (RANK.get(match.rule, 0), -match.score))
        return tuple(found[:MAX_MATCHES])

    def _of_field(self, field: Field, asked: Asked, hits: Hits) -> Iterable[Match]:
        profile, day = asked.profile, asked.day
        if isinstance(field, NameField):
            return self._of_name(field, profile, hits)
        if isinstance(field, IdField):
            return self.same_identifier(field)
        if isinstance(field, CodeField):
            banks = self.same_bank(field) if field.says == "iban" else []
            return [*banks, *self.places.of_code(field, day)]
        if isinstance(field, PlaceField):
            return self.places.of_address(field, day)
        if isinstance(field, GoodsField):
            return self.goods.find(field)
        texts = self.addresses if isinstance(field, AddressTextField) else self.texts
        named = [
            self.named_in_text(field, found) for found in texts.find(field.lines, profile.thresholds.text)
        ]
        if isinstance(field, TextField):
            return [*named, *self._identified_in(field, asked, hits), *self.places.of_text(field, day)]
        return named

    def _identified_in(self, field: TextField, asked: Asked, hits: Hits) -> Iterator[Match]:
        """The matches of identifiers that stand in a text, each with its place."""
        for found in inside(field):
            where = Evidence(found.field.path, f"characters {found.start}-{found.end}", "at", 0.0)
            for match in self._of_field(found.field, asked, hits):
                yield msgspec.structs.replace(match, evidence=(*match.evidence, where))

    def _of_name(self, field: NameField, profile: Profile, hits: Hits) -> Iterator[Match]:
        for hit in hits[self._least(field.facts, profile), Query(field.value, field.type)]:
            judged = self.judge(hit, field.facts, profile.thresholds)
            if judged.holds:
                yield self._same_name(field, hit, judged)
            elif judged.score >= profile.thresholds.of(self.snapshot.entries[hit.entry].type) - NEAR:
                self.near_misses += 1

    def judge(self, hit: Hit, facts: Facts = NOTHING_KNOWN, thresholds: Thresholds | None = None) -> Judged:
        """What the policy makes of a name match, with what else is known of the party.

        `thresholds` are those of the payment's profile, where it is not the policy's own that count.
        """
        entry = self.snapshot.entries[hit.entry]
        weighed = weigh(hit.score, facts, entry, self.policy.corroboration)
        evidence = hit.evidence + weighed.evidence
        holds = weighed.holding >= (thresholds or self.policy.thresholds).of(entry.type)
        if hit.name_kind == "weak":
            evidence += (WEAK_ALIAS,)
            holds = holds and weighed.identified
        return Judged(weighed.score, holds, evidence)

    def _same_name(self, field: NameField, hit: Hit, judged: Judged) -> Match:
        entry = self.snapshot.entries[hit.entry]
        return Match(
            field=field.path,
            value=field.value,
            entry_id=entry.id,
            entry_name=entry.name,
            matched_name=hit.matched_name,
            list=entry.list,
            programs=entry.programs,
            rule=field.rule,
            score=judged.score,
            evidence=judged.evidence,
        )

    def named_in_text(self, field: TextField | AddressTextField, found: Found) -> Match:
        """The match of a listed name inside a text; its place stands in the evidence (`at`).

        Characters count from 0, the second number is that of the one after.
        """
        entry = self.snapshot.entries[found.hit.entry]
        places = tuple(
            Evidence(
                part=field.paths[place.line],
                matched=f"characters {place.start}-{place.end}",
                how="at",
                weight=0.0,
            )
            for place in found.places
        )
        return Match(
            field=field.paths[found.places[0].line],
            value=found.value,
            entry_id=entry.id,
            entry_name=entry.name,
            matched_name=found.hit.matched_name,
            list=entry.list,
            programs=entry.programs,
            rule="text",
            score=found.hit.score,
            evidence=found.hit.evidence + places,
        )

    def same_bank(self, field: CodeField) -> list[Match]:
        """The matches of listed banks that an IBAN is of."""
        matches = []
        for bank in self.snapshot.with_account(field.value):
            entry = self.snapshot.entries[bank.entry]
            evidence = Evidence(
                part=bank.code, matched=f"bank code of bic {bank.bic}", how="exact", weight=EXACT
            )
            matches.append(self._exact(field.path, field.value, entry, "bic", evidence))
        return matches

    def same_identifier(self, field: IdField) -> list[Match]:
        """The matches of entries that list the identifier."""
        matches = []
        for position, listed in self.snapshot.with_identifier(field.type, field.value, field.country):
            entry = self.snapshot.entries[position]
            evidence = Evidence(
                part=field.value, matched=f"{listed.type} {listed.value}", how="exact", weight=EXACT
            )
            matches.append(self._exact(field.path, field.value, entry, field.rule, evidence))
        return matches

    @staticmethod
    def _exact(path: str, value: str, entry: Entry, rule: Rule, evidence: Evidence) -> Match:
        return Match(
            field=path,
            value=value,
            entry_id=entry.id,
            entry_name=entry.name,
            matched_name=entry.name,
            list=entry.list,
            programs=entry.programs,
            rule=rule,
            score=EXACT,
            evidence=(evidence,),
        )

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
            matches = tuple(located(match, received.origins) for match in matches)
            told = tuple(located(note, received.origins) for note in told)
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
