"""Names that many people bear: a single word and common words hold if they are a whole listed name."""

from functools import cache
from typing import Any

import msgspec
import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.decision import Decision
from holdgate.core.model.listed_entry import Entry, EntryType, ListedName, NameKind
from holdgate.core.names.matching.matcher import Query
from holdgate.core.policy.policy import CommonNameRules, NameRule
from tests.support.listed import edition, payment, policy


def _entry(number: int, type: EntryType, *names: str, kind: NameKind = "primary", born: str = "") -> Entry:
    listed = tuple(ListedName(name, kind=kind) for name in names)
    return Entry(f"test:{number}", "test", type, listed, birth_dates=(born,) if born else ())


ENTRIES = (
    _entry(1, "person", "TIRA, Abu", born="1970-05-01"),
    _entry(2, "person", "HASSAN", born="1961-03-14"),
    _entry(3, "person", "ALI, Mohammed", born="1961-03-14"),
    _entry(4, "person", "HASSAN, Ahmed Omar"),
    _entry(5, "entity", "INVERSIONES ZANZIBAR"),
    _entry(6, "entity", "QUXVANTALORIA LLC"),
    _entry(7, "entity", "ZYLPHOR"),
    _entry(8, "vessel", "DANIEL"),
    _entry(9, "person", "MUSTAFA"),
    _entry(10, "person", "ELSHAFEE EL SHEIKH"),
    _entry(11, "person", "PEKVITCH, Mile"),
    _entry(12, "entity", "I AND S HOLDING COMPANY, S.A."),
    _entry(13, "entity", "GAS LLC"),
)


RULES = CommonNameRules(per_million=0.1)
"""Weights take the frequencies in a list too, and in one this short no word is frequent."""


@cache
def _screener(rules: CommonNameRules = RULES) -> Screener:
    snapshot = load_snapshot(build_snapshot([edition()], ENTRIES))
    return Screener(snapshot, msgspec.structs.replace(policy(), common_names=rules))


def _decide(name: str, rules: CommonNameRules = RULES, **more: Any) -> Decision:
    [decision] = _screener(rules).screen([payment(creditor={"name": name, **more})])
    return decision


@pytest.mark.parametrize(
    "name",
    ["Hassan", "HASSAN", "hassan.", "Mr Hassan", "Хассан", "Zylphor", "Quxvantaloria", "Elshafee Sheikh"],
)
def test_a_single_word_holds_if_it_is_a_whole_listed_name(name: str) -> None:
    """Case, punctuation, a title in the payment, the particle of a longer name, and the legal form of a word
    that is nobody's name aside.
    """
    assert _decide(name).decision == "HOLD"


@pytest.mark.parametrize(
    "name", ["Tina", "Tira", "Zanzibar", "Hasan", "Hassen", "Ahmed", "Zylphar", "Daniel", "Mustapha"]
)
def test_a_single_word_does_not_hold_by_an_edit_a_part_or_a_missing_rest(name: str) -> None:
    assert _decide(name).decision == "RELEASE"


def test_an_initial_makes_two_words_of_a_name_only_beside_the_listed_word() -> None:
    assert _decide("P. Mile").decision == "HOLD"
    assert _decide("P. Maele").decision == "RELEASE"


@pytest.mark.parametrize(
    ("name", "held"), [("AI HOLDING AS", False), ("EL GAS SA", False), ("GAS SA", True), ("Gas", True)]
)
def test_a_trade_alone_names_no_company_unless_it_is_all_of_both_names(name: str, held: bool) -> None:
    assert _decide(name).decision == ("HOLD" if held else "RELEASE")


def test_a_long_word_that_nobody_bears_may_be_misspelt() -> None:
    """An evader's typo in the name of a company, not the name of a person that resembles it."""
    assert _decide("Quxvantalorja").decision == "HOLD"
    assert _decide("Quxvantalorja LLC").decision == "HOLD"


@pytest.mark.parametrize(("name", "held"), [("ZYLPHORLTD", True), ("ZYLPHORA", False), ("Mustafaltd", False)])
def test_a_companys_name_holds_with_its_legal_form_in_one_word(name: str, held: bool) -> None:
    """The form needs not be the listed one. A person's name with letters behind it is another name."""
    assert _decide(name).decision == ("HOLD" if held else "RELEASE")


def test_a_single_word_holds_with_the_birth_date() -> None:
    assert _decide("Tira", birth_date="1970-05-01").decision == "HOLD"
    assert _decide("Tira", birth_date="1980-05-01").decision == "RELEASE"


@pytest.mark.parametrize(
    "name", ["Mohammed Ali", "ALI, Mohammed", "ali mohammed", "Mohámmed Ali", "Mohamed Ali"]
)
def test_common_words_hold_if_they_are_a_whole_listed_name(name: str) -> None:
    """Order, case, accents and the romanisation of a long word aside."""
    [match] = _decide(name).matches
    assert match.entry_id == "test:3"
    [common] = [part for part in match.evidence if part.how == "common"]
    assert "in a million people" in common.matched


def test_common_words_that_are_no_whole_listed_name_do_not_hold() -> None:
    assert _decide("Ahmed Hassan").decision == "RELEASE"
    assert _decide("Ahmed Hassan", CommonNameRules(common_words="score")).decision == "HOLD"


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        ("score", {"Mohammed Ali", "Hassan", "Tira"}),
        ("whole", {"Mohammed Ali", "Hassan"}),
        ("confirmed", set()),
    ],
)
def test_the_policy_chooses(rule: NameRule, held: set[str]) -> None:
    rules = CommonNameRules(rule, rule, 0.1)
    names = ("Mohammed Ali", "Hassan", "Tira")
    assert {name for name in names if _decide(name, rules).decision == "HOLD"} == held


def test_a_birth_date_that_agrees_confirms_under_every_rule() -> None:
    confirmed = CommonNameRules("confirmed", "confirmed", 0.1)
    for name in ("Mohammed Ali", "Hassan"):
        assert _decide(name, confirmed, birth_date="1961-03-14").decision == "HOLD"
        assert _decide(name, confirmed, birth_date="1990-03-14").decision == "RELEASE"


def test_the_name_of_a_ship_holds_where_a_ship_is_named() -> None:
    screener = _screener()
    [decision] = screener.screen([payment(vessels=[{"name": "DANIEL"}])])
    assert decision.decision == "HOLD"
    [hits] = screener.matcher.match([Query("Daniel", "vessel")])
    assert [screener.judge(hit, "vessel").holds for hit in hits] == [True]
    assert [screener.judge(hit, "person").holds for hit in hits] == [False]
