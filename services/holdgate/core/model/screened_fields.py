"""The fields of a payment that are screened, each as the type that says what it is compared with.

`screened_fields.toml` documents this for each member of a payment, with the reason; a test keeps the two in
step.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from msgspec import Struct

from holdgate.core.model.decision import Rule
from holdgate.core.model.listed_entry import EntryType, IdType
from holdgate.core.model.payment import (
    AGENTS,
    PARTIES,
    Address,
    Agent,
    Goods,
    Identifier,
    Party,
    Payment,
    Transfer,
    Vessel,
)


class Facts(NamedTuple):
    """Details of a party that corroborate its name. `countries` are ISO 3166-1 alpha-2 codes."""

    birth_date: str | None = None
    countries: tuple[str, ...] = ()


MAX_CODE_LENGTH = 4
"""A purpose of at most this many letters is an ISO 20022 code and is not screened: no listed name that short
causes a hold inside a text."""

ADDRESS_ELEMENTS = ("street", "town", "region")
"""Elements of an address that are searched for names after its lines; a country only if it is not a code."""

MAX_CONTINUATION_LINES = 4
"""Lines after a name that may continue it: as many as options K and F of an MT field have after the first."""


_MAY_BE_IBAN = re.compile(r"\W*(?:IBAN\W*)?[A-Z]{2}\W?[0-9]", re.IGNORECASE)


class NameField(Struct, frozen=True, gc=False):
    """A name at a path of the payment; `type` is the type of entry it may match, `facts` corroborate it.

    `continuation` has path and text of the lines that follow the name in its block, at most
    MAX_CONTINUATION_LINES: an address line may be the rest of a name that did not fit its own line.
    """

    path: str
    value: str
    type: EntryType
    rule: Rule
    facts: Facts
    continuation: tuple[tuple[str, str], ...] = ()


RULE_BY_ID_TYPE: Mapping[IdType, Rule] = {"bic": "bic", "clearing_code": "bic", "wallet": "wallet"}
"""The rule of a match by the type of identifier; for other types it is `identifier`."""


class IdField(Struct, frozen=True, gc=False):
    """An identifier at a path of the payment; `country` is the issuer's, None if unknown."""

    path: str
    value: str
    type: IdType
    country: str | None
    rule: Rule


class TextField(Struct, frozen=True, gc=False):
    """Lines of free text that may name a party, searched as one text; `paths` has the path of each line."""

    paths: tuple[str, ...]
    lines: tuple[str, ...]


class AddressTextField(Struct, frozen=True, gc=False):
    """The lines and elements of an address, which rarely contain a name but are searched for names too."""

    paths: tuple[str, ...]
    lines: tuple[str, ...]


class PlaceField(Struct, frozen=True, gc=False):
    """An address that is searched for sanctioned places; `path` is that of the address."""

    path: str
    address: Address


class CodeField(Struct, frozen=True, gc=False):
    """A value that gives a country; `kind` says how to read it."""

    path: str
    value: str
    kind: Literal["residence", "country", "bic", "iban", "account", "route"]


class GoodsField(Struct, frozen=True, gc=False):
    """Goods, and their route: (path, country) for each country of the goods, the parties and the agents."""

    path: str
    goods: Goods
    route: tuple[tuple[str, str], ...]


Field = NameField | IdField | TextField | AddressTextField | PlaceField | CodeField | GoodsField


def fields_to_screen(payment: Payment) -> Iterator[Field]:
    """Yield the fields of a payment that are screened, in the order of the members in the contract."""
    yield from _transfer("", payment)
    if payment.underlying is not None:
        yield from _transfer("underlying.", payment.underlying)


def _transfer(prefix: str, transfer: Transfer) -> Iterator[Field]:
    for role in PARTIES:
        party: Party | None = getattr(transfer, role)
        if party is not None:
            yield from _party(prefix + role, party)
    for position, other in enumerate(transfer.other_parties):
        yield from _party(f"{prefix}other_parties[{position}]", other)
    for role in AGENTS:
        agent: Agent | None = getattr(transfer, role)
        if agent is not None:
            yield from _agent(prefix + role, agent)
    for position, agent in enumerate(transfer.intermediary_agents):
        yield from _agent(f"{prefix}intermediary_agents[{position}]", agent)
    for position, vessel in enumerate(transfer.vessels):
        yield from _vessel(f"{prefix}vessels[{position}]", vessel)
    for member, lines in (("remittance", transfer.remittance), ("instructions", transfer.instructions)):
        if any(lines):
            paths = tuple(f"{prefix}{member}[{position}]" for position in range(len(lines)))
            yield TextField(paths, lines)
    for member, text in (("purpose", transfer.purpose), ("category_purpose", transfer.category_purpose)):
        if text and len(text) > MAX_CODE_LENGTH:
            yield TextField((f"{prefix}{member}",), (text,))
    if transfer.goods:
        yield from _goods(prefix, transfer)


def _party(path: str, party: Party) -> Iterator[Field]:
    if party.name:
        continuation = _continuation(f"{path}.address", party.address)
        yield NameField(
            f"{path}.name", party.name, party.kind or "unknown", "name", _facts(party), continuation
        )
    if party.ids:
        yield from _ids(path, party.ids)
    if party.address is not None:
        yield from _address(f"{path}.address", party.address)
    if party.birth_place:
        yield AddressTextField((f"{path}.birth_place",), (party.birth_place,))
    if party.country_of_residence:
        yield CodeField(f"{path}.country_of_residence", party.country_of_residence, "residence")
    account = party.account
    if account is not None and account.iban:
        yield CodeField(f"{path}.account.iban", account.iban, "iban")
        yield IdField(f"{path}.account.iban", account.iban, "other", None, "identifier")
    if account is not None and account.other:
        if _MAY_BE_IBAN.match(account.other):
            yield CodeField(f"{path}.account.other", account.other, "account")
        yield IdField(f"{path}.account.other", account.other, "other", None, "identifier")
        yield IdField(f"{path}.account.other", account.other, "wallet", None, "wallet")


def _ids(path: str, ids: Iterable[Identifier]) -> Iterator[Field]:
    for position, identifier in enumerate(ids):
        value_path = f"{path}.ids[{position}].value"
        rule = RULE_BY_ID_TYPE.get(identifier.type, "identifier")
        yield IdField(value_path, identifier.value, identifier.type, identifier.country, rule)
        if identifier.type == "bic":
            yield CodeField(value_path, identifier.value, "bic")


def _agent(path: str, agent: Agent) -> Iterator[Field]:
    if agent.name:
        facts = Facts(countries=_country_codes(agent.country))
        continuation = _continuation(f"{path}.address", agent.address)
        yield NameField(f"{path}.name", agent.name, "entity", "name", facts, continuation)
    if agent.bic:
        yield IdField(f"{path}.bic", agent.bic, "bic", None, "bic")
        yield CodeField(f"{path}.bic", agent.bic, "bic")
    if agent.lei:
        yield IdField(f"{path}.lei", agent.lei, "lei", None, "identifier")
    if agent.clearing_id:
        yield IdField(f"{path}.clearing_id", agent.clearing_id, "clearing_code", None, "bic")
    if agent.ids:
        yield from _ids(path, agent.ids)
    if agent.country:
        yield CodeField(f"{path}.country", agent.country, "country")
    if agent.address is not None:
        yield from _address(f"{path}.address", agent.address)


def _continuation(path: str, address: Address | None) -> tuple[tuple[str, str], ...]:
    """Return path and text of the lines of an address, then of its street, that may continue a name.

    A line without a letter, such as the number of a house, continues none.
    """
    if address is None or not (address.lines or address.street):
        return ()
    lines = [(f"{path}.lines[{position}]", line) for position, line in enumerate(address.lines)]
    if address.street:
        lines.append((f"{path}.street", address.street))
    with_letters = (line for line in lines if any(map(str.isalpha, line[1])))
    return tuple(islice(with_letters, MAX_CONTINUATION_LINES))


def _address(path: str, address: Address) -> Iterator[Field]:
    yield PlaceField(path, address)
    elements = [
        (f"{path}.{member}", text) for member in ADDRESS_ELEMENTS if (text := getattr(address, member))
    ]
    if address.country and len(address.country) > MAX_CODE_LENGTH:
        elements.append((f"{path}.country", address.country))
    if address.lines or elements:
        paths = [f"{path}.lines[{position}]" for position in range(len(address.lines))]
        yield AddressTextField(
            (*paths, *(path for path, _ in elements)), (*address.lines, *(text for _, text in elements))
        )


def _goods(prefix: str, transfer: Transfer) -> Iterator[Field]:
    route = tuple(_route(prefix, transfer))
    for position, goods in enumerate(transfer.goods):
        path = f"{prefix}goods[{position}]"
        own: list[tuple[str, str]] = []
        for member in ("origin", "destination"):
            country: str | None = getattr(goods, member)
            if country:
                yield CodeField(f"{path}.{member}", country, "route")
                own.append((f"{path}.{member}", country.strip().upper()))
        lines = (goods.description,) if goods.description else ()
        if lines:
            yield TextField((f"{path}.description",), lines)
        yield GoodsField(path, goods, (*own, *route))


def _route(prefix: str, transfer: Transfer) -> Iterator[tuple[str, str]]:
    """Yield (path, country) for each country that the parties and agents of a transfer are in."""
    for role in ("debtor", "creditor", "ultimate_debtor", "ultimate_creditor"):
        party: Party | None = getattr(transfer, role)
        if party is not None:
            if party.address is not None and party.address.country:
                yield f"{prefix}{role}.address.country", party.address.country.strip().upper()
            if party.country_of_residence:
                yield f"{prefix}{role}.country_of_residence", party.country_of_residence.strip().upper()
    agents = [(role, getattr(transfer, role)) for role in AGENTS]
    agents += [(f"intermediary_agents[{i}]", agent) for i, agent in enumerate(transfer.intermediary_agents)]
    for role, agent in agents:
        if agent is not None:
            if agent.bic:
                yield f"{prefix}{role}.bic", agent.bic[4:6].upper()
            if agent.country:
                yield f"{prefix}{role}.country", agent.country.strip().upper()


def _vessel(path: str, vessel: Vessel) -> Iterator[Field]:
    if vessel.name:
        yield NameField(f"{path}.name", vessel.name, "vessel", "vessel", Facts())
    if vessel.imo:
        yield IdField(f"{path}.imo", vessel.imo, "imo", None, "vessel")


def _facts(party: Party) -> Facts:
    address_country = party.address.country if party.address else None
    return Facts(party.birth_date, _country_codes(address_country, party.country_of_residence))


@lru_cache(1 << 12)
def _country_codes(*countries: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(country.upper() for country in countries if country and len(country) == 2))
