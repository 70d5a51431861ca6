"""The nearest listed entries of each field of a payment, best first."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct

from holdgate.core.engine.corroboration import corroborate
from holdgate.core.engine.matches import identifier_matches, text_match
from holdgate.core.engine.notes import notes_on
from holdgate.core.engine.outcome import profile_for
from holdgate.core.engine.rules import POLICY_RULES
from holdgate.core.engine.screener import Screener
from holdgate.core.engine.written_fields import read_fields
from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision, Match, Note
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry, EntryType
from holdgate.core.model.screened_fields import (
    AddressTextField,
    IdField,
    NameField,
    TextField,
)
from holdgate.core.names.matcher import Query
from holdgate.core.policy.policy import ThresholdKind
from holdgate.core.policy.profile import Profile

NEAR_MARGIN = 0.2
"""A candidate is shown up to this far below its threshold."""
MAX_CANDIDATES = 3
"""Maximum candidates shown per field."""


ListField = NameField | IdField | TextField | AddressTextField
"""Fields compared with lists; rules of the policy apply to the others."""


class Candidate(Struct, frozen=True, omit_defaults=True):
    """A listed name beside a field. `judged` is the score that the threshold is asked about: a country
    moves `score` alone. An identifier has no threshold."""

    entry_id: str
    entry_name: str
    matched_name: str
    list: str
    programs: tuple[str, ...]
    score: float
    judged: float
    holds: bool
    evidence: tuple[Evidence, ...]
    threshold: float | None = None
    kind: ThresholdKind | None = None
    birth_dates: tuple[str, ...] = ()
    not_screened: bool = False
    """Whether the rules of the payment's rail leave this list out for this field."""


class ComparedField(Struct, frozen=True, omit_defaults=True):
    """A field of the payment: what it was compared as, and its nearest entries, best first."""

    field: str
    value: str
    compared_as: str
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()
    """What was noted on the field, such as why it could not be compared."""
    origin: str | None = None
    """Position of its value in the original message; of several lines the first."""


def compare_fields(received: Received, decision: Decision, screener: Screener) -> Iterator[ComparedField]:
    """Yield every field in the order of the contract, then the matches by rules of the policy."""
    read, _ = read_fields(received)
    fields = [field for field in read if isinstance(field, ListField)]
    profile = profile_for(received, screener.policy)
    for field in fields:
        yield _compare_field(field, received.origins, decision.notes, screener, profile)
    known = {path for field in fields for path in _paths(field)}
    others = (match for match in decision.matches if match.rule in POLICY_RULES or match.field not in known)
    for (path, rule, value), matches in groupby(
        sorted(others, key=lambda match: (match.field, match.rule, match.value)),
        key=lambda match: (match.field, match.rule, match.value),
    ):
        candidates = tuple(_exact_candidates(list(matches)))
        yield ComparedField(path, value, rule, candidates, origin=received.origins.get(path))


def text_of(note: Note) -> str:
    """Return a note as a sentence with its code."""
    return f"{note.code}: {note.detail}"


def _paths(field: ListField) -> tuple[str, ...]:
    return (field.path,) if isinstance(field, NameField | IdField) else field.paths


def _compare_field(
    field: ListField,
    origins: Mapping[str, str],
    decision_notes: Sequence[Note],
    screener: Screener,
    profile: Profile,
) -> ComparedField:
    paths = _paths(field)
    decision_notes = [note for note in decision_notes if note.field in paths]
    notes = tuple(dict.fromkeys(text_of(note) for note in (*notes_on([field]), *decision_notes)))
    path = paths[0] + (f" to {paths[-1]}" if len(paths) > 1 else "")
    if isinstance(field, NameField):
        value, kind, candidates = (
            field.value,
            str(field.type),
            tuple(_name_candidates(field, screener, profile)),
        )
    elif isinstance(field, IdField):
        matches = list(identifier_matches(field, screener.snapshot))
        value, kind, candidates = field.value, str(field.type), tuple(_exact_candidates(matches))
    else:
        value, kind, candidates = (
            " / ".join(field.lines),
            "text",
            tuple(_text_candidates(field, screener, profile)),
        )
    candidates = tuple(
        candidate if profile.screens(paths[0], candidate.list) else _not_screened(candidate)
        for candidate in candidates
    )
    return ComparedField(path, value, kind, candidates, notes, origins.get(paths[0]))


def _not_screened(candidate: Candidate) -> Candidate:
    """Mark a match that the rules of the rail leave out: it is shown but does not hold."""
    return msgspec.structs.replace(candidate, holds=False, not_screened=True)


def _threshold_kind(entry: Entry) -> ThresholdKind:
    kinds: dict[EntryType, ThresholdKind] = {"entity": "entity", "vessel": "vessel", "aircraft": "vessel"}
    return kinds.get(entry.type, "person")


def _name_candidates(field: NameField, screener: Screener, profile: Profile) -> Iterator[Candidate]:
    policy = screener.policy
    min_score = max(0.0, profile.thresholds.for_kind("unknown") - NEAR_MARGIN)
    for hit in screener.matcher.match(
        [Query(field.value, field.type)], min_score=min_score, limit=MAX_CANDIDATES
    )[0]:
        entry = screener.snapshot.entries[hit.entry]
        judged = screener.judge(hit, field.facts, profile.thresholds)
        yield Candidate(
            entry_id=entry.id,
            entry_name=entry.name,
            matched_name=hit.matched_name,
            list=entry.list,
            programs=entry.programs,
            score=judged.score,
            judged=round(corroborate(hit.score, field.facts, entry, policy.corroboration).holding, 4),
            holds=judged.holds,
            evidence=judged.evidence,
            threshold=profile.thresholds.for_kind(entry.type),
            kind=_threshold_kind(entry),
            birth_dates=entry.birth_dates,
        )


def _text_candidates(
    field: TextField | AddressTextField, screener: Screener, profile: Profile
) -> Iterator[Candidate]:
    threshold = profile.thresholds.text
    min_score = max(0.01, threshold - NEAR_MARGIN)
    # Names below the threshold do not end the search, so it finds every name that the decision has.
    for occurrence in screener.text_finder.find(field.lines, min_score, to_its_end=True).names[
        :MAX_CANDIDATES
    ]:
        match = text_match(field.paths, occurrence, screener.snapshot.entries[occurrence.hit.entry])
        yield _candidate_of_match(match, match.score >= threshold, threshold, "text")


def _exact_candidates(matches: Sequence[Match]) -> Iterator[Candidate]:
    for match in matches[:MAX_CANDIDATES]:
        yield _candidate_of_match(match, True, None, None)


def _candidate_of_match(
    match: Match, holds: bool, threshold: float | None, kind: ThresholdKind | None
) -> Candidate:
    return Candidate(
        entry_id=match.entry_id,
        entry_name=match.entry_name,
        matched_name=match.matched_name,
        list=match.list,
        programs=match.programs,
        score=match.score,
        judged=match.score,
        holds=holds,
        evidence=match.evidence,
        threshold=threshold,
        kind=kind,
    )
