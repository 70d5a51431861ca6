"""The payment event: the contract that payment systems write to `payments.submitted`.

Limits are part of the contract: a value that exceeds one is rejected with its path, never truncated. They are
wide enough for every field of ISO 20022 (a name has at most 140 characters, an unstructured remittance line
140, a bank-to-bank instruction 210) and narrow enough that no record can stall a worker.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=20_000)]
CodeText = Annotated[str, Meta(max_length=140)]
CountryText = Annotated[str, Meta(max_length=140, description="ISO 3166-1 alpha-2, upper case")]
PartialDate = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
        description="A year, month or day: 1970, 1970-01 or 1970-01-31",
    ),
]
Amount = Annotated[
    str, Meta(pattern=r"^[0-9]{1,18}(\.[0-9]{1,18})?$", description="A decimal number as a string")
]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with a UTC offset")]
Lines = Annotated[tuple[Text, ...], Meta(max_length=1_000)]


PaymentIdType = Literal[
    "passport", "national_id", "tax", "lei", "bic", "clearing_code", "registration", "imo", "wallet", "other"
]


class Account(Struct, frozen=True, omit_defaults=True):
    """An account, identified by IBAN or by another number."""

    iban: CodeText | None = None
    other: CodeText | None = None


class Address(Struct, frozen=True, omit_defaults=True):
    """A postal address: free lines, structured elements, or both (the hybrid form)."""

    lines: Lines = ()
    street: Text | None = None
    town: Text | None = None
    postcode: CodeText | None = None
    region: Text | None = None
    country: CountryText | None = None


class Identifier(Struct, frozen=True, omit_defaults=True):
    """A document or registration number of a party. `country` is the country of the issuer."""

    type: PaymentIdType
    value: CodeText
    country: CountryText | None = None


class Party(Struct, frozen=True, omit_defaults=True):
    """A person or entity that sends or receives the money, or is otherwise involved."""

    name: Text | None = None
    kind: Literal["person", "entity"] | None = None
    account: Account | None = None
    address: Address | None = None
    ids: Annotated[tuple[Identifier, ...], Meta(max_length=100)] = ()
    birth_date: PartialDate | None = None
    birth_place: Text | None = None
    country_of_residence: CountryText | None = None


class Agent(Struct, frozen=True, omit_defaults=True):
    """A financial institution that takes part in the payment."""

    bic: CodeText | None = None
    name: Text | None = None
    lei: CodeText | None = None
    clearing_id: CodeText | None = None
    country: CountryText | None = None
    address: Address | None = None
    ids: Annotated[tuple[Identifier, ...], Meta(max_length=100)] = ()


class Reference(Struct, frozen=True, omit_defaults=True):
    """The ids of the payment that a recall, a return or a status report is about."""

    message_id: CodeText | None = None
    message_type: CodeText | None = None
    instruction_id: CodeText | None = None
    end_to_end_id: CodeText | None = None
    transaction_id: CodeText | None = None
    uetr: CodeText | None = None


class Goods(Struct, frozen=True, omit_defaults=True):
    """Goods that are paid for. `hs_code` is a code of the Harmonized System, with or without dots."""

    hs_code: CodeText | None = None
    description: Text | None = None
    origin: CountryText | None = None
    destination: CountryText | None = None


class Vessel(Struct, frozen=True, omit_defaults=True):
    """A ship. `imo` is its IMO number: seven digits, with or without the letters IMO."""

    name: Text | None = None
    imo: CodeText | None = None


class Transfer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The members that a payment and its underlying transfer share: parties, agents, amount and purpose."""

    uetr: CodeText | None = None
    end_to_end_id: CodeText | None = None
    message_id: CodeText | None = None
    message_type: CodeText | None = None
    refers_to: Reference | None = None
    rail: CodeText | None = None
    amount: Amount | None = None
    currency: Annotated[str, Meta(pattern=r"^[A-Z0-9]{3,5}$")] | None = None
    value_date: date | None = None
    debtor: Party | None = None
    creditor: Party | None = None
    ultimate_debtor: Party | None = None
    ultimate_creditor: Party | None = None
    initiating_party: Party | None = None
    other_parties: Annotated[
        tuple[Party, ...],
        Meta(max_length=200, description="All other parties: invoicer, account owner, contact, creator"),
    ] = ()
    debtor_agent: Agent | None = None
    creditor_agent: Agent | None = None
    instructing_agent: Agent | None = None
    instructed_agent: Agent | None = None
    intermediary_agents: Annotated[tuple[Agent, ...], Meta(max_length=100)] = ()
    remittance: Lines = ()
    instructions: Lines = ()
    purpose: Text | None = None
    category_purpose: Text | None = None
    goods: Annotated[tuple[Goods, ...], Meta(max_length=1_000)] = ()
    vessels: Annotated[tuple[Vessel, ...], Meta(max_length=100)] = ()


class Payment(Transfer, frozen=True, omit_defaults=True, kw_only=True):
    """A payment as submitted.

    Members not named here are part of the content hash. They are searched as text, and a note names them.
    """

    payment_id: Id
    submitted_at: Moment | None = None
    underlying: Transfer | None = None


PARTIES = ("debtor", "creditor", "ultimate_debtor", "ultimate_creditor", "initiating_party")
AGENTS = ("debtor_agent", "creditor_agent", "instructing_agent", "instructed_agent")


def names_somebody(payment: Payment) -> bool:
    """Return whether at least one party or agent is identified: by a name, an account or an identifier.

    A kind, a birth date or an address alone does not identify anyone who could be screened.
    """
    transfers = (payment, payment.underlying) if payment.underlying else (payment,)
    return any(_is_identified(member) for transfer in transfers for member in parties_and_agents(transfer))


def parties_and_agents(transfer: Transfer) -> Iterator[Party | Agent]:
    """Yield all parties and agents of a transfer."""
    for role in PARTIES + AGENTS:
        member: Party | Agent | None = getattr(transfer, role)
        if member is not None:
            yield member
    yield from transfer.intermediary_agents
    yield from transfer.other_parties


def _is_identified(member: Party | Agent) -> bool:
    """Return whether a name, account or identifier is present that is not blank."""
    ids = (identifier.value for identifier in member.ids)
    values: tuple[str | None, ...]
    if isinstance(member, Agent):
        values = (member.bic, member.name, member.lei, member.clearing_id, *ids)
    else:
        account = member.account or Account()
        values = (member.name, account.iban, account.other, *ids)
    return any(value and not value.isspace() for value in values)
