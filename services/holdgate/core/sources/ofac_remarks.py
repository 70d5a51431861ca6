"""OFAC's flat files: split the remarks of an entry into fields.

`DOB 15 Jan 1955; POB Gaza; Passport 123 (Egypt); a.k.a. 'ABU X'.` is such a field. It has everything but
name, programme and address, as clauses. The quoted aliases in it are OFAC's weak ones (strong aliases are
rows of alt.csv): in the consolidated list they are the same 70 that the XML marks as weak.
"""

import re

from msgspec import Struct

from holdgate.core.model.listed_entry import EntryType, ListedId
from holdgate.core.sources.dates import iso_dates
from holdgate.core.sources.ofac_ids import labelled_id

_ALIAS = re.compile(r"[afn]\.k\.a\. '(.+)'")
_NATIONALITY = re.compile(r"(?:nationality|citizen|Nationality of Registration)(?: possibly)? (.+)")


class Remarks(Struct, frozen=True):
    """The remarks of an entry by field; `nationalities`, and the other clauses in `rest`, are as printed."""

    weak_names: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    birth_places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    ids: tuple[ListedId, ...] = ()
    rest: tuple[str, ...] = ()


def read_remarks(text: str, party: EntryType) -> Remarks:
    """Parse the remarks of one entry, clause by clause."""
    names: list[str] = []
    dates: list[str] = []
    places: list[str] = []
    nationalities: list[str] = []
    ids: list[ListedId] = []
    rest: list[str] = []
    for printed in text.removesuffix(".").split(";"):
        clause = " ".join(printed.split())
        if not clause:
            continue
        bare = clause[5:] if clause[:5] in ("alt. ", "Alt. ") else clause
        if match := _ALIAS.fullmatch(bare):
            names.append(match[1])
        elif bare.startswith("DOB ") and (date := iso_dates(bare[4:])) is not None:
            dates.append(date)
        elif bare.startswith("POB "):
            places.append(bare[4:])
        elif match := _NATIONALITY.fullmatch(bare):
            nationalities.append(match[1])
        elif (listed := labelled_id(bare, party)) is not None:
            ids.append(listed)
        else:
            rest.append(clause)
    return Remarks(tuple(names), tuple(dates), tuple(places), tuple(nationalities), tuple(ids), tuple(rest))
