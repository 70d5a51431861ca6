"""Payment, snapshot and policy to decision: the one place where that is decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from holdgate.core.corroboration import Facts, least_name_score, weigh
from holdgate.core.decision import (
    NO_LIST,
    Decision,
    HoldReason,
    Match,
    Note,
    Reason,
    Status,
    Versions,
    decide,
)
from holdgate.core.engine import engine_version
from holdgate.core.evidence import Evidence
from holdgate.core.fields import Field, IdField, NameField, TextField, screened
from holdgate.core.intake import Received
from holdgate.core.matching import Hit, Matcher, Query
from holdgate.core.notes import notes
from holdgate.core.policy import Policy
from holdgate.core.profile import Profile, Thresholds
from holdgate.core.snapshot import Snapshot
from holdgate.core.text import Found, TextFinder
from holdgate.core.timeliness import Stale, all_fresh, deadline

MAX_MATCHES = 50
"""Matches told in one decision, best first: a name like that of a large family of entries has dozens."""

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
    """What is asked about a payment: its fields, and the rules it is judged by."""

    fields: tuple[Field, ...]
    profile: Profile


class Screener:
    """Decides payments with one snapshot and one policy. Made anew when either changes."""

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self.snapshot = snapshot
        self.policy = policy
        self.versions = Versions(snapshot.version, policy.version, engine_version())
        self.matcher = Matcher(snapshot.index)
        self.texts = TextFinder(self.matcher)

    def screen(
        self, batch: Sequence[Received], *, now: datetime | None = None, stale: Stale = all_fresh
    ) -> list[Decision]:
        """Decide a batch, in its order.

        `now` judges deadlines, and without it none is judged; `stale` says which list is too old for a
        profile, and then its payments are held. A match is told whatever else holds the payment.
        """
        asked = [
            Asked(tuple(screened(received.payment)), profile_of(received, self.policy)) for received in batch
        ]
        hits = self._match_names(asked)
        return [
            self._decide(received, self._matches(row, hits), notes(row.fields), row.profile, now, stale)
            for received, row in zip(batch, asked, strict=True)
        ]

    def _match_names(self, rows: Sequence[Asked]) -> Hits:
        asked: dict[float, dict[Query, None]] = {}
        for fields, profile in rows:
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
        return least_name_score(profile.thresholds.of("unknown"), facts, self.policy.corroboration)

    def _matches(self, asked: Asked, hits: Hits) -> tuple[Match, ...]:
        found: list[Match] = []
        profile = asked.profile
        for field in asked.fields:
            if isinstance(field, IdField):
                found += self.same_identifier(field)
                continue
            if isinstance(field, TextField):
                named = self.texts.find(field.lines, profile.thresholds.text)
                found += [self.named_in_text(field, name) for name in named]
                continue
            for hit in hits[self._least(field.facts, profile), Query(field.value, field.type)]:
                judged = self.judge(hit, field.facts, profile.thresholds)
                if judged.holds:
                    found.append(self._same_name(field, hit, judged))
        if profile.not_screened:
            found = [match for match in found if profile.screens(match.field, match.list)]
        found.sort(key=lambda match: -match.score)
        return tuple(found[:MAX_MATCHES])

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

    def named_in_text(self, field: TextField, found: Found) -> Match:
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

    def same_identifier(self, field: IdField) -> list[Match]:
        """The matches of entries that list the identifier."""
        matches = []
        for position, listed in self.snapshot.with_identifier(field.type, field.value, field.country):
            entry = self.snapshot.entries[position]
            evidence = Evidence(
                part=field.value, matched=f"{listed.type} {listed.value}", how="exact", weight=EXACT
            )
            matches.append(
                Match(
                    field=field.path,
                    value=field.value,
                    entry_id=entry.id,
                    entry_name=entry.name,
                    matched_name=entry.name,
                    list=entry.list,
                    programs=entry.programs,
                    rule=field.rule,
                    score=EXACT,
                    evidence=(evidence,),
                )
            )
        return matches

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
            matches = tuple(_located(match, received.origins) for match in matches)
            told = tuple(_located(note, received.origins) for note in told)
        due = deadline(payment, profile)
        reason, detail = _reason(matches, due, now, stale(profile))
        return decide(
            payment_id=payment.payment_id,
            uetr=payment.uetr,
            content_hash=received.content_hash,
            versions=self.versions,
            reason=reason,
            status=_status(reason, profile),
            detail=detail,
            matches=matches,
            notes=told,
            deadline=due,
        )


def profile_of(received: Received, policy: Policy) -> Profile:
    """The rules that judge a payment."""
    payment = received.payment
    return policy.profile(payment.rail, payment.message_type)


Told = TypeVar("Told", Match, Note)


def _located(told: Told, origins: Mapping[str, str]) -> Told:
    """The same with the place of its field in the original message."""
    return msgspec.structs.replace(told, origin=origins.get(told.field))


def hold(
    received: Received, policy: Policy, reason: HoldReason, detail: str, lists: str = NO_LIST
) -> Decision:
    """HOLD a payment that was read but could not be screened, or that may not be."""
    payment, profile = received.payment, profile_of(received, policy)
    return decide(
        payment_id=payment.payment_id,
        uetr=payment.uetr,
        content_hash=received.content_hash,
        versions=Versions(lists, policy.version, engine_version()),
        reason=reason,
        status=_status(reason, profile),
        detail=detail,
        deadline=deadline(payment, profile),
    )


def hold_unreadable(payment_id: str, content_hash: str, policy: Policy, detail: str) -> Decision:
    """HOLD a record that could not be read as a payment."""
    return decide(
        payment_id=payment_id,
        content_hash=content_hash,
        versions=Versions(NO_LIST, policy.version, engine_version()),
        reason="INVALID_EVENT",
        status="PDNG",
        detail=detail,
    )


def _reason(
    matches: tuple[Match, ...], due: datetime | None, now: datetime | None, stale: str | None
) -> tuple[Reason, str | None]:
    if matches:
        return "LIST_MATCH", None
    if stale is not None:
        return "LIST_STALE", stale
    if now is not None and due is not None and now > due:
        return "DEADLINE_EXCEEDED", f"the decision was due at {due.isoformat()}"
    return "NO_MATCH", None


def _status(reason: Reason, profile: Profile) -> Status:
    if reason == "NO_MATCH":
        return "ACCP"
    return profile.late if reason == "DEADLINE_EXCEEDED" else "PDNG"
