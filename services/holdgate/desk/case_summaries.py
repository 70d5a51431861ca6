"""What a row of the queue says of a case beside its facts: who pays whom, the corridor, and who matches."""

from typing import NamedTuple

from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.casework.case_text import find_evidence, read_decision
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.review.case import Case
from holdgate.core.review.parties import payments_of
from holdgate.desk.payment_view import corridor_text

CACHED_SUMMARIES = 20_000
"""Cases whose summary is kept: some 300 bytes each. Reading a payment and a decision takes 0.2 ms."""

MAX_SUMMARY_NAME = 80


class CaseSummary(NamedTuple):
    """Names are cut; empty where the evidence is missing."""

    debtor: str = ""
    creditor: str = ""
    corridor: str = ""
    best_name: str = ""
    best_entry: str = ""
    best_score: float | None = None


class CaseSummaries:
    """Summaries by case and evidence."""

    def __init__(self) -> None:
        self._known: BoundedCache[tuple[str, str, bool], CaseSummary] = BoundedCache(CACHED_SUMMARIES)

    def find(self, store: CaseStore, case: Case) -> CaseSummary:
        """Return the summary of a case."""
        key = (case.case_id, case.facts.decision, case.is_erased)
        summary = self._known.get(key)
        if summary is None:
            summary = _summarise(store, case)
            if summary.best_name or not case.facts.matches:  # else its evidence may not have come yet
                self._known[key] = summary
        return summary


def _summarise(store: CaseStore, case: Case) -> CaseSummary:
    decision = read_decision(store, case)
    best = max(decision.matches, key=lambda match: match.score, default=None) if decision else None
    facts = max(case.facts.matches, key=lambda match: match.score, default=None)
    stored = find_evidence(store, case, case.facts.payment) if case.facts.payment else None
    received = payments_of(stored.value, case.facts) if stored and stored.value else []
    debtor = creditor = corridor = ""
    if received:
        payment = received[0].payment
        debtor, creditor = ((side.name or "") if side else "" for side in (payment.debtor, payment.creditor))
        corridor = corridor_text(payment)
    return CaseSummary(
        debtor[:MAX_SUMMARY_NAME],
        creditor[:MAX_SUMMARY_NAME],
        corridor,
        best.matched_name[:MAX_SUMMARY_NAME] if best else "",
        facts.entry_id if facts else "",
        facts.score if facts else None,
    )
