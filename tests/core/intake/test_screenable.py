"""A payment with more text than can be screened in bounded work is held, never truncated."""

import json

import pytest

from holdgate.core.intake import InvalidEventError, canonical
from holdgate.core.intake.screenable import MAX_TEXT


def _read(characters: int, **members: object) -> None:
    line = "x" * 1_000
    lines = [line] * (characters // 1_000) + ["x" * (characters % 1_000)]
    payment = {"payment_id": "1", "debtor": {"name": "Ayse Demir"}, "remittance": lines} | members
    canonical.read(json.dumps(payment).encode())


def test_the_maximum_amount_of_text_is_read() -> None:
    _read(MAX_TEXT)


@pytest.mark.parametrize(
    "members",
    [
        {"purpose": "x"},
        {"underlying": {"instructions": ["x"]}},
        {"category_purpose": "x"},
        {"goods": [{"description": "x"}]},
        {"creditor": {"address": {"lines": ["x"]}}},
        {"other_parties": [{"address": {"street": "x"}}]},
        {"intermediary_agents": [{"address": {"town": "x"}}]},
        {"creditor": {"name": "x" * 141}, "remittance": ["x" * (MAX_TEXT - 140)]},
        {"underlying": {"vessels": [{"name": "x" * 141}]}, "remittance": ["x" * (MAX_TEXT - 140)]},
    ],
)
def test_one_character_more_is_rejected_in_any_field(members: dict[str, object]) -> None:
    with pytest.raises(InvalidEventError, match="20,001 characters") as refused:
        _read(MAX_TEXT, **members)
    assert (refused.value.code, refused.value.payment_id) == ("too_large", "1")


def test_a_character_that_stands_for_many_counts_as_many() -> None:
    with pytest.raises(InvalidEventError, match="20,016 characters"):
        _read(0, creditor={"name": "\ufdfa" * 1_112})
    _read(0, creditor={"name": "\ufdfa" * 1_111})
