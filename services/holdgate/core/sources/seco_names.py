"""Switzerland: compose names from the parts of SECO's list.

A name consists of parts in order, such as `family-name` and `given-name`. A part may have spelling variants,
each with a language and a script. Variants of different parts belong together if both are the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from holdgate.core.model.listed_entry import EntryType, ListedName, NameKind
from holdgate.core.sources.printed_names import classify_script, is_native
from holdgate.core.sources.xml_records import Element

_LEFT_OUT = frozenset({"title", "maiden-name"})
_KINDS: dict[bool, NameKind] = {True: "primary", False: "strong"}

Part = tuple[str, str]
"""The type of a name part, and its text."""


def names_of(identities: Iterable[Element], party: EntryType) -> Iterator[ListedName]:
    """Yield the names of a target, of which the first is primary; the main identity comes first.

    A name of low quality is weak, and so are the variants of its parts.
    """
    found = [
        (name, parts)
        for identity in identities
        for name in identity.all("name")
        for parts in [_parts(name)]
        if any(part.attributes.get("name-part-type") not in _LEFT_OUT for part in parts)
    ]
    found.sort(key=lambda named: _rank(named[0]))
    for position, (name, parts) in enumerate(found):
        is_weak = name.attributes.get("quality") == "low" and position > 0
        spelled = _spellings(parts)
        yield _name(next(spelled), "weak" if is_weak else _KINDS[position == 0], party)
        for other in spelled:
            yield _name(other, "weak" if is_weak else "strong", party)


def _rank(name: Element) -> tuple[bool, bool]:
    return (
        name.attributes.get("quality") == "low",
        name.attributes.get("name-type") != "primary-name",
    )


def _parts(name: Element) -> list[Element]:
    """Return the parts with letters, by their `order`; a part without a number is last."""

    def order(part: Element) -> int:
        number = part.attributes.get("order", "")
        return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1000

    return sorted((part for part in name.all("name-part") if _has_letters(part.value("value"))), key=order)


def _spellings(elements: Sequence[Element]) -> Iterator[list[Part]]:
    """Yield the parts as printed, then once for each variant, and once with a maiden name as family name.

    The n-th variants of all parts in one language and script form a name. A part without a variant is as
    printed, unless that would mix scripts.
    """
    parts = [(part.attributes.get("name-part-type", ""), part.value("value")) for part in elements]
    kept = [position for position, (part_type, _) in enumerate(parts) if part_type not in _LEFT_OUT]
    yield [parts[position] for position in kept]
    others = [parts[position] for position in kept if parts[position][0] != "family-name"]
    for part_type, text in parts:
        if part_type == "maiden-name":
            yield [*others, ("family-name", text)]
    variants: dict[tuple[str, str, int], dict[int, str]] = {}
    for position in kept:
        counts: Counter[tuple[str, str]] = Counter()
        for variant in elements[position].all("spelling-variant"):
            language = variant.attributes.get("lang", ""), variant.attributes.get("script", "")
            counts[language] += 1
            if _has_letters(text := variant.value()):
                variants.setdefault((*language, counts[language]), {})[position] = text
    for spelled in variants.values():
        native = any(map(is_native, spelled.values()))
        yield [
            (parts[position][0], spelled.get(position, parts[position][1]))
            for position in kept
            if position in spelled or is_native(parts[position][1]) == native
        ]


def _name(parts: list[Part], kind: NameKind, party: EntryType) -> ListedName:
    """Return the name: of a person, the family name comes last."""
    family = " ".join(" ".join(text for part, text in parts if part == "family-name").split())
    first = " ".join(" ".join(text for part, text in parts if part != "family-name").split())
    if party != "person" or not (family and first):
        return _classified(" ".join(" ".join(text for _, text in parts).split()), kind)
    named = _classified(f"{first} {family}", kind)
    return ListedName(named.text, named.kind, first, family)


def _classified(text: str, kind: NameKind) -> ListedName:
    return ListedName(text, kind) if kind == "primary" else classify_script(text, kind)


def _has_letters(text: str) -> bool:
    return any(map(str.isalnum, text))
