"""United Kingdom: build entries, for the readers of all three layouts.

Name 6 is the family name of a person, or the full name of an entity or ship; names 1 to 5 precede it.
"""

from collections.abc import Iterable, Sequence

from holdgate.core.model.listed_entry import (
    Entry,
    EntryType,
    ListedAddress,
    ListedId,
    ListedName,
    NameKind,
)
from holdgate.core.sources.countries import countries
from holdgate.core.sources.dates import iso_date, iso_dates
from holdgate.core.sources.source import distinct_names, distinct_values

TYPES: dict[str, EntryType] = {"individual": "person", "entity": "entity", "ship": "vessel"}


def party_name(family: str, given: Sequence[str], kind: NameKind, party: EntryType) -> ListedName | None:
    """Return a name composed of its parts, or None if all parts are blank."""
    first = " ".join(part for text in given if (part := " ".join(text.split())))
    last = " ".join(family.split())
    text = " ".join(part for part in (first, last) if part)
    if not text:
        return None
    if party == "person" and first and last:
        return ListedName(text, kind, first, last)
    return ListedName(text, kind)


def name_kind(name_type: str, strength: str) -> NameKind:
    """Return `primary` for "Primary Name" and "Prime Alias", `weak` for a low strength, else `strong`."""
    if "low" in strength.casefold():
        return "weak"
    plain = name_type.casefold()
    return "primary" if plain in ("primary name", "prime alias") else "strong"


def build_entry(
    entry_id: str,
    party: EntryType,
    *,
    names: Iterable[ListedName],
    programs: Iterable[str] = (),
    births: Iterable[str] = (),
    birth_places: Iterable[str] = (),
    nationalities: Iterable[str] = (),
    addresses: Iterable[tuple[str, str]] = (),
    ids: Iterable[ListedId] = (),
    listed: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> Entry | None:
    """Return an entry from texts as printed, or None if it has no name; `addresses` are (text, country).

    A date of birth that cannot be read ("15/08/19yy") goes into the note, so that it is not lost.
    """
    order: dict[NameKind, int] = {"primary": 0, "strong": 1, "weak": 2, "native": 3}
    ordered_names = distinct_names(sorted(names, key=lambda name: order[name.kind]))
    if not ordered_names:
        return None
    dates: list[str] = []
    note_parts = [note for note in notes if note]
    for birth in births:
        date = iso_dates(birth)
        if date is not None:
            dates.append(date)
        elif birth:
            note_parts.append(f"DOB {birth}")
    days = sorted(day for text in listed if (day := iso_date(text)) is not None)
    return Entry(
        id=entry_id,
        list=entry_id.partition(":")[0],
        type=party,
        names=ordered_names,
        programs=distinct_values(programs),
        birth_dates=distinct_values(dates),
        birth_places=distinct_values(place for place in birth_places if place),
        nationalities=distinct_values(code for text in nationalities for code in countries(text)),
        addresses=distinct_values(
            ListedAddress(text, next(iter(countries(country_text)), None))
            for text, country_text in addresses
            if text
        ),
        ids=distinct_values(ids),
        listed_on=days[0] if days else None,
        note="; ".join(distinct_values(note_parts)) or None,
    )
