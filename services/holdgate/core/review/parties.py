"""The parties of a case, drawn from the payment that is its evidence, and the words that find them."""

from collections.abc import Iterator

from msgspec import Struct

from holdgate.core.characters.folding import fold
from holdgate.core.identifiers.keys import plain
from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.intake.reader import read_file
from holdgate.core.model.payment import AGENTS, PARTIES, Agent, Party, Payment, Transfer
from holdgate.core.names.words.tokens import split_name, tokenize_word
from holdgate.core.review.event_contents import CaseFacts

MAX_CASE_PARTIES = 1_000
"""Parties kept per case. A payment has at most 600, and a message may have several payments."""

MAX_SEARCHED_CHARACTERS = 1_000
"""Characters of a name that are indexed and searched."""


class CaseParty(Struct, frozen=True):
    """A party or agent of a payment; `role` is the path of its member, such as `creditor`."""

    role: str
    name: str
    account: str


def case_parties(payment: bytes, facts: CaseFacts) -> tuple[CaseParty, ...]:
    """Return the parties of the payment that a case is about, empty if its record cannot be read."""
    parties = [party for item in payments_of(payment, facts) for party in _parties_of(item.payment)]
    return tuple(parties[:MAX_CASE_PARTIES])


def payments_of(record: bytes, facts: CaseFacts) -> list[Received]:
    """Return the payments of a record that a case is about; all of them if none can be told apart, none if
    the record cannot be read."""
    try:
        received = read_file(record)
    except InvalidEventError:
        return []
    same = [item for item in received if item.content_hash == facts.content_hash]
    same = same or [item for item in received if item.payment.payment_id == facts.payment_id]
    return same or list(received)


def search_words(text: str) -> list[tuple[str, ...]]:
    """Return the words of a text, each with its spellings: romanised first, then as written if that differs.

    The same function makes the words of an indexed name and of a search, so both agree in every script.
    """
    folded = fold(text[:MAX_SEARCHED_CHARACTERS]).casefold()
    tokens = (token for word in split_name(folded) for token in tokenize_word(word))
    return [tuple(dict.fromkeys((token.form, token.written))) for token in tokens]


def name_key(name: str) -> str:
    """Return the romanised words of a name in one line: equal for spellings that a reader takes as equal."""
    return " ".join(spellings[0] for spellings in search_words(name))


def account_key(account: str) -> str:
    """Return an account number without blanks and signs, in capitals."""
    return plain(account)


def _parties_of(payment: Payment) -> Iterator[CaseParty]:
    yield from _members(payment, "")
    if payment.underlying is not None:
        yield from _members(payment.underlying, "underlying.")


def _members(transfer: Transfer, prefix: str) -> Iterator[CaseParty]:
    members: list[tuple[str, Party | Agent | None]] = [
        *((role, getattr(transfer, role)) for role in (*PARTIES, *AGENTS)),
        *((f"other_parties[{number}]", party) for number, party in enumerate(transfer.other_parties)),
        *(
            (f"intermediary_agents[{number}]", agent)
            for number, agent in enumerate(transfer.intermediary_agents)
        ),
    ]
    for role, member in members:
        if member is None:
            continue
        name, account = member.name or "", _account(member)
        if name or account:
            yield CaseParty(prefix + role, name, account)


def _account(member: Party | Agent) -> str:
    if isinstance(member, Agent):
        return member.bic or ""
    return "" if member.account is None else member.account.iban or member.account.other or ""
