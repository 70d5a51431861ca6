"""Why the last screening sent a case back: which matches are new, and what changed in judged ones."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from holdgate.adapters.sqlite.case_queries import LoggedEvent
from holdgate.casework.case_text import decision_of
from holdgate.core.model.decision import Decision, Match
from holdgate.core.review import event as events
from holdgate.core.review.disposition import find_unjudged
from holdgate.desk.list_archive import entry_changes
from holdgate.desk.visit import Visit

MAX_SHOWN_CHANGES = 20


class UnjudgedMatch(NamedTuple):
    """A match of the last screening that nobody judged as it is: its number, and what is new in it."""

    number: int
    changes: Sequence[str]


def why_sent_back(visit: Visit, now: Decision, logged: Sequence[LoggedEvent]) -> list[UnjudgedMatch]:
    """Return what sent a case back; empty if nothing did since it was last opened."""
    before = _judged_before(visit, logged)
    if before is None:
        return []
    unjudged = find_unjudged(before, now)
    entries = visit.desk.lists.findings(before, None)
    found = []
    for number, match in enumerate(now.matches, 1):
        if match not in unjudged:
            continue
        old = next((item for item in before.matches if _key(item) == _key(match)), None)
        changes = ["it was not there when the case was judged"] if old is None else list(_changes(old, match))
        entry = entries.entries.get(match.entry_id)
        if old is not None and entry is not None:
            changes += entry_changes(entry, entries.entries_today.get(match.entry_id))
        found.append(UnjudgedMatch(number, changes[:MAX_SHOWN_CHANGES]))
    return found


def _judged_before(visit: Visit, logged: Sequence[LoggedEvent]) -> Decision | None:
    """Return the decision that people judged before the last screening, if one sent the case back."""
    digests: list[str] = []
    for item in logged:
        if item.void is not None:
            continue
        if isinstance(item.event, events.CaseOpened):
            digests = [item.event.what.decision]
        elif isinstance(item.event, events.CaseSentBack):
            digests.append(item.event.what.decision)
    if len(digests) < 2 or digests[-1] == digests[-2]:
        return None
    return decision_of(visit.store, visit.case(), digests[-2])


def _key(match: Match) -> tuple[str, str, str]:
    return match.field, match.entry_id, match.rule


def _changes(before: Match, now: Match) -> Iterator[str]:
    if before.entry_name != now.entry_name:
        yield f"listed as {now.entry_name}, before as {before.entry_name}"
    if before.matched_name != now.matched_name:
        yield f"matches {now.matched_name}, before {before.matched_name}"
    if before.programs != now.programs:
        yield f"programmes {', '.join(now.programs) or 'none'}, before {', '.join(before.programs) or 'none'}"
    then = {(part.part, part.matched, part.how) for part in before.evidence}
    for part in now.evidence:
        if (part.part, part.matched, part.how) not in then:
            yield f"new: {part.part or 'nothing'} and {part.matched or 'nothing'}, {part.how}"
