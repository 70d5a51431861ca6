"""Every field that names somebody is compared, at the path by which a person finds it."""

from typing import Any

import msgspec

from holdgate.core.corroboration import Facts
from holdgate.core.fields import IdField, NameField, screened
from holdgate.core.payment import AGENTS, PARTIES, Payment

PARTY = {
    "name": "N",
    "kind": "person",
    "birth_date": "1970",
    "address": {"country": "kz"},
    "country_of_residence": "DE",
    "ids": [{"type": "tax", "value": "12345", "country": "KZ"}, {"type": "bic", "value": "DEUTDEFF"},
            {"type": "wallet", "value": "0x1"}],
}  # fmt: skip
AGENT = {"name": "A", "country": "KZ", "bic": "DEUTDEFF", "lei": "L", "clearing_id": "C"}


def _fields(**members: Any) -> dict[str, tuple[Any, ...]]:
    payment = msgspec.convert({"payment_id": "1", **members}, Payment)
    found = [(str(field[0]), tuple(field)[1:]) for field in screened(payment)]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_a_party_is_compared_by_name_and_identifiers_in_every_role() -> None:
    for role in PARTIES:
        assert _fields(**{role: PARTY}) == {
            f"{role}.name": ("N", "person", "name", Facts("1970", ("KZ", "DE"))),
            f"{role}.ids[0].value": ("12345", "tax", "KZ", "identifier"),
            f"{role}.ids[1].value": ("DEUTDEFF", "bic", None, "bic"),
            f"{role}.ids[2].value": ("0x1", "wallet", None, "wallet"),
        }


def test_an_account_is_compared_as_a_number_and_as_a_wallet() -> None:
    found = [
        tuple(field)
        for field in screened(
            msgspec.convert(
                {
                    "payment_id": "1",
                    "creditor": {"account": {"iban": "DE89370400440532013000", "other": "1A1z"}},
                },
                Payment,
            )
        )
    ]
    assert found == [
        ("creditor.account.iban", "DE89370400440532013000", "other", None, "identifier"),
        ("creditor.account.other", "1A1z", "other", None, "identifier"),
        ("creditor.account.other", "1A1z", "wallet", None, "wallet"),
    ]


def test_an_agent_is_compared_by_name_bic_and_lei_in_every_role() -> None:
    for role in AGENTS:
        assert _fields(**{role: AGENT}) == {
            f"{role}.name": ("A", "entity", "name", Facts(None, ("KZ",))),
            f"{role}.bic": ("DEUTDEFF", "bic", None, "bic"),
            f"{role}.lei": ("L", "lei", None, "identifier"),
        }
    assert next(iter(_fields(intermediary_agents=[{}, AGENT]))) == "intermediary_agents[1].name"


def test_a_vessel_is_compared_by_name_and_number() -> None:
    assert _fields(vessels=[{"name": "V", "imo": "9074729"}]) == {
        "vessels[0].name": ("V", "vessel", "vessel", Facts()),
        "vessels[0].imo": ("9074729", "imo", None, "vessel"),
    }


def test_the_transfer_under_a_cover_payment_is_compared_as_the_payment_is() -> None:
    whole: dict[str, Any] = dict.fromkeys(PARTIES, PARTY) | dict.fromkeys(AGENTS, AGENT)
    whole |= {"intermediary_agents": [AGENT], "vessels": [{"name": "V"}]}
    above, below = _fields(**whole), _fields(underlying=whole)
    assert below == {f"underlying.{path}": field for path, field in above.items()}
    assert len(_fields(**whole, underlying=whole)) == 2 * len(above)


def test_a_party_of_unstated_kind_may_be_either() -> None:
    assert _fields(debtor={"name": "N"}) == {"debtor.name": ("N", "unknown", "name", Facts())}


def test_a_country_that_is_no_code_is_no_fact() -> None:
    """Some systems write the country's name: it can neither agree nor conflict."""
    fields = _fields(debtor={"name": "N", "country_of_residence": "Kazakhstan", "address": {"country": ""}})
    assert fields == {"debtor.name": ("N", "unknown", "name", Facts())}


def test_what_is_empty_is_not_compared() -> None:
    assert _fields(debtor={"name": ""}, debtor_agent={"name": "", "bic": ""}, vessels=[{}]) == {}


def test_fields_are_names_or_identifiers() -> None:
    payment = msgspec.convert({"payment_id": "1", "debtor": PARTY, "debtor_agent": AGENT}, Payment)
    assert {type(field) for field in screened(payment)} == {NameField, IdField}
