"""Why a payment was decided as it was, and the smallest change that would decide it otherwise.

Every change told was tried: the payment is screened again with it. A changed list is the exception in one
detail: the matches of the entry are left out, and the weights of the words stay those of the whole list.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from holdgate.core.corroboration import weigh
from holdgate.core.decision import Decision, Match, Outcome
from holdgate.core.entry import Entry, EntryType
from holdgate.core.evidence import Evidence
from holdgate.core.fields import IdField, NameField, TextField, screened
from holdgate.core.intake import Received
from holdgate.core.matching import Query
from holdgate.core.notes import notes
from holdgate.core.payment import PARTIES, Payment
from holdgate.core.policy import Policy
from holdgate.core.screen import MAX_MATCHES, Screener

Threshold = Literal["person", "entity", "vessel", "text"]

MARGIN = 0.2
"""How far under its threshold a candidate is still told."""
TOLD = 3
"""Candidates told of one field."""
STEP = 0.0001
"""Scores are rounded to four places: the least by which two differ."""


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
    kind: Threshold | None = None
    birth_dates: tuple[str, ...] = ()


class Compared(Struct, frozen=True, omit_defaults=True):
    """A field of the payment: what it was compared as, and what came nearest, best first."""

    field: str
    value: str
    compared_as: str
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()
    """Why the field could not be compared whole."""


class Explanation(Struct, frozen=True, omit_defaults=True):
    """A decision explained. `changes` are alternatives, each enough by itself to make it `otherwise`."""

    payment_id: str
    decision: Outcome
    verdict: str
    fields: tuple[Compared, ...]
    otherwise: Outcome
    changes: tuple[str, ...]
    list_version: str
    policy_version: str


def explain(received: Received, screener: Screener) -> Explanation:
    """Screen the payment and tell how each field fared; lists' ages and deadlines are not judged."""
    [decision] = screener.screen([received])
    fields = tuple(_compared(received.payment, screener))
    held = decision.decision == "HOLD"
    changes = _releases(received, screener, decision, fields) if held else _holds(received, screener, fields)
    return Explanation(
        payment_id=decision.payment_id,
        decision=decision.decision,
        verdict=_verdict(decision, fields),
        fields=fields,
        otherwise="RELEASE" if held else "HOLD",
        changes=tuple(changes),
        list_version=decision.list_version,
        policy_version=decision.policy_version,
    )


def _verdict(decision: Decision, fields: Sequence[Compared]) -> str:
    compared = f"{len(fields)} field{'s' if len(fields) != 1 else ''} compared"
    if decision.decision == "HOLD" and decision.matches:
        entries = {match.entry_id: match for match in reversed(decision.matches)}
        best = decision.matches[0]
        others = f", and {len(entries) - 1} more" if len(entries) > 1 else ""
        return f"Held: {best.field} matches {best.entry_id} {best.entry_name}{others}; {compared}." + (
            f" {len(decision.matches)} matches hold, each by itself." if len(decision.matches) > 1 else ""
        )
    if decision.decision == "HOLD":
        return f"Held: {decision.reason}, {decision.detail}."
    nearest = max((found.judged for field in fields for found in field.candidates), default=None)
    near = "nothing listed comes near" if nearest is None else f"the nearest listed name scores {nearest:.4f}"
    return f"Released: no match holds; {near}; {compared}."


def _compared(payment: Payment, screener: Screener) -> Iterator[Compared]:
    for field in screened(payment):
        told = tuple(dict.fromkeys(note.detail for note in notes([field])))
        if isinstance(field, NameField):
            found = tuple(_names(field, screener))
            yield Compared(field.path, field.value, field.type, found, told)
        elif isinstance(field, IdField):
            matches = screener.same_identifier(field)
            yield Compared(field.path, field.value, field.type, tuple(_identified(matches)))
        else:
            value = " / ".join(field.lines)
            paths = field.paths[0] + (f" to {field.paths[-1]}" if len(field.paths) > 1 else "")
            yield Compared(paths, value, "text", tuple(_named(field, screener)), told)


def _kind(entry: Entry) -> Threshold:
    kinds: dict[EntryType, Threshold] = {"entity": "entity", "vessel": "vessel", "aircraft": "vessel"}
    return kinds.get(entry.type, "person")


def _names(field: NameField, screener: Screener) -> Iterator[Candidate]:
    policy = screener.policy
    least = max(0.0, policy.threshold("unknown") - MARGIN)
    for hit in screener.matcher.match([Query(field.value, field.type)], min_score=least, limit=TOLD)[0]:
        entry = screener.snapshot.entries[hit.entry]
        judged = screener.judge(hit, field.facts)
        yield Candidate(
            entry_id=entry.id,
            entry_name=entry.name,
            matched_name=hit.matched_name,
            list=entry.list,
            programs=entry.programs,
            score=judged.score,
            judged=round(weigh(hit.score, field.facts, entry, policy.corroboration).holding, 4),
            holds=judged.holds,
            evidence=judged.evidence,
            threshold=policy.threshold(entry.type),
            kind=_kind(entry),
            birth_dates=entry.birth_dates,
        )


def _named(field: TextField, screener: Screener) -> Iterator[Candidate]:
    threshold = screener.policy.thresholds.text
    for found in screener.texts.find(field.lines, max(0.01, threshold - MARGIN))[:TOLD]:
        match = screener.named_in_text(field, found)
        yield _told(match, match.score >= threshold, threshold, "text")


def _identified(matches: Sequence[Match]) -> Iterator[Candidate]:
    for match in matches[:TOLD]:
        yield _told(match, True, None, None)


def _told(match: Match, holds: bool, threshold: float | None, kind: Threshold | None) -> Candidate:
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


def _releases(
    received: Received, screener: Screener, decision: Decision, fields: Sequence[Compared]
) -> Iterator[str]:
    """The changes that release a held payment: thresholds, entries, fields."""
    matches = decision.matches
    highest: dict[Threshold, float] = {}
    for found in (found for field in fields for found in field.candidates):
        if found.holds and found.kind is not None:
            highest[found.kind] = max(highest.get(found.kind, 0.0), found.judged)
    raised = {kind: round(score + STEP, 4) for kind, score in highest.items()}
    if raised and max(raised.values()) <= 1 and _released(received, _with(screener, raised)):
        told = " and ".join(f"{kind} above {score - STEP:.4f}" for kind, score in sorted(raised.items()))
        yield f"the threshold were {told}"
    entries = tuple(dict.fromkeys(match.entry_id for match in matches))
    if len(matches) < MAX_MATCHES:  # more may stand behind those that a decision tells
        yield _without("entry", "were not listed", entries)
    paths = tuple(dict.fromkeys(match.field for match in matches))
    single = [path for path in paths if _released(_less(received, [path]), screener)]
    for path in single:
        yield f"{path} were absent"
    if not single and _released(_less(received, paths), screener):
        yield _without("field", "were absent", paths)


def _without(what: str, gone: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{what} {names[0]} {gone}"
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"all {len(names)} of these {gone}, for each holds by itself: {shown}"


def _holds(received: Received, screener: Screener, fields: Sequence[Compared]) -> Iterator[str]:
    """The changes that hold a released payment: a threshold at the nearest score, an agreeing birth date."""
    near = [(field, found) for field in fields for found in field.candidates]
    near.sort(key=lambda pair: -pair[1].judged)
    for field, found in near:
        if found.kind is not None:
            lowered: dict[Threshold, float] = {found.kind: found.judged}
            if not _released(received, _with(screener, lowered)):
                yield f"the threshold for {found.kind} were {found.judged:.4f} or lower ({field.field})"
                break
    for field, found in near:
        date = next((date for date in found.birth_dates if "/" not in date), None)
        party = field.field.removesuffix(".name")
        if date is not None and not _released(_born(received, party, date), screener):
            yield f"{party}.birth_date were {date}, as {found.entry_id} is listed"
            break


def _released(received: Received, screener: Screener) -> bool:
    [decision] = screener.screen([received])
    return decision.decision == "RELEASE"


def _with(screener: Screener, changed: Mapping[Threshold, float]) -> Screener:
    """The same with other thresholds. A type that is `unknown` is judged by the lowest of them."""
    policy: Policy = screener.policy
    thresholds = msgspec.structs.replace(
        policy.thresholds, **{str(kind): score for kind, score in changed.items()}
    )
    return Screener(screener.snapshot, msgspec.structs.replace(policy, thresholds=thresholds))


_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


def _less(received: Received, paths: Sequence[str]) -> Received:
    """The payment without the fields; an identifier goes whole, a line of text is left blank."""
    members: Any = _members(received)
    doomed: list[tuple[list[Any], int]] = []
    for path in paths:
        *parents, (last, line) = [(found.group(1), found.group(2)) for found in _STEP.finditer(path)]
        node = members
        for name, position in parents:
            if name == "ids":
                doomed.append((node[name], int(position)))
            node = node[name] if position is None else node[name][int(position)]
        if line is not None:
            node[last][int(line)] = ""
        elif not parents or parents[-1][0] != "ids":
            node.pop(last, None)
    for ids, place in sorted(doomed, key=lambda pair: -pair[1]):
        del ids[place]
    return Received(msgspec.convert(members, Payment), received.content_hash)


def _members(received: Received) -> Any:
    return msgspec.json.decode(msgspec.json.encode(received.payment))


def _born(received: Received, party: str, date: str) -> Received:
    """The payment with a birth date of the party, where it is one and gives none."""
    steps = party.split(".")
    node: Any = _members(received)
    members = node
    if steps[-1] not in PARTIES:
        return received
    for name in steps:
        node = node[name]
    node.setdefault("birth_date", date)
    return Received(msgspec.convert(members, Payment), received.content_hash)
