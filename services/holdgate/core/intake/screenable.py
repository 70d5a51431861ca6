"""The requirements on every payment, whatever its format: it can be screened with bounded work."""

from collections.abc import Callable, Iterator
from operator import attrgetter

from holdgate.core.intake import InvalidEventError
from holdgate.core.model.payment import (
    AGENTS,
    PARTIES,
    Address,
    Agent,
    Party,
    Payment,
    Transfer,
    names_somebody,
)

MAX_TEXT = 20_000
"""Characters of free text that a payment may hold, addresses and descriptions of goods included: as much as
its longest single field, 142 lines of 140.

20,000 characters of words from listed names took 1.6 s to search, random letters 0.3 s; 1 MB of such words
took 19 s, and the payments behind it wait.
"""


def check_screenable(payment: Payment) -> None:
    """Raise `InvalidEventError` for a payment without any name, or with more text than can be screened."""
    if not names_somebody(payment):
        raise InvalidEventError(
            "no_party", "no party and no agent says who it is: nothing to screen", payment.payment_id
        )
    size = len("".join(_texts(payment)))
    if payment.underlying is not None:
        size += len("".join(_texts(payment.underlying)))
    if size > MAX_TEXT:
        raise InvalidEventError(
            "too_large",
            f"{size:,} characters of free text; at most {MAX_TEXT:,} are screened",
            payment.payment_id,
        )


_roles: Callable[[Transfer], tuple[Party | Agent | None, ...]] = attrgetter(*PARTIES, *AGENTS)


def _texts(transfer: Transfer) -> list[str]:
    texts = [*transfer.remittance, *transfer.instructions]
    texts += filter(None, (transfer.purpose, transfer.category_purpose))
    texts += [goods.description for goods in transfer.goods if goods.description]
    for address in _addresses(transfer):
        texts += address.lines
        texts += filter(None, (address.street, address.town, address.region))
    return texts


def _addresses(transfer: Transfer) -> Iterator[Address]:
    for party in _roles(transfer):
        if party is not None and party.address is not None:
            yield party.address
    others: tuple[Party | Agent, ...] = (*transfer.other_parties, *transfer.intermediary_agents)
    yield from (other.address for other in others if other.address is not None)
