"""FollowTheMoney: the names of a party."""

from collections.abc import Iterator
from itertools import islice

from holdgate.core.model.listed_entry import EntryType, ListedName, NameKind
from holdgate.core.sources.ftm_entities import FtmEntity
from holdgate.core.sources.printed_names import classify_script, is_native

_NAMES: tuple[tuple[str, NameKind], ...] = (
    ("name", "strong"),
    ("alias", "strong"),
    ("previousName", "strong"),
    ("weakAlias", "weak"),
)
_MAX_COMBINED = 32
"""Names combined of the parts of one person: a bound on what one record can ask for."""
_MIN_ABBREVIATION = 5
"""Letters of an abbreviation that is an alias (`OKVEX`); shorter ones are weak, as other lists' acronyms."""


def names_of(thing: FtmEntity, party: EntryType) -> Iterator[ListedName]:
    """Yield the primary name, then all names.

    The primary name is the caption (the display name) if it is one of the names, otherwise the first name in
    Latin script, otherwise the first name.
    """
    properties = thing.properties
    names = [
        classify_script(" ".join(text.split()), kind)
        for column, kind in _NAMES
        for text in properties.get(column, [])
        if any(map(str.isalnum, text))
    ]
    if not names and party == "person":
        names = [classify_script(text, "strong") for text in _combined_names(properties)]
    for text in properties.get("abbreviation", []):
        size = sum(map(str.isalnum, text))
        if size:
            names.append(
                classify_script(" ".join(text.split()), "strong" if size >= _MIN_ABBREVIATION else "weak")
            )
    if not names:
        return
    main = next((name for name in names if name.text == thing.caption), None)
    main = main or next((name for name in names if name.kind != "native"), names[0])
    single_parts = (
        party == "person"
        and len(properties.get("firstName", [])) == 1
        and len(properties.get("lastName", [])) == 1
    )
    given, family = (properties["firstName"][0], properties["lastName"][0]) if single_parts else (None, None)
    yield ListedName(main.text, "primary", given, family)
    yield from names


def _combined_names(properties: dict[str, list[str]]) -> list[str]:
    """Return the names of a person of whom only parts are given: each first name with each last name.

    Names in several scripts are combined with those in their own, if there are any.
    """
    first, middle, last = (
        [" ".join(text.split()) for text in properties.get(column, []) if any(map(str.isalnum, text))]
        for column in ("firstName", "middleName", "lastName")
    )
    pairs = [
        (given, family)
        for given in first[:_MAX_COMBINED] or [""]
        for family in last[:_MAX_COMBINED] or [""]
        if given or family
    ]
    alike = [pair for pair in pairs if not all(pair) or is_native(pair[0]) == is_native(pair[1])]
    combined = (
        " ".join(part for part in (given, between, family) if part)
        for given, family in alike or pairs
        for between in dict.fromkeys((*middle[:1], ""))
    )
    return list(dict.fromkeys(islice(combined, _MAX_COMBINED)))
