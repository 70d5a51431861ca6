"""Every field that may name a party is compared and reported with its path in the payment."""

import tomllib
from importlib import resources
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from holdgate.core.model.payment import (
    AGENTS,
    PARTIES,
    Account,
    Address,
    Agent,
    Goods,
    Identifier,
    Party,
    Payment,
    Transfer,
    Vessel,
)
from holdgate.core.model.screened_fields import (
    AddressTextField,
    CodeField,
    Facts,
    Field,
    GoodsField,
    IdField,
    NameField,
    PlaceField,
    TextField,
    fields_to_screen,
)

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
    fields = (field for field in fields_to_screen(payment) if isinstance(field, NameField | IdField))
    found = [(field.path, msgspec.structs.astuple(field)[1:5]) for field in fields]
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
        msgspec.structs.astuple(field)
        for field in fields_to_screen(
            msgspec.convert(
                {
                    "payment_id": "1",
                    "creditor": {"account": {"iban": "DE89370400440532013000", "other": "1A1z"}},
                },
                Payment,
            )
        )
        if isinstance(field, IdField)
    ]
    assert found == [
        ("creditor.account.iban", "DE89370400440532013000", "other", None, "identifier"),
        ("creditor.account.other", "1A1z", "other", None, "identifier"),
        ("creditor.account.other", "1A1z", "wallet", None, "wallet"),
    ]


def test_an_agent_is_compared_by_name_and_codes_in_every_role() -> None:
    for role in AGENTS:
        assert _fields(**{role: AGENT}) == {
            f"{role}.name": ("A", "entity", "name", Facts(None, ("KZ",))),
            f"{role}.bic": ("DEUTDEFF", "bic", None, "bic"),
            f"{role}.lei": ("L", "lei", None, "identifier"),
            f"{role}.clearing_id": ("C", "clearing_code", None, "bic"),
        }
    assert next(iter(_fields(intermediary_agents=[{}, AGENT]))) == "intermediary_agents[1].name"


def test_a_vessel_is_compared_by_name_and_number() -> None:
    assert _fields(vessels=[{"name": "V", "imo": "9074729"}]) == {
        "vessels[0].name": ("V", "vessel", "vessel", Facts()),
        "vessels[0].imo": ("9074729", "imo", None, "vessel"),
    }


def test_the_underlying_transfer_of_a_cover_payment_is_compared_like_the_payment() -> None:
    whole: dict[str, Any] = dict.fromkeys(PARTIES, PARTY) | dict.fromkeys(AGENTS, AGENT)
    whole |= {"intermediary_agents": [AGENT], "vessels": [{"name": "V"}]}
    above, below = _fields(**whole), _fields(underlying=whole)
    assert below == {f"underlying.{path}": field for path, field in above.items()}
    assert len(_fields(**whole, underlying=whole)) == 2 * len(above)


def test_a_party_of_unstated_kind_may_be_a_person_or_an_entity() -> None:
    assert _fields(debtor={"name": "N"}) == {"debtor.name": ("N", "unknown", "name", Facts())}


def test_a_country_that_is_not_a_code_does_not_corroborate() -> None:
    """Some systems write the name of the country, which can neither agree nor conflict."""
    fields = _fields(debtor={"name": "N", "country_of_residence": "Kazakhstan", "address": {"country": ""}})
    assert fields == {"debtor.name": ("N", "unknown", "name", Facts())}


def test_empty_values_are_not_compared() -> None:
    assert _fields(debtor={"name": ""}, debtor_agent={"name": "", "bic": ""}, vessels=[{}]) == {}


def _continuations(**members: Any) -> list[tuple[tuple[str, str], ...]]:
    payment = msgspec.convert({"payment_id": "1", **members}, Payment)
    return [field.continuation for field in fields_to_screen(payment) if isinstance(field, NameField)]


@pytest.mark.parametrize("role", [*PARTIES, *AGENTS])
def test_the_lines_of_an_address_and_its_street_may_continue_the_name(role: str) -> None:
    """Lines come before the street, whatever their order in the message; house numbers continue no name."""
    address = {"street": "KUTUZOVA", "lines": ["12", " ", "STROYKA", "ЛТД"], "town": "MOSCOW"}
    assert _continuations(**{role: {"name": "PROMYSHLENNAYA", "address": address}}) == [
        (
            (f"{role}.address.lines[2]", "STROYKA"),
            (f"{role}.address.lines[3]", "ЛТД"),
            (f"{role}.address.street", "KUTUZOVA"),
        )
    ]


def test_at_most_four_lines_continue_a_name() -> None:
    party = {"name": "N", "address": {"lines": list("ABCDE"), "street": "F"}}
    (continuation,) = _continuations(other_parties=[party])
    assert continuation == tuple((f"other_parties[0].address.lines[{i}]", "ABCDE"[i]) for i in range(4))


def test_a_name_without_address_lines_is_not_continued() -> None:
    parties = [{"name": "N"}, {"name": "M", "address": {"town": "T"}}]
    assert _continuations(other_parties=parties, vessels=[{"name": "V"}]) == [(), (), ()]


MAP: dict[str, dict[str, Any]] = tomllib.loads(
    resources.files("holdgate.core.model").joinpath("screened_fields.toml").read_text(encoding="utf-8")
)
SHAPES: dict[str, type[Struct]] = {
    "transfer": Transfer, "payment": Payment, "party": Party, "agent": Agent, "address": Address,
    "account": Account, "identifier": Identifier, "goods": Goods, "vessel": Vessel,
}  # fmt: skip


def test_every_member_of_a_payment_is_documented_once_with_a_reason() -> None:
    assert MAP.keys() == SHAPES.keys()
    for shape, type_ in SHAPES.items():
        own = set(type_.__struct_fields__) - (
            set(Transfer.__struct_fields__) if shape == "payment" else set()
        )
        assert MAP[shape].keys() == own, shape
        for member, row in MAP[shape].items():
            assert row.keys() in ({"under"}, {"compared_with", "why"}), (shape, member)


def _kinds(field: Field) -> set[str]:
    match field:
        case NameField():
            return {"name"} | ({"fact"} if any(field.facts) else set())
        case IdField():
            return {field.rule if field.rule in ("bic", "wallet") else "identifier"}
        case TextField() | AddressTextField():
            return {"text"}
        case PlaceField():
            return {"place", "address"}
        case CodeField():
            return {"country"}
        case GoodsField():
            return {"goods"}


VALUES = {"iban": "DE89370400440532013000", "birth_date": "1970", "kind": "person"}
PLANTED = {
    "party": ("debtor", {"name": "N"}),
    "agent": ("debtor_agent", {}),
    "address": ("debtor", {}),
    "account": ("debtor", {}),
    "goods": ("goods", {}),
    "vessel": ("vessels", {}),
    "transfer": ("", {}),
}


@pytest.mark.parametrize("shape", PLANTED)
def test_each_member_is_compared_as_documented(shape: str) -> None:
    """Compare a payment that has the member with one that does not: the extra fields come from the member."""
    role, around = PLANTED[shape]
    for member, row in MAP[shape].items():
        if "under" in row or member in ("amount", "currency", "value_date", "refers_to", "kind"):
            continue
        value: Any = VALUES.get(member, "DEUTDEFF")
        value = [value] if member in ("lines", "remittance", "instructions") else value
        inner = {"account": {"account": {member: value}}, "address": {"address": {member: value}}}
        node = around | inner.get(shape, {member: value})
        planted: dict[str, Any] = (
            node if not role else {role: node if shape not in ("goods", "vessel") else [node]}
        )
        payment = msgspec.convert({"payment_id": "1", **planted}, Payment)
        told = {kind for field in fields_to_screen(payment) if _has(field, value) for kind in _kinds(field)}
        facts = {"fact"} if "fact" in row["compared_with"] else set()
        if member == "iban":
            facts = {"bic"}  # by its bank code, when the number is looked up
        assert told - {"fact"} == set(row["compared_with"]) - facts - _of_the_address(shape, member), member


def _of_the_address(shape: str, member: str) -> set[str]:
    """The country and postcode of an address are screened as part of the address."""
    parts = {"country": {"country", "address"}, "postcode": {"address"}}
    return parts.get(member, set()) if shape == "address" else set()


def _has(field: Field, value: Any) -> bool:
    plain = value[0] if isinstance(value, list) else value
    match field:
        case PlaceField():
            said = msgspec.to_builtins(field.address)
            return any(plain in said.get(name, ()) for name in ("lines", "street", "town", "region"))
        case GoodsField():
            return plain in msgspec.to_builtins(field.goods).values()
        case TextField() | AddressTextField():
            return plain in field.lines
    return plain in msgspec.structs.astuple(field)


def test_an_identifier_is_compared_by_its_type() -> None:
    for type_, kinds in (("passport", {"identifier"}), ("bic", {"bic", "country"}), ("wallet", {"wallet"})):
        ids = [{"type": type_, "value": "DEUTDEFF", "country": "IR"}]
        payment = msgspec.convert({"payment_id": "1", "debtor": {"ids": ids}}, Payment)
        assert {kind for field in fields_to_screen(payment) for kind in _kinds(field)} == kinds


def test_the_issuer_of_a_document_and_the_place_of_birth_are_not_places() -> None:
    ids = [{"type": "passport", "value": "1234567", "country": "IR"}]
    payment = msgspec.convert({"payment_id": "1", "debtor": {"ids": ids, "birth_place": "Tehran"}}, Payment)
    assert not [
        field for field in fields_to_screen(payment) if isinstance(field, CodeField | PlaceField | TextField)
    ]
