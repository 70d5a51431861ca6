"""The nearest listed entries of each field of a payment, best first."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice

from msgspec import Struct
from msgspec.structs import replace

from holdgate.core.engine.finders import PaymentContext
from holdgate.core.engine.matches import identifier_matches, name_match, readings_of, text_match
from holdgate.core.engine.notes import notes_on
from holdgate.core.engine.outcome import profile_for
from holdgate.core.engine.rules import POLICY_RULES
from holdgate.core.engine.screener import MAX_MATCHES, Screener
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
from holdgate.core.names.matching.matcher import Query
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
    read_as: str | None = None
    """The name that was read from the field, if it is not all of it."""


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
    """Yield every field in the order of the contract, then matches of addresses and the policy's rules."""
    read, _ = read_fields(received)
    fields = [field for field in read if isinstance(field, ListField)]
    profile = profile_for(received, screener.policy)
    for field in fields:
        yield _compare_field(field, received.origins, decision.notes, screener, profile)
    known = {path for field in fields for path in _paths(field)}
    apart = {*POLICY_RULES, "address"}  # an address is read whole, while the fields are its elements
    others = (match for match in decision.matches if match.rule in apart or match.field not in known)
    for (path, rule, value), matches in groupby(
        sorted(others, key=lambda match: (match.field, match.rule, match.value)),
        key=lambda match: (match.field, match.rule, match.value),
    ):
        candidates = tuple(_exact_candidates(list(matches)))
        yield ComparedField(path, value, rule, candidates, origin=received.origins.get(path))


def notes_elsewhere(received: Received, decision: Decision) -> tuple[str, ...]:
    """Return the notes on what is no compared field, each with its path."""
    read, _ = read_fields(received)
    known = {path for field in read if isinstance(field, ListField) for path in _paths(field)}
    return tuple(f"{note.field}: {text_of(note)}" for note in decision.notes if note.field not in known)


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
    if isinstance(field, IdField):
        value, compared_as = field.value, "identifier" if field.type == "other" else str(field.type)
        found = [*_exact_candidates(list(identifier_matches(field, screener.snapshot)))]
    else:
        context = PaymentContext(profile, None, {}, notes=[])
        identifiers = list(screener.find_identifiers_in_text(field, context))
        if isinstance(field, NameField):
            value = field.value
            compared_as = "name" if field.type == "unknown" else f"name ({field.type})"
            names = _name_candidates(field, screener, context)
        else:
            value, compared_as = " / ".join(field.lines), "text"
            names = [*_text_candidates(field, screener, profile)]
        found = [*_exact_candidates(identifiers), *names]
    candidates = tuple(
        candidate if profile.screens(paths[0], candidate.list) else _not_screened(candidate)
        for candidate in islice(found, MAX_CANDIDATES)
    )
    return ComparedField(path, value, compared_as, candidates, notes, origins.get(paths[0]))


def _not_screened(candidate: Candidate) -> Candidate:
    """Mark a match that the rules of the rail leave out: it is shown but does not hold."""
    return replace(candidate, holds=False, not_screened=True)


def _threshold_kind(entry: Entry) -> ThresholdKind:
    kinds: dict[EntryType, ThresholdKind] = {"entity": "entity", "vessel": "vessel", "aircraft": "vessel"}
    return kinds.get(entry.type, "person")


def _name_candidates(field: NameField, screener: Screener, context: PaymentContext) -> list[Candidate]:
    """Return the nearest entries of a name field, as the decision reads it: whole, in parts, with the lines
    that may continue it, and searched for names inside. Those that hold come first."""
    thresholds = context.profile.thresholds
    min_score = max(0.0, thresholds.for_kind("unknown") - NEAR_MARGIN)
    readings, is_complete = readings_of(field)
    hits = screener.matcher.match(
        [Query(reading.value, field.type) for reading in readings], min_score=min_score, limit=MAX_MATCHES
    )
    best: dict[int, Candidate] = {}
    cleared: set[int] = set()
    for reading, hit in ((reading, hit) for reading, row in zip(readings, hits, strict=True) for hit in row):
        entry = screener.snapshot.entries[hit.entry]
        judged = screener.judge(hit, field.type, field.facts, context.profile, reading)
        if not judged.holds and judged.holding < hit.score:
            cleared.add(hit.entry)
        candidate = _candidate_of_match(
            name_match(field, reading, hit, judged, entry),
            judged.holds,
            thresholds.for_kind(entry.type),
            _threshold_kind(entry),
            field.value,
        )
        candidate = replace(candidate, judged=round(judged.holding, 4), birth_dates=entry.birth_dates)
        if hit.entry not in best or _rank(candidate) > _rank(best[hit.entry]):
            best[hit.entry] = candidate
    held = {position for position, candidate in best.items() if candidate.holds}
    inside = {
        match.entry_id: _candidate_of_match(match, True, thresholds.text, "text", field.value)
        for match in screener.find_names_inside(field, context, held | cleared, is_complete)
    }
    others = (candidate for candidate in best.values() if candidate.entry_id not in inside)
    return sorted((*others, *inside.values()), key=_rank, reverse=True)


def _rank(candidate: Candidate) -> tuple[bool, float]:
    return candidate.holds, candidate.judged


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
        yield _candidate_of_match(match, match.score >= threshold, threshold, "text", match.value)


def _exact_candidates(matches: Sequence[Match]) -> Iterator[Candidate]:
    for match in matches[:MAX_CANDIDATES]:
        yield _candidate_of_match(match, True, None, None, match.value)


def _candidate_of_match(
    match: Match, holds: bool, threshold: float | None, kind: ThresholdKind | None, value: str
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
        read_as=match.value if match.value != value else None,
    )
