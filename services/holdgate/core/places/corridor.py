"""The corridor of a payment: the countries its money comes from and goes to. Fairness metrics use it."""

from functools import cache

from rigour.territories import get_territory

from holdgate.core.identifiers.keys import BIC_LENGTHS
from holdgate.core.model.payment import Agent, Party, Payment

UNKNOWN = "unknown"
"""The end of a corridor for which the payment states no country, or a code that is not a country's."""


def corridor_of(payment: Payment) -> tuple[str, str]:
    """Return origin and destination, each an ISO 3166-1 alpha-2 code in upper case or UNKNOWN.

    On each side the country of the bank comes first, then that of the account (IBAN), then that of the party:
    money moves between banks, and the bank is the most reliable part of a payment.
    """
    return (
        _country(payment.debtor_agent, payment.debtor),
        _country(payment.creditor_agent, payment.creditor),
    )


def _country(agent: Agent | None, party: Party | None) -> str:
    candidates: list[str | None] = []
    if agent is not None:
        candidates += [agent.bic[4:6] if agent.bic and len(agent.bic) in BIC_LENGTHS else None, agent.country]
    if party is not None:
        iban = party.account.iban if party.account else None
        candidates += [
            iban.lstrip()[:2] if iban else None,
            party.address.country if party.address else None,
            party.country_of_residence,
        ]
    return next((code.upper() for code in candidates if code and _is_country(code)), UNKNOWN)


@cache
def _is_country_code(code: str) -> bool:
    territory = get_territory(code.lower())
    return territory is not None and territory.is_country


def _is_country(code: str) -> bool:
    """Return whether the code is a country's. Only pairs of letters reach the cache, so it stays small."""
    return len(code) == 2 and code.isascii() and code.isalpha() and _is_country_code(code.upper())
