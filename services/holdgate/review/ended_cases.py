"""Cases that have ended and changed since: they wait to be archived, and for evidence that is erased."""

from array import array
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from holdgate.core.review.case import FINAL_STAGES, Case
from holdgate.core.review.case_replay import RulesHistory
from holdgate.core.review.review_rules import ReviewRules


class EndedCase(NamedTuple):
    """A case to be archived: the offsets of its events, and from which of them on erasures are due."""

    case_id: str
    offsets: tuple[int, ...]
    erase_from: int
    rules: RulesHistory


class EndedCases:
    """Remembers where the events of every case are, and while the process is active, which cases wait.

    Events of one case take 150 bytes or so, which is little beside the case itself.
    """

    def __init__(self) -> None:
        self._offsets: dict[str, array[int]] = {}
        self._rules: list[tuple[int, ReviewRules]] = []
        self._waiting: dict[str, int] = {}
        """By case, the offset of its first event that was not followed up."""
        self._is_followed = False
        self._has_archive = False
        self._erase_from = 0

    def __len__(self) -> int:
        """Return how many cases wait."""
        return len(self._waiting)

    def add_rules(self, offset: int, rules: ReviewRules) -> None:
        """Note rules that came into force."""
        self._rules.append((offset, rules))

    def add(self, offset: int, case: Case, counts: bool) -> None:
        """Note an event of a case, which is the case after it."""
        offsets = self._offsets.get(case.case_id)
        if offsets is None:
            offsets = self._offsets[case.case_id] = array("q")
        offsets.append(offset)
        if self._is_followed and counts and self._is_wanted(case):
            self._waiting.setdefault(case.case_id, offset)

    def begin(self, cases: Iterable[Case], archive_from: int | None, erase_from: int) -> None:
        """Begin to follow: what changed from these offsets on waits; without an archive, only erasures."""
        self._is_followed, self._has_archive = True, archive_from is not None
        self._erase_from = erase_from
        start = erase_from if archive_from is None else min(archive_from, erase_from)
        found: list[tuple[int, str]] = []
        for case in cases:
            offsets = self._offsets[case.case_id]
            if offsets[-1] >= start and self._is_wanted(case):
                found.append((next(offset for offset in offsets if offset >= start), case.case_id))
        self._waiting = {case_id: offset for offset, case_id in sorted(found)}

    def end(self) -> None:
        """Follow no longer: another process does."""
        self._is_followed = False
        self._waiting.clear()

    def next_cases(self, most: int) -> list[EndedCase]:
        """Return the cases that have waited longest."""
        rules = tuple(self._rules)
        return [
            EndedCase(case_id, tuple(self._offsets[case_id]), max(offset, self._erase_from), rules)
            for case_id, offset in islice(self._waiting.items(), most)
        ]

    def finish(self, ended: EndedCase) -> None:
        """Take a case that is done with off the list, unless it has changed meanwhile."""
        del self._waiting[ended.case_id]
        changed = next((o for o in self._offsets[ended.case_id] if o > ended.offsets[-1]), None)
        if changed is not None:
            self._waiting[ended.case_id] = changed

    def postpone(self, ended: EndedCase) -> None:
        """Put a case behind the others."""
        self._waiting[ended.case_id] = self._waiting.pop(ended.case_id)

    def position(self, next_offset: int) -> int:
        """Return the offset below which every event was followed up; `next_offset` is the next to be read."""
        return min(self._waiting.values(), default=next_offset)

    def _is_wanted(self, case: Case) -> bool:
        return case.stage in FINAL_STAGES and (self._has_archive or case.is_erased)
