"""Judge a name that stands alone as the gate does: by score, and by the rules for weak and common names."""

from collections.abc import Sequence

from holdgate.core.engine.common_names import commonness
from holdgate.core.model.listed_entry import Entry, EntryType
from holdgate.core.names.matching.matcher import Matcher, NameHit, Query
from holdgate.core.policy.policy import Policy

MIN_SCORE = 0.5
"""Minimum score of hits that are kept, low enough to judge thresholds below the policy's."""
MAX_HITS = 50
"""Maximum hits of a name among which one entry is looked for."""


class NameJudge:
    """Margins of names: the score of a hit, minus the policy's threshold for its entry; from 0 on it holds.

    Hits that never hold alone (a weak alias, a name that many people bear) do not count.
    """

    def __init__(self, matcher: Matcher, entries: Sequence[Entry], policy: Policy) -> None:
        self._matcher = matcher
        self._entries = entries
        self._policy = policy

    def margin(self, name: str, type: EntryType) -> float:
        """Return the margin of the best hit."""
        hits = self._matcher.match([Query(name, type)], min_score=MIN_SCORE)[0]
        return self._best(hits, type)

    def entry_margin(self, name: str, type: EntryType, entry: int) -> float:
        """Return the margin of the hits with one entry."""
        hits = self._matcher.match([Query(name, type)], min_score=MIN_SCORE, limit=MAX_HITS)[0]
        return self._best([hit for hit in hits if hit.entry == entry], type)

    def _best(self, hits: Sequence[NameHit], type: EntryType) -> float:
        thresholds, entries = self._policy.thresholds, self._entries
        margins = (
            hit.score - thresholds.for_kind(entries[hit.entry].type)
            for hit in hits
            if self._may_hold(hit, type)
        )
        return max(margins, default=-thresholds.for_kind(type))

    def _may_hold(self, hit: NameHit, type: EntryType) -> bool:
        rules = self._policy.common_names
        common = commonness(hit, type, self._entries[hit.entry].type, rules)
        return hit.name_kind != "weak" and (common is None or common.may_hold(rules))
