"""Have the evidence of ended cases erased: `holdgate review` does it once the event counts."""

from datetime import datetime
from itertools import islice

from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.casework.actions import ActionLog, ActionResult, carry_out
from holdgate.casework.case_export import case_evidence
from holdgate.core.review.case import Case
from holdgate.core.review.event import EvidenceErased
from holdgate.core.review.event_contents import MAX_ERASED_VALUES, Actor, Erasure
from holdgate.core.review.wording import VOID_TEXTS
from holdgate.runtime.errors import OperatorError


def ask_for_erasure(log: ActionLog, store: CaseStore, actor: Actor, case: Case, code: str) -> ActionResult:
    """Append the events that have all evidence of a case erased, notes of void events included.

    Returns the last result, which may not count if somebody else was first. Raises `OperatorError` if an
    event cannot count, and one of `KafkaFault`.
    """
    digests = tuple(case_evidence(store.events(case.case_id)))
    starts = range(0, len(digests), MAX_ERASED_VALUES)
    first, *others = (digests[start : start + MAX_ERASED_VALUES] for start in starts)
    result = _ask(log, store, actor, case, Erasure(first, code))
    for part in others:
        if result.void is None:
            result = _ask(log, store, actor, result.case, Erasure(part, code))
    return result


def due_cases(store: CaseStore, now: datetime, limit: int) -> list[Case]:
    """Return cases whose evidence has been kept for its legal time, those that ended first."""
    rules = store.rules()
    if rules is None:
        raise OperatorError(VOID_TEXTS["NO_RULES"])
    return list(islice(store.erasable_cases(now, rules), limit))


def _ask(log: ActionLog, store: CaseStore, actor: Actor, case: Case, erasure: Erasure) -> ActionResult:
    return carry_out(log, store, actor, case, EvidenceErased, lambda _: erasure)
