"""The corridor of a payment: the sources of a country, in order of preference."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.model.payment import Agent, Payment
from holdgate.core.places.corridor import UNKNOWN, corridor_of


def of(**members: Any) -> tuple[str, str]:
    return corridor_of(msgspec.convert({"payment_id": "p"} | members, Payment))


@pytest.mark.parametrize(
    ("members", "country"),
    [
        ({"debtor_agent": {"bic": "DEUTDEFF"}, "debtor": {"account": {"iban": "FR76"}}}, "DE"),
        ({"debtor_agent": {"bic": "DEUTDE", "country": "fr"}}, "FR"),
        ({"debtor_agent": {"name": "A bank"}, "debtor": {"account": {"iban": "kz86 1"}}}, "KZ"),
        ({"debtor": {"account": {"other": "1"}, "address": {"country": "TR"}}}, "TR"),
        ({"debtor": {"name": "x", "country_of_residence": "GB"}}, "GB"),
        ({"debtor": {"name": "x", "address": {"country": "Germany"}}}, UNKNOWN),
        ({"debtor_agent": {"bic": "XXXXQQXX"}}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_the_country_of_the_bank_precedes_that_of_account_and_party(
    members: dict[str, Any], country: str
) -> None:
    assert of(**members) == (country, UNKNOWN)
    turned = {name.replace("debtor", "creditor"): value for name, value in members.items()}
    assert of(**turned) == (UNKNOWN, country)


@given(st.text(max_size=12))
def test_a_value_that_is_no_country_code_gives_unknown(text: str) -> None:
    [origin, _] = corridor_of(Payment(payment_id="p", debtor_agent=Agent(bic=text, country=text)))
    assert origin == UNKNOWN or (len(origin) == 2 and origin.isupper() and origin.isascii())
