"""Where a payment's money comes from and goes to, as two countries: what fairness is looked at by."""

from functools import cache

from rigour.territories import get_territory

from holdgate.core.identifiers.keys import BIC_LENGTHS
from holdgate.core.model.payment import Agent, Party, Payment

UNKNOWN = "unknown"
"""The end of a corridor whose country the payment does not say, or says in letters that name none."""


def corridor_of(payment: Payment) -> tuple[str, str]:
    """Origin and destination as ISO 3166-1 alpha-2 codes in upper case, or UNKNOWN.

    Of each side the bank's country counts, then the account's (IBAN), then the party's own: money moves
    between banks, and they are what a payment says most reliably.
    """
    return (
        _country(payment.debtor_agent, payment.debtor),
        _country(payment.creditor_agent, payment.creditor),
    )


def _country(agent: Agent | None, party: Party | None) -> str:
    said: list[str | None] = []
    if agent is not None:
        said += [agent.bic[4:6] if agent.bic and len(agent.bic) in BIC_LENGTHS else None, agent.country]
    if party is not None:
        iban = party.account.iban if party.account else None
        said += [
            iban.lstrip()[:2] if iban else None,
            party.address.country if party.address else None,
            party.country_of_residence,
        ]
    return next((code.upper() for code in said if code and _is_country(code)), UNKNOWN)


@cache
def _known(code: str) -> bool:
    territory = get_territory(code.lower())
    return territory is not None and territory.is_country


def _is_country(code: str) -> bool:
    """Whether two letters name a country; nothing longer is asked, so the cache stays small."""
    return len(code) == 2 and code.isascii() and code.isalpha() and _known(code.upper())
