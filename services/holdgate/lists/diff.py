"""Compare two snapshots: entries added, removed and changed, with the members that differ."""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from msgspec import Struct

from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.listed_entry import Entry

MAX_SHOWN = 20
"""Maximum entries printed per kind of change; JSON output has all of them."""


EntryChangeKind = Literal["added", "removed", "changed"]


class EntryChange(Struct, frozen=True, omit_defaults=True):
    """An entry that is in one snapshot only, or differs between both; `members` are those that differ."""

    change: EntryChangeKind
    list: str
    id: str
    name: str
    members: tuple[str, ...] = ()


def diff_lists(before: Snapshot, after: Snapshot) -> list[EntryChange]:
    """Return every difference, by kind, then in the order of the entries."""
    old = {entry.id: entry for entry in before.entries}
    new = {entry.id: entry for entry in after.entries}
    added = [
        EntryChange("added", entry.list, key, entry.name) for key, entry in new.items() if key not in old
    ]
    removed = [
        EntryChange("removed", entry.list, key, entry.name) for key, entry in old.items() if key not in new
    ]
    changed = [
        EntryChange("changed", entry.list, key, entry.name, members)
        for key, entry in new.items()
        if key in old and (members := _differing_members(old[key], entry))
    ]
    return [*added, *removed, *changed]


def render_diff(changes: Sequence[EntryChange], before: str, after: str) -> Iterator[str]:
    """Yield the lines to print: counts, and the first entries of each kind."""
    kinds: tuple[EntryChangeKind, ...] = get_args(EntryChangeKind)
    by_kind = {kind: [found for found in changes if found.change == kind] for kind in kinds}
    yield f"{before} to {after}: " + ", ".join(f"{len(found):,} {kind}" for kind, found in by_kind.items())
    for kind, entry_changes in by_kind.items():
        for change in entry_changes[:MAX_SHOWN]:
            members = f": {', '.join(change.members)}" if change.members else ""
            yield f"  {kind:8} {change.id} {change.name}{members}"
        if len(entry_changes) > MAX_SHOWN:
            yield f"  {kind:8} and {len(entry_changes) - MAX_SHOWN:,} more, all of them with --json"


def _differing_members(old: Entry, new: Entry) -> tuple[str, ...]:
    return tuple(name for name in Entry.__struct_fields__ if getattr(old, name) != getattr(new, name))
