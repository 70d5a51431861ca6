"""A new decision that supersedes an earlier one, which it names in `follows`."""

import msgspec

from holdgate.core.model.decision import Decision, decision_id, versions_of


def supersede(decision: Decision, superseded_id: str) -> Decision:
    """Return the decision as the successor of the one with this id; its own id changes with that."""
    new_id = decision_id(decision.payment_id, decision.content_hash, versions_of(decision), superseded_id)
    return msgspec.structs.replace(decision, decision_id=new_id, follows=superseded_id)
