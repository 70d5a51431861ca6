"""Which holds rescreening leaves alone, because people are at work on them or found a match to be true."""

from holdgate.core.review.casebook import Casebook
from holdgate.core.review.event import ProposalMade, RulesPublished, UnreadableEventError, decode_event


class UnliftableHolds:
    """The ids of holds with a proposal or an approval, or with a match that was ever judged true.

    A proposal that was returned or withdrawn does not protect a hold any more, but a true match in it does:
    somebody saw the listed party. Void events protect nothing.
    """

    def __init__(self) -> None:
        self._casebook = Casebook()
        self._proposed: set[str] = set()
        self._judged_true: set[str] = set()

    def __contains__(self, decision_id: object) -> bool:
        """Return whether the hold with this id is to be left alone."""
        return decision_id in self._proposed or decision_id in self._judged_true

    def add_record(self, value: bytes) -> None:
        """Add the next record of `review.events`; one that is no event changes nothing."""
        try:
            event = decode_event(value)
        except UnreadableEventError:
            return
        if self._casebook.add(event) is not None or isinstance(event, RulesPublished):
            return
        if self._casebook.cases[event.case_id].stage in ("proposed", "approved"):
            self._proposed.add(event.on)
        else:
            self._proposed.discard(event.on)
        if isinstance(event, ProposalMade) and any(
            given is not None and given.verdict == "true_match" for given in event.what.verdicts
        ):
            self._judged_true.add(event.on)
