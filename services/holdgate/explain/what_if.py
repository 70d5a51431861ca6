"""The smallest changes that would change the decision on a payment.

Every change is verified by screening the payment again with it. Removing an entry is an approximation: its
matches are left out, and the weights of words remain those of the whole list.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from holdgate.core.engine.outcome import profile_for
from holdgate.core.engine.rules import POLICY_RULES
from holdgate.core.engine.screener import MAX_MATCHES, Screener
from holdgate.core.intake import Received
from holdgate.core.model.decision import NOT_SCREENED_CODES, Decision
from holdgate.core.model.payment import PARTIES, Payment
from holdgate.core.model.screened_fields import AddressTextField, Field, TextField
from holdgate.core.policy.policy import DEFAULT_RAIL, Rail, ThresholdKind
from holdgate.core.policy.profile import Thresholds
from holdgate.explain.nearest_entries import ComparedField

SCORE_STEP = 0.0001
"""The smallest difference of two scores, which are rounded to four places."""


def releasing_changes(
    received: Received, screener: Screener, decision: Decision, fields: Sequence[ComparedField]
) -> Iterator[str]:
    """Yield the changes that release a held payment: thresholds, entries, fields."""
    matches = decision.matches
    highest: dict[ThresholdKind, float] = {}
    for candidate in (found for field in fields for found in field.candidates):
        if candidate.holds and candidate.kind is not None:
            highest[candidate.kind] = max(highest.get(candidate.kind, 0.0), candidate.judged)
    # A name that a higher threshold clears may still be found inside its field, as in a text.
    with_texts = highest | {"text": max(highest.values(), default=0.0)}
    for kinds in (highest, with_texts) if highest else ():
        raised = {kind: round(score + SCORE_STEP, 4) for kind, score in kinds.items()}
        if max(raised.values()) <= 1 and _is_released(received, _with_thresholds(received, screener, raised)):
            thresholds = " and ".join(f"{kind} above {score:.4f}" for kind, score in sorted(kinds.items()))
            yield f"the threshold were {thresholds}"
            break
    codes = {note.code for note in decision.notes} & NOT_SCREENED_CODES
    rail = received.payment.rail
    if decision.reason == "NOT_SCREENED" and rail is not None:
        noting = _with_rules(received, screener, note_only=tuple(sorted(codes)))
        if _is_released(received, noting):
            *others, last = sorted(codes)
            listed = f"{', '.join(others)} and {last}" if others else last
            yield f"the rail {rail} only noted {listed} (`note_only` in the policy)"
    entries = tuple(
        dict.fromkeys(
            f"{match.rule} rule {match.entry_id}" if match.rule in POLICY_RULES else f"entry {match.entry_id}"
            for match in matches
        )
    )
    is_searched_whole = not any(note.code == "TEXT_NOT_SEARCHED_WHOLE" for note in decision.notes)
    # With MAX_MATCHES matches there may be more that the decision does not list.
    if is_searched_whole and 0 < len(matches) < MAX_MATCHES:
        verb = "did not apply" if any(match.rule in POLICY_RULES for match in matches) else "were not listed"
        yield _all_gone(verb, entries)
    paths = tuple(dict.fromkeys(match.field for match in matches))
    single = [path for path in paths if _is_released(_without_fields(received, [path]), screener)]
    for path in single:
        yield f"{path} were absent"
    if len(paths) > 1 and not single and _is_released(_without_fields(received, paths), screener):
        yield _all_gone("were absent", paths)


def _all_gone(gone: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} {gone}"
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    together = "both of these" if len(names) == 2 else f"all {len(names)} of these"
    return f"{together} {gone}, as each holds by itself: {shown}"


def holding_changes(received: Received, screener: Screener, fields: Sequence[ComparedField]) -> Iterator[str]:
    """Yield the changes that hold a released payment: a threshold at the nearest score, a birth date."""
    nearest = [(field, found) for field in fields for found in field.candidates]
    nearest.sort(key=lambda pair: -pair[1].judged)
    for field, candidate in nearest:
        lowered = candidate.kind and _lowered_threshold(received, screener, candidate.kind, candidate.judged)
        if lowered:
            yield f"the threshold for {candidate.kind} were {lowered:.4f} or lower ({field.field})"
            break
    for field, candidate in nearest:
        date = next((date for date in candidate.birth_dates if "/" not in date), None)
        party = field.field.removesuffix(".name")
        if date is not None and not _is_released(_with_birth_date(received, party, date), screener):
            yield f"{party}.birth_date were {date}, as {candidate.entry_id} is listed"
            break


def _lowered_threshold(
    received: Received, screener: Screener, kind: ThresholdKind, score: float
) -> float | None:
    """The threshold that holds on a score; one SCORE_STEP under it where rounding had raised the score."""
    for threshold in (score, round(score - SCORE_STEP, 4)):
        changed: dict[ThresholdKind, float] = {kind: threshold}
        if threshold > 0 and not _is_released(received, _with_thresholds(received, screener, changed)):
            return threshold
    return None


def _is_released(received: Received, screener: Screener) -> bool:
    [decision] = screener.screen([received])
    return decision.decision == "RELEASE"


def _with_rules(
    received: Received, screener: Screener, thresholds: Thresholds | None = None, **changed: Any
) -> Screener:
    """Return the same with other thresholds, or other rules for the payment's rail."""
    policy, profile = screener.policy, profile_for(received, screener.policy)
    kept = ("not_screened", "note_only", "birth_dates")
    rules = {name: getattr(profile, name) for name in kept} | changed
    rails = {DEFAULT_RAIL: Rail(profile.deadline_seconds, profile.late)}
    if received.payment.rail is not None:
        rails[received.payment.rail.lower()] = Rail(profile.deadline_seconds, profile.late, **rules)
    policy = msgspec.structs.replace(policy, thresholds=thresholds or profile.thresholds, rails=rails)
    return Screener(screener.snapshot, policy)


def _with_thresholds(
    received: Received, screener: Screener, changed: Mapping[ThresholdKind, float]
) -> Screener:
    """The same with other thresholds for the payment, whatever its rail says of them. A type that is
    `unknown` is judged by the lowest of them."""
    thresholds = profile_for(received, screener.policy).thresholds
    changed_thresholds = {str(kind): score for kind, score in changed.items()}
    return _with_rules(received, screener, msgspec.structs.replace(thresholds, **changed_thresholds))


_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


def _without_fields(received: Received, paths: Sequence[str]) -> Received:
    """Return the payment without the fields: identifiers and goods go, lines of text become blank."""
    others = tuple(
        changed for field in received.other_fields if (changed := _without_paths(field, paths)) is not None
    )
    unknown = [note.field for note in received.notes if note.code == "UNKNOWN_MEMBER"]
    known = [path for path in paths if not path.startswith(tuple(unknown))]
    return _without_members(msgspec.structs.replace(received, other_fields=others), known)


def _without_paths(field: Field, paths: Sequence[str]) -> Field | None:
    """Return a field with the lines at these paths blank, None for a field of a single value at one."""
    if isinstance(field, TextField | AddressTextField):
        lines = ("" if at in paths else line for at, line in zip(field.paths, field.lines, strict=True))
        return msgspec.structs.replace(field, lines=tuple(lines))
    return None if field.path in paths else field


def _without_members(received: Received, paths: Sequence[str]) -> Received:
    members: Any = _members(received)
    removals: list[tuple[list[Any], int]] = []
    for path in paths:
        *parents, (last, line) = [(found.group(1), found.group(2)) for found in _STEP.finditer(path)]
        node = members
        for name, position in parents:
            if name == "ids":
                removals.append((node[name], int(position)))
            node = node[name] if position is None else node[name][int(position)]
        if line is not None and isinstance(node[last][int(line)], str):
            node[last][int(line)] = ""
        elif line is not None:
            removals.append((node[last], int(line)))
        elif not parents or parents[-1][0] != "ids":
            node.pop(last, None)
    for items, index in sorted(removals, key=lambda pair: -pair[1]):
        del items[index]
    return msgspec.structs.replace(received, payment=msgspec.convert(members, Payment))


def _members(received: Received) -> Any:
    return msgspec.json.decode(msgspec.json.encode(received.payment))


def _with_birth_date(received: Received, party: str, date: str) -> Received:
    """Return the payment with a birth date for the party, unless it has one."""
    steps = party.split(".")
    node: Any = _members(received)
    members = node
    if steps[-1] not in PARTIES:
        return received
    for name in steps:
        node = node[name]
    node.setdefault("birth_date", date)
    return msgspec.structs.replace(received, payment=msgspec.convert(members, Payment))
