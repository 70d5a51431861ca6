"""Merge two entries of the same party."""

from holdgate.core.model.listed_entry import Entry
from holdgate.core.sources.source import distinct_names, distinct_values


def merge(first: Entry, second: Entry) -> Entry:
    """Return one entry with the values of both, those of `first` first, and the earlier listing date."""
    listed = sorted(day for day in (first.listed_on, second.listed_on) if day)
    return Entry(
        id=first.id,
        list=first.list,
        type=first.type,
        names=distinct_names([*first.names, *second.names]),
        programs=distinct_values(first.programs + second.programs),
        birth_dates=distinct_values(first.birth_dates + second.birth_dates),
        birth_places=distinct_values(first.birth_places + second.birth_places),
        nationalities=distinct_values(first.nationalities + second.nationalities),
        addresses=distinct_values(first.addresses + second.addresses),
        ids=distinct_values(first.ids + second.ids),
        listed_on=listed[0] if listed else None,
        note="; ".join(note for note in (first.note, second.note) if note) or None,
    )
