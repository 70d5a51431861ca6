"""The digest of what an approver is shown: an approval carries it, so a changed page cannot be approved."""

import hashlib

import msgspec

from holdgate.core.review.case import Case


def shown_digest(case: Case) -> str:
    """Return the SHA-256 of the payment, the held decision, its matches and the proposal, as 64 hex digits.

    Notes, owner and waiting are left out: they change nothing that is approved.
    """
    proposal = None if case.proposal is None else (case.proposal.event_id, case.proposal.content)
    shown = (case.case_id, case.in_force, case.facts, proposal)
    return hashlib.sha256(msgspec.json.encode(shown, order="deterministic")).hexdigest()
