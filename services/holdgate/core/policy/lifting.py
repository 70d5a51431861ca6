"""Which decisions rescreening may replace by itself: holds are lifted by people."""

from collections.abc import Container

from holdgate.core.model.decision import Decision


def may_replace(
    before: Decision, after: Decision, lifts: Container[str], in_review: Container[str] = ()
) -> bool:
    """Return whether rescreening may replace the decision `before` by `after`.

    A RELEASE may become a HOLD. A HOLD for a reason in `lifts`, which was never about the payment, may become
    anything, unless `in_review` has its id: people are at work on it. Any other HOLD may only become a HOLD
    for another reason that is about the payment: otherwise a second rescreening could lift it. A payment that
    people released is held again only if it matches an entry that they did not judge; what they rejected or
    blocked stays so. A decision on other content would be void.
    """
    if before.content_hash != after.content_hash:
        return False
    if before.review is not None:
        judged = {match.entry_id for match in before.matches}
        is_new = any(match.entry_id not in judged for match in after.matches)
        return before.decision == "RELEASE" and after.decision == "HOLD" and is_new
    if before.decision == "RELEASE" or (after.decision == "HOLD" and after.reason not in lifts):
        return True
    return before.reason in lifts and before.decision_id not in in_review
