"""Payments for the tests. Their names occur nowhere else, so a log that contains one leaked it."""

import random
from typing import Any

from tests.support.small_list import BANK_BIC, PERSON_NAME


def payment(payment_id: str, **members: Any) -> dict[str, Any]:
    """Return an ordinary payment that matches no list."""
    return {
        "payment_id": payment_id,
        "rail": "swift",
        "amount": "1250.00",
        "currency": "KZT",
        "debtor": {"name": "Gulnara Canary", "account": {"iban": "KZ86125KZT5004100100"}},
        "creditor": {"name": "Almaty Canary Bakery LLP"},
    } | members


def stream(number: int, seed: int) -> list[dict[str, Any]]:
    """Return payments; some match, some are resent, and some are resent with different content."""
    chance = random.Random(seed)
    sent: list[dict[str, Any]] = []
    for position in range(number):
        kind = chance.random()
        if sent and kind < 0.05:
            sent.append(chance.choice(sent))
        elif sent and kind < 0.08:
            sent.append(chance.choice(sent) | {"amount": f"{position}.00"})
        elif kind < 0.14:
            sent.append(payment(f"{seed}-{position}", creditor={"name": PERSON_NAME}))
        elif kind < 0.16:
            sent.append(payment(f"{seed}-{position}", creditor_agent={"bic": BANK_BIC}))
        else:
            sent.append(
                payment(f"{seed}-{position}", creditor={"name": f"Canary {chance.randrange(10**6)} LLP"})
            )
    return sent
