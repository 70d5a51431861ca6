"""Which fields of a payment are compared with the lists, and as what.

Amounts, dates and references name nobody and are not compared.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from holdgate.core.corroboration import Facts
from holdgate.core.decision import Rule
from holdgate.core.entry import EntryType, IdType
from holdgate.core.payment import AGENTS, PARTIES, Agent, Identifier, Party, Payment, Transfer, Vessel


class NameField(NamedTuple):
    """A name at a path of the payment; `type` is what it may be the name of, `facts` what else is known."""

    path: str
    value: str
    type: EntryType
    rule: Rule
    facts: Facts


class IdField(NamedTuple):
    """An identifier at a path of the payment; `country` is its issuer's, where known."""

    path: str
    value: str
    type: IdType
    country: str | None
    rule: Rule


class TextField(NamedTuple):
    """Lines of free text that may name somebody, read as one; `paths` say where each line stands."""

    paths: tuple[str, ...]
    lines: tuple[str, ...]


Field = NameField | IdField | TextField


def screened(payment: Payment) -> Iterator[Field]:
    """The fields of a payment that are compared with the lists, in the order of the contract."""
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
    if transfer.purpose:
        yield TextField((f"{prefix}purpose",), (transfer.purpose,))


def _party(path: str, party: Party) -> Iterator[Field]:
    if party.name:
        yield NameField(f"{path}.name", party.name, party.kind or "unknown", "name", _facts(party))
    yield from _ids(path, party.ids)
    account = party.account
    if account is not None and account.iban:
        yield IdField(f"{path}.account.iban", account.iban, "other", None, "identifier")
    if account is not None and account.other:
        yield IdField(f"{path}.account.other", account.other, "other", None, "identifier")
        yield IdField(f"{path}.account.other", account.other, "wallet", None, "wallet")


def _ids(path: str, ids: Iterable[Identifier]) -> Iterator[Field]:
    for position, found in enumerate(ids):
        rule: Rule = found.type if found.type in ("bic", "wallet") else "identifier"
        yield IdField(f"{path}.ids[{position}].value", found.value, found.type, found.country, rule)


def _agent(path: str, agent: Agent) -> Iterator[Field]:
    if agent.name:
        yield NameField(f"{path}.name", agent.name, "entity", "name", Facts(countries=_known(agent.country)))
    if agent.bic:
        yield IdField(f"{path}.bic", agent.bic, "bic", None, "bic")
    if agent.lei:
        yield IdField(f"{path}.lei", agent.lei, "lei", None, "identifier")
    yield from _ids(path, agent.ids)


def _vessel(path: str, vessel: Vessel) -> Iterator[Field]:
    if vessel.name:
        yield NameField(f"{path}.name", vessel.name, "vessel", "vessel", Facts())
    if vessel.imo:
        yield IdField(f"{path}.imo", vessel.imo, "imo", None, "vessel")


def _facts(party: Party) -> Facts:
    lives = party.address.country if party.address else None
    return Facts(party.birth_date, _known(lives, party.country_of_residence))


def _known(*countries: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(country.upper() for country in countries if country and len(country) == 2))
