"""How much a list changes from one publication to the next, and whether that is more than a policy allows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.listed_entry import Entry
from holdgate.core.policy.list_changes import ChangeLimits


class ListChange(Struct, frozen=True):
    """The change of one list: its entries and names before, and how many differ. `after` counts entries."""

    list: str
    entries: int
    names: int
    after: int
    removed: int
    names_lost: int
    new: int

    @property
    def common_ids(self) -> int:
        """The number of ids that both lists have."""
        return self.entries - self.removed


def measure_changes(before: Snapshot, after: Snapshot) -> list[ListChange]:
    """Return the change of each list of `before`; a list that `after` lacks has lost all entries."""
    old, new = _by_list(before), _by_list(after)
    return [
        measure_change(name, old[name], new[name]) for name in (edition.list for edition in before.editions)
    ]


def measure_change(name: str, before: Iterable[Entry], after: Iterable[Entry]) -> ListChange:
    """Return the change of one list, by its entries."""
    old = {entry.id: len(entry.names) for entry in before}
    new = {entry.id: len(entry.names) for entry in after}
    return ListChange(
        list=name,
        entries=len(old),
        names=sum(old.values()),
        after=len(new),
        removed=len(old.keys() - new.keys()),
        names_lost=sum(max(0, number - new.get(key, number)) for key, number in old.items()),
        new=len(new.keys() - old.keys()),
    )


def exceeded_limits(change: ListChange, limits: ChangeLimits) -> Iterator[str]:
    """Yield a sentence for each limit that a change exceeds."""
    rows = (
        ("entries are removed", change.removed, change.entries, limits.removed),
        ("names of entries that stay are removed", change.names_lost, change.names, limits.names_lost),
        ("ids are new", change.new, change.entries, limits.new),
    )
    for what, number, base, share in rows:
        if number > max(limits.always, share * base):
            yield f"{number:,} {what}, {number / max(1, base):.0%} of {base:,} (limit {share:.0%})"


def _by_list(snapshot: Snapshot) -> defaultdict[str, list[Entry]]:
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in snapshot.entries:
        entries[entry.list].append(entry)
    return entries
