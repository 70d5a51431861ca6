"""A decision made again: it names the one it follows, and takes its place."""

import msgspec

from holdgate.core.model.decision import Decision, decision_id, versions_of


def supersede(again: Decision, followed: str) -> Decision:
    """The decision made again, as one that follows the one of this id."""
    named = decision_id(again.payment_id, again.content_hash, versions_of(again), followed)
    return msgspec.structs.replace(again, decision_id=named, follows=followed)


def hold_content_changed(again: Decision, detail: str | None) -> Decision:
    """The same, held since its payment_id was decided before with other content: no list changes that."""
    return msgspec.structs.replace(
        again, decision="HOLD", reason="CONTENT_CHANGED", next_status="PDNG", detail=detail
    )
