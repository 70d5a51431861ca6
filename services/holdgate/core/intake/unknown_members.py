"""Members of a payment in JSON that the contract does not know, as fields to screen.

A producer that says `beneficiary` for `creditor` must not get a release for it. Every string of such a member
is searched as a text, all of them together, because a name may be spread over several. A string under a key
that means a name, an account or a country (`unknown_members.toml`) is also screened as one, since a text has
to name a party more distinctively than a name field does.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from msgspec import inspect

from holdgate.core.intake import InvalidEventError
from holdgate.core.intake.findings import possible_name
from holdgate.core.model.decision import Note
from holdgate.core.model.payment import Address, Payment
from holdgate.core.model.screened_fields import (
    CodeField,
    Facts,
    Field,
    IdField,
    NameField,
    PlaceField,
    TextField,
)

MAX_KEY = 60
"""Characters of a member's name that a path shows; longer ones are cut there."""

MAX_UNKNOWN_VALUES = 2_000
"""Values in unknown members, of which a record of 1 MB holds 500,000: 4,900 members with different keys took
57 ms."""

MAX_BY_KEY = 100
"""Fields that are screened as more than text because of their key. A name costs 0.1 ms; any more are texts
alone."""


class Shape(NamedTuple):
    """The members of a type of the contract, and the shapes of those that hold objects."""

    members: frozenset[str]
    objects: tuple[tuple[str, "Shape"], ...]


def _shape(struct: inspect.StructType) -> Shape:
    objects = [(field.encode_name, _inner_shape(field.type)) for field in struct.fields]
    return Shape(
        frozenset(field.encode_name for field in struct.fields),
        tuple((name, shape) for name, shape in objects if shape is not None),
    )


def _inner_shape(type_: inspect.Type) -> Shape | None:
    """Return the shape of the objects that a member holds, alone or in an array; None if it holds none."""
    inner: Iterable[inspect.Type]
    match type_:
        case inspect.StructType():
            return _shape(type_)
        case inspect.Metadata() as annotated:
            inner = (annotated.type,)
        case inspect.UnionType() as union:
            inner = union.types
        case inspect.VarTupleType() as array:
            inner = (array.item_type,)
        case _:
            inner = ()
    return next((shape for item in inner if (shape := _inner_shape(item)) is not None), None)


def _payment_shape() -> Shape:
    struct = inspect.type_info(Payment)
    if not isinstance(struct, inspect.StructType):
        raise TypeError("a payment is an object")
    return _shape(struct)


PAYMENT = _payment_shape()


UnknownMember = tuple[str, str, Any]
"""Path, key and value."""


def find_unknown(members: Mapping[str, Any]) -> tuple[int, list[UnknownMember]]:
    """Return the number of members in objects of the contract, and the topmost unknown members.

    A member that is null is as good as absent.
    """
    unknown: list[UnknownMember] = []
    return _find("", members, PAYMENT, unknown), unknown


def _find(path: str, members: Mapping[str, Any], shape: Shape, unknown: list[UnknownMember]) -> int:
    count = len(members)
    if not members.keys() <= shape.members:
        unknown += [
            (f"{path}{name[:MAX_KEY]}", name, value)
            for name, value in members.items()
            if name not in shape.members and value is not None
        ]
    for name, inner in shape.objects:
        value = members.get(name)
        if type(value) is dict:
            count += _find(f"{path}{name}.", value, inner, unknown)
        elif type(value) is list:
            for position, item in enumerate(value):
                if type(item) is dict:
                    count += _find(f"{path}{name}[{position}].", item, inner, unknown)
    return count


def screen_unknown(
    unknown: Iterable[UnknownMember],
) -> tuple[tuple[Field, ...], tuple[Note, ...]]:
    """Return the fields to screen in unknown members, and the notes that name these members.

    Raises `InvalidEventError` for more than MAX_UNKNOWN_VALUES values.
    """
    fields: list[Field] = []
    notes: list[Note] = []
    walk = _Walk()
    for path, key, value in unknown:
        fields += walk.fields_of(path, key, value)
        notes.append(Note(path, "UNKNOWN_MEMBER", "the contract has no such member: it was searched as text"))
    return tuple(fields), tuple(notes)


class _Meaning(NamedTuple):
    """Keys by their last words, and the words with which they mean something else."""

    last: frozenset[str]
    excluded: frozenset[str]


_TABLE = tomllib.loads(
    resources.files(__package__).joinpath("unknown_members.toml").read_text(encoding="utf-8")
)
_MEANINGS = {
    name: _Meaning(frozenset(group["last"]), frozenset(group["except"]))
    for name, group in _TABLE.items()
    if "last" in group
}
_NAME_PARTS = {word: place for place, words in enumerate(_TABLE["name_parts"]["order"]) for word in words}
_KEY_WORD = re.compile(r"[A-ZА-ЯЁ]+(?![a-zа-яё])|[^\W\d_][^\W\d_A-ZА-ЯЁ]*")
PLAIN_KEY = re.compile(r"[\w.:@#$/-]*")
"""A key that is a word of a program. Another one may be a name: `{"Ivan Petrov": "100.00"}`."""

_NAMELIKE = re.compile(r"[^\W\d_]|[?\ufffd]")
"""A letter, or what is left of one."""

_NO_FACTS = Facts()


@lru_cache(maxsize=4096)
def _meanings_of(key: str) -> frozenset[str]:
    """Return what the value of a key is screened as, beside text."""
    words = [word.lower() for word in _KEY_WORD.findall(key)]
    endings = {"".join(words[-size:]) for size in (1, 2)}
    return frozenset(
        name
        for name, meaning in _MEANINGS.items()
        if not meaning.last.isdisjoint(endings) and meaning.excluded.isdisjoint(words)
    )


@lru_cache(maxsize=4096)
def _name_part(key: str) -> int | None:
    """Return the place of a part of a name in the whole, None for another key."""
    return _NAME_PARTS.get("".join(_KEY_WORD.findall(key)).lower())


class _Walk:
    """A walk through unknown members: `texts` are the strings of the current one, `values` those so far."""

    def __init__(self) -> None:
        self.values = self.by_key = 0

    def fields_of(self, path: str, key: str, value: Any) -> Iterator[Field]:
        texts: list[tuple[str, str]] = []
        for field in self._walk(path, key, value, texts):
            self.by_key += 1
            if self.by_key <= MAX_BY_KEY:
                yield field
        if texts:
            yield TextField(tuple(at for at, _ in texts), tuple(text for _, text in texts))

    def _walk(self, path: str, key: str, value: Any, texts: list[tuple[str, str]]) -> Iterator[Field]:
        """Yield what a value is screened as by the keys in it, and add its strings to `texts`."""
        self.values += 1
        if self.values > MAX_UNKNOWN_VALUES:
            raise InvalidEventError(
                "too_large", f"more than {MAX_UNKNOWN_VALUES:,} values in unknown members"
            )
        if not PLAIN_KEY.fullmatch(key):
            texts.append((path, key))
            yield from possible_name(path, key)
        if isinstance(value, str):
            if value.strip():
                texts.append((path, value))
                yield from _by_key(path, key, value)
                if "names" not in _meanings_of(key):
                    yield from possible_name(path, value)
        elif isinstance(value, list):
            for position, item in enumerate(value):
                yield from self._walk(f"{path}[{position}]", key, item, texts)
            if "addresses" in _meanings_of(key):
                yield from _address(path, value)
        elif isinstance(value, dict):
            parts = _name_parts(value)
            for name, item in value.items():
                its_key = "" if name in parts else name
                yield from self._walk(f"{path}.{name[:MAX_KEY]}", its_key, item, texts)
            if parts:
                whole = " ".join(value[name] for name in parts)
                yield NameField(f"{path}.{parts[0]}", whole, "unknown", "name", _NO_FACTS)
            if "addresses" in _meanings_of(key):
                yield from _address(path, list(value.values()))
        elif type(value) in (int, float):
            yield from _by_key(path, key, str(value))


def _by_key(path: str, key: str, value: str) -> Iterator[Field]:
    for meaning in sorted(_meanings_of(key)):
        match meaning:
            case "names" if _NAMELIKE.search(value):
                yield NameField(path, value, "unknown", "name", _NO_FACTS)
            case "names":
                pass  # the number of a customer
            case "countries":
                yield CodeField(path, value, "country")
            case "addresses":
                yield PlaceField(path, Address(lines=(value,)))
            case "accounts":
                yield CodeField(path, value, "iban")
                yield IdField(path, value, "other", None, "identifier")
                yield IdField(path, value, "wallet", None, "wallet")
            case _:
                yield IdField(path, value, "other", None, "identifier")


def _name_parts(members: Mapping[str, Any]) -> list[str]:
    """Return the members that are the parts of one name (`firstName`, `lastName`) in its order.

    A part alone is none.
    """
    parts = [
        (place, name)
        for name, value in members.items()
        if isinstance(value, str) and (place := _name_part(name)) is not None and value.strip()
    ]
    parts.sort(key=lambda part: part[0])
    return [name for _, name in parts] if len(parts) > 1 else []


def _address(path: str, values: Iterable[Any]) -> Iterator[Field]:
    """Yield the address made of the strings directly in an object or array."""
    lines = tuple(value for value in values if isinstance(value, str) and value.strip())
    if lines:
        yield PlaceField(path, Address(lines=lines))
