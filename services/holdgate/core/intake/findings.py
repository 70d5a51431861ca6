"""What a reader finds in a payment beside its fields: missing sides, empty names, values of another kind.

A value that does not look like what its member is for (`not_screened.toml`) is searched as a text: a name in
the place of a reference, an account or a BIC must not pass.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter

from holdgate.core.intake.not_screened import LOOKS_MEMBER
from holdgate.core.model.decision import Note
from holdgate.core.model.payment import AGENTS, PARTIES, Address, Agent, Party, Payment, Transfer
from holdgate.core.model.screened_fields import MAX_CODE_LENGTH, Facts, NameField, TextField

MAX_POSSIBLE_WORDS, MAX_POSSIBLE_LENGTH = 16, 140
"""A text in the place of something else that is no longer than this may be a name and nothing else, so it is
also screened as one: of 200 listed names each in such places, the search in texts found .95 of the persons
and .90 of the entities."""

DEBTOR_SIDE = ("debtor", "ultimate_debtor", "debtor_agent")
CREDITOR_SIDE = ("creditor", "ultimate_creditor", "creditor_agent")
BETWEEN_BANKS = ("MT202", "MT205")

_debtor_side: Callable[[Transfer], tuple[object, ...]] = attrgetter(*DEBTOR_SIDE)
_creditor_side: Callable[[Transfer], tuple[object, ...]] = attrgetter(*CREDITOR_SIDE)
_parties: Callable[[Transfer], tuple[Party | None, ...]] = attrgetter(*PARTIES)
_agents: Callable[[Transfer], tuple[Agent | None, ...]] = attrgetter(*AGENTS)

_is_bic, _is_number = LOOKS_MEMBER["bic"], LOOKS_MEMBER["ids.value"]
_is_reference, _is_postcode = LOOKS_MEMBER["end_to_end_id"], LOOKS_MEMBER["postcode"]

_REFERENCES = ("end_to_end_id", "message_id", "uetr", "message_type", "rail")
_REFERENCE_LOOKS = tuple(LOOKS_MEMBER[member] for member in _REFERENCES)
_references: Callable[[Transfer], tuple[str | None, ...]] = attrgetter(*_REFERENCES)
_REFERS_TO = dict.fromkeys(
    ("message_id", "instruction_id", "end_to_end_id", "transaction_id", "uetr"), _is_reference
) | {"message_type": LOOKS_MEMBER["message_type"]}
"""Members of a reference to another payment, each with what it looks like."""


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


class Findings:
    """Findings in a payment: `empty_names`, `unexpected` values as texts, and texts that may be `names`."""

    def __init__(self, payment: Payment) -> None:
        self.empty_names: list[Note] = []
        self.unexpected: list[TextField] = []
        self.names: list[NameField] = []
        self._read("", payment)
        if payment.underlying is not None:
            self._read("underlying.", payment.underlying)

    def _read(self, prefix: str, transfer: Transfer) -> None:
        for member, value, looks in zip(_REFERENCES, _references(transfer), _REFERENCE_LOOKS, strict=True):
            if value and not looks(value):
                self._add(prefix + member, value)
        for member in ("purpose", "category_purpose"):
            text = getattr(transfer, member)
            if text and len(text) > MAX_CODE_LENGTH:
                self.names += possible_name(prefix + member, text)
        refers_to = transfer.refers_to
        if refers_to is not None:
            for member, looks in _REFERS_TO.items():
                if (value := getattr(refers_to, member)) and not looks(value):
                    self._add(f"{prefix}refers_to.{member}", value)
        for position, goods in enumerate(transfer.goods):
            if goods.hs_code and not _is_number(goods.hs_code):
                self._add(f"{prefix}goods[{position}].hs_code", goods.hs_code)
        for position, vessel in enumerate(transfer.vessels):
            if vessel.imo and not _is_number(vessel.imo):
                self._add(f"{prefix}vessels[{position}].imo", vessel.imo)
        for role, party in zip(PARTIES, _parties(transfer), strict=True):
            if party is not None:
                self._read_party(prefix + role, party)
        for role, agent in zip(AGENTS, _agents(transfer), strict=True):
            if agent is not None:
                self._read_agent(prefix + role, agent)
        for position, other in enumerate(transfer.other_parties):
            self._read_party(f"{prefix}other_parties[{position}]", other)
        for position, intermediary in enumerate(transfer.intermediary_agents):
            self._read_agent(f"{prefix}intermediary_agents[{position}]", intermediary)

    def _read_party(self, path: str, party: Party) -> None:
        account = party.account
        if account is not None:
            if account.iban and not _is_number(account.iban):
                self._add(f"{path}.account.iban", account.iban)
            if account.other and not _is_number(account.other):
                self._add(f"{path}.account.other", account.other)
        if party.name is not None and not party.name.strip():
            self._add_empty_name(path)
        if party.ids or party.address is not None:
            self._read_details(path, party)

    def _read_agent(self, path: str, agent: Agent) -> None:
        if agent.bic and not _is_bic(agent.bic):
            self._add(f"{path}.bic", agent.bic)
        if agent.lei and not _is_number(agent.lei):
            self._add(f"{path}.lei", agent.lei)
        if agent.clearing_id and not _is_number(agent.clearing_id):
            self._add(f"{path}.clearing_id", agent.clearing_id)
        identified = agent.bic or agent.lei or agent.clearing_id or agent.ids  # and compared by that
        if agent.name is not None and not identified and not agent.name.strip():
            self._add_empty_name(path)
        if agent.ids or agent.address is not None:
            self._read_details(path, agent)

    def _read_details(self, path: str, somebody: Party | Agent) -> None:
        for position, identifier in enumerate(somebody.ids):
            looks = _is_bic if identifier.type == "bic" else _is_number
            if not looks(identifier.value):
                self._add(f"{path}.ids[{position}].value", identifier.value)
        address = somebody.address
        if address is not None and address.postcode and not _is_postcode(address.postcode):
            self._add(f"{path}.address.postcode", address.postcode)

    def _add(self, path: str, value: str) -> None:
        if value.strip():
            self.unexpected.append(TextField((path,), (value,)))
            self.names += possible_name(path, value)

    def _add_empty_name(self, path: str) -> None:
        self.empty_names.append(
            Note(f"{path}.name", "EMPTY_NAME", "the message has a name here, and it is empty")
        )


def possible_name(path: str, value: str) -> Iterator[NameField]:
    """Yield a short text of several words as a name."""
    words = value.split() if len(value) <= MAX_POSSIBLE_LENGTH else ()
    if 1 < len(words) <= MAX_POSSIBLE_WORDS and any(map(str.isalpha, value)):
        yield NameField(path, value, "unknown", "name", Facts())


def note_unexpected(field: TextField) -> Note:
    """Return the note on a value that was searched as text in the place of something else."""
    return Note(
        field.paths[0], "UNEXPECTED_VALUE", "not the kind of value that belongs here: searched as text"
    )


def addresses_of(transfer: Transfer) -> Iterator[Address]:
    """Yield the addresses of a transfer's parties and agents."""
    for party in (*_parties(transfer), *transfer.other_parties):
        if party is not None and party.address is not None:
            yield party.address
    for agent in (*_agents(transfer), *transfer.intermediary_agents):
        if agent is not None and agent.address is not None:
            yield agent.address
