"""What a reader finds in a payment beside its fields: missing sides, empty names, values of another kind.

A value that does not look like what its member is for (`not_screened.toml`) is searched as a text: a name in
the place of a reference, an account or a BIC must not pass.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter

from holdgate.core.intake.not_screened import LOOKS_MEMBER
from holdgate.core.model.decision import Note
from holdgate.core.model.payment import AGENTS, PARTIES, Address, Agent, Party, Payment, Transfer
from holdgate.core.model.screened_fields import TextField

DEBTOR_SIDE = ("debtor", "ultimate_debtor", "debtor_agent")
CREDITOR_SIDE = ("creditor", "ultimate_creditor", "creditor_agent")
BETWEEN_BANKS = ("MT202", "MT205")

_debtor_side: Callable[[Transfer], tuple[object, ...]] = attrgetter(*DEBTOR_SIDE)
_creditor_side: Callable[[Transfer], tuple[object, ...]] = attrgetter(*CREDITOR_SIDE)
_parties: Callable[[Transfer], tuple[Party | None, ...]] = attrgetter(*PARTIES)
_agents: Callable[[Transfer], tuple[Agent | None, ...]] = attrgetter(*AGENTS)

_REFERENCES = ("end_to_end_id", "message_id", "uetr", "message_type", "rail")
_references: Callable[[Transfer], tuple[str | None, ...]] = attrgetter(*_REFERENCES)
_REFERS_TO = {
    "message_id": "message_id",
    "message_type": "message_type",
    "instruction_id": "end_to_end_id",
    "end_to_end_id": "end_to_end_id",
    "transaction_id": "end_to_end_id",
    "uetr": "uetr",
}
"""Members of a reference to another payment, each with the member that says what it looks like."""


def find_missing(payment: Payment) -> Iterator[Note]:
    """Yield a note per side of the payment that nobody is on, neither a party nor an agent.

    A message about another payment, such as a recall, need not repeat its sides. In an MT202 without field 52
    the sender is the ordering institution.
    """
    if payment.refers_to is not None and payment.underlying is None:
        return
    transfers = (payment, payment.underlying) if payment.underlying else (payment,)
    sender_pays = payment.instructing_agent and (payment.message_type or "").startswith(BETWEEN_BANKS)
    if not sender_pays and not any(map(any, map(_debtor_side, transfers))):
        yield Note("debtor", "NO_DEBTOR", "no party and no agent is on the debtor's side")
    if not any(map(any, map(_creditor_side, transfers))):
        yield Note("creditor", "NO_CREDITOR", "no party and no agent is on the creditor's side")


def find_empty_names(payment: Payment) -> Iterator[Note]:
    """Yield a note per name that the message has and that is blank.

    An agent that something else identifies is compared by that.
    """
    for path, member in _members(payment):
        name = member.name
        if name is not None and (not name or name.isspace()):
            if isinstance(member, Agent) and (member.bic or member.lei or member.clearing_id or member.ids):
                continue
            yield Note(f"{path}.name", "EMPTY_NAME", "the message has a name here, and it is empty")


def find_unexpected(payment: Payment) -> Iterator[TextField]:
    """Yield the values that do not look like what their member is for, as texts."""
    for prefix, transfer in _transfers(payment):
        for member, value in zip(_REFERENCES, _references(transfer), strict=True):
            yield from _unexpected(prefix, member, value)
        if transfer.refers_to is not None:
            for member, kind in _REFERS_TO.items():
                yield from _unexpected(
                    f"{prefix}refers_to.", member, getattr(transfer.refers_to, member), kind
                )
        for position, goods in enumerate(transfer.goods):
            yield from _unexpected(f"{prefix}goods[{position}].", "hs_code", goods.hs_code)
        for position, vessel in enumerate(transfer.vessels):
            yield from _unexpected(f"{prefix}vessels[{position}].", "imo", vessel.imo)
    for path, somebody in _members(payment):
        yield from _unexpected_of(f"{path}.", somebody)


def note_unexpected(field: TextField) -> Note:
    """Return the note on a value that was searched as text in the place of something else."""
    return Note(
        field.paths[0], "UNEXPECTED_VALUE", "not the kind of value that belongs here: searched as text"
    )


def addresses_of(transfer: Transfer) -> Iterator[Address]:
    """Yield the addresses of a transfer's parties and agents."""
    for _, member in _members_of("", transfer):
        if member.address is not None:
            yield member.address


def _unexpected_of(prefix: str, somebody: Party | Agent) -> Iterator[TextField]:
    if isinstance(somebody, Agent):
        yield from _unexpected(prefix, "bic", somebody.bic)
        yield from _unexpected(prefix, "lei", somebody.lei)
        yield from _unexpected(prefix, "clearing_id", somebody.clearing_id)
    elif somebody.account is not None:
        yield from _unexpected(prefix, "account.iban", somebody.account.iban)
        yield from _unexpected(prefix, "account.other", somebody.account.other)
    for position, identifier in enumerate(somebody.ids):
        kind = "bic" if identifier.type == "bic" else "ids.value"
        yield from _unexpected(f"{prefix}ids[{position}].", "value", identifier.value, kind)
    if somebody.address is not None:
        yield from _unexpected(f"{prefix}address.", "postcode", somebody.address.postcode)


def _unexpected(prefix: str, member: str, value: str | None, kind: str = "") -> Iterator[TextField]:
    """Yield the value unless it looks like what the member, or one of another kind, is for."""
    if value and not LOOKS_MEMBER[kind or member](value):
        yield TextField((prefix + member,), (value,))


def _transfers(payment: Payment) -> Iterator[tuple[str, Transfer]]:
    yield "", payment
    if payment.underlying is not None:
        yield "underlying.", payment.underlying


def _members(payment: Payment) -> Iterator[tuple[str, Party | Agent]]:
    for prefix, transfer in _transfers(payment):
        yield from _members_of(prefix, transfer)


def _members_of(prefix: str, transfer: Transfer) -> Iterator[tuple[str, Party | Agent]]:
    """Yield every party and agent of a transfer with its path."""
    for role, party in zip(PARTIES, _parties(transfer), strict=True):
        if party is not None:
            yield prefix + role, party
    for role, agent in zip(AGENTS, _agents(transfer), strict=True):
        if agent is not None:
            yield prefix + role, agent
    for position, other in enumerate(transfer.other_parties):
        yield f"{prefix}other_parties[{position}]", other
    for position, other_agent in enumerate(transfer.intermediary_agents):
        yield f"{prefix}intermediary_agents[{position}]", other_agent
