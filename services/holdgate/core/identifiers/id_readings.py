"""The readings of an identifier: the keys by which its value may be listed, with the type and issuer of each.

Payments and lists write one number with labels (`INN7720649916`), with another one (`7720649916/772001001`)
and with prefixes of its country (`V-5.892.464`, `ESB72884711`, `//RU044525187`). Both sides are read in all
ways, and two values are the same number if they have a key in common.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

from stdnum.eu.vat import MEMBER_STATES

from holdgate.core.identifiers.keys import GLOBAL, identifier_key, plain
from holdgate.core.identifiers.labels import MIN_LABELLED, find_labelled
from holdgate.core.model.listed_entry import IdType, ListedId

MIN_JOINED = 8
"""Letters and digits that each of several numbers in one value has at least. `34409/129` is one number."""

INN_LENGTH, KPP_LENGTH = 10, 9

_NUMBER_WORD = re.compile(r"(?<=[\s\d])(?:no\.?|n°|№|number|номер)(?=[\s\d])", re.IGNORECASE)
_JOINS = re.compile(r"[/\\,;|.]")
_VENEZUELAN = re.compile(r"(?P<letter>[VEJG])(?P<number>[0-9]{6,9})")
_CEDULA_IN_RIF = 8
_VAT = re.compile(r"(?P<state>[A-Z]{2})(?P<number>[0-9A-Z]{8,12})")
_VAT_STATES = {state.upper(): state.upper() for state in MEMBER_STATES} | {"EL": "GR", "XI": "GB", "GB": "GB"}
_CLEARING = re.compile(r"(?P<system>[A-Z]{2}(?:[A-Z]{3})?)(?P<number>[0-9]{5,14})")
_CLEARING_SYSTEMS: dict[str, str] = tomllib.loads(
    resources.files(__package__).joinpath("data", "labels.toml").read_text("utf-8")
)["clearing_systems"]
_BRACKETS = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[^\W\d_]{4,}|(?:no|n°)\.?", re.IGNORECASE)


class IdReading(NamedTuple):
    """A type and key that a value may have, and the country of the issuer, None if unknown."""

    type: IdType
    key: str
    country: str | None


def readings(kind: IdType, value: str, country: str | None) -> Iterator[IdReading]:
    """Yield the readings of an identifier of a payment, the value as a whole first. A key may repeat."""
    key = identifier_key(kind, value)
    if key is not None:
        yield IdReading(kind, key, country)
    if kind == "wallet":
        return
    if value.isascii() and value.isalnum() and (kind in GLOBAL or (value[:1].isdigit() and country != "VE")):
        return  # a plain number: most are
    for labelled in find_labelled(value):
        if labelled.type is not None:
            types = {labelled.type: None} | ({} if GLOBAL & {kind, labelled.type} else {kind: None})
            number = _NUMBER_WORD.sub(" ", labelled.value)
            for type_ in types:
                if labelled_key := identifier_key(type_, number):
                    yield IdReading(type_, labelled_key, country)
                    yield from _without_prefix(type_, labelled_key, country)
    if kind in GLOBAL or key is None:
        return
    yield from _without_prefix(kind, key, country)
    if value.isalnum():
        return
    previous = 0
    for part in _joined(value):
        if not (previous == INN_LENGTH and len(part) == KPP_LENGTH):  # companies share their KPP
            yield IdReading(kind, part, country)
            yield from _without_prefix(kind, part, country)
        previous = len(part)


def listed_readings(listed: ListedId) -> Iterator[IdReading]:
    """Yield the readings of a listed identifier.

    The UN prints words around many of them, which are left out: `Libya B/002210`,
    `Russian passport number 8208 No. 555627`, `381110042 (Expired 25 Jan. 2016)`.
    """
    yield from readings(listed.type, listed.value, listed.country)
    if listed.type not in GLOBAL:
        words = _BRACKETS.sub(" ", listed.value).replace(",", " ").split()
        number = plain(" ".join(word for word in words if not _WORD.fullmatch(word)))
        if len(number) >= MIN_LABELLED:
            yield IdReading(listed.type, number, listed.country)


def _joined(value: str) -> list[str]:
    """Return the keys of the numbers in a value, if it has several that are long enough."""
    parts = [plain(part) for part in _JOINS.split(value)]
    return parts if len(parts) > 1 and min(map(len, parts)) >= MIN_JOINED else []


def _without_prefix(kind: IdType, key: str, country: str | None) -> Iterator[IdReading]:
    """Yield the readings without a prefix that says the issuer's country."""
    if not key[:1].isalpha():
        if key.startswith("0") and country == "VE":
            yield IdReading(kind, key.lstrip("0"), country)
        return
    if key.startswith("IBAN"):
        yield IdReading(kind, key[4:], country)
    elif kind in ("clearing_code", "other") and (match := _CLEARING.fullmatch(key)):
        system = match["system"]
        yield IdReading("clearing_code", match["number"], _CLEARING_SYSTEMS.get(system, system[:2]))
    elif kind in ("tax", "registration") and (match := _VAT.fullmatch(key)):
        issuer = _VAT_STATES.get(match["state"])
        if issuer is not None and country in (None, issuer):
            yield IdReading(kind, match["number"], issuer)
    if kind in ("national_id", "tax", "other") and country in (None, "VE"):
        yield from _venezuelan(kind, key)


def _venezuelan(kind: IdType, key: str) -> Iterator[IdReading]:
    """Yield the number without its letter; a person's RIF is the cedula in eight digits and a check digit."""
    match = _VENEZUELAN.fullmatch(key)
    if match is None:
        return
    number = match["number"]
    yield IdReading(kind, number.lstrip("0"), "VE")
    if match["letter"] in "VE" and len(number) == _CEDULA_IN_RIF + 1:
        yield IdReading("national_id", number[:_CEDULA_IN_RIF].lstrip("0"), "VE")
