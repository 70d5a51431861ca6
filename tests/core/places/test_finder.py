"""Sanctioned places cause a hold if money or goods go there; places and people of the same name do not."""

import cProfile
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.intake.screenable import MAX_TEXT
from holdgate.core.model.payment import Account, Address, Agent, Party, Payment
from holdgate.core.model.screened_fields import Facts, NameField, PlaceField, TextField
from holdgate.core.places.gazetteer import Gazetteer, fold_place_name
from holdgate.core.policy import policy as policies
from holdgate.core.policy.geography import Geography
from holdgate.core.policy.policy import PolicyError
from tests.support.listed import POLICY, payment, policy, screener, snapshot

CASES = [
    json.loads(line)
    for name in ("geography", "stated_places")
    for line in (ROOT / f"tests/cases/{name}.jsonl").read_text().splitlines()
]
WHOLE = {"name": "Ulrike Sommerfeld", "kind": "person"}


def _members(case: dict[str, Any]) -> dict[str, Any]:
    members = {name: value for name, value in case.items() if name not in ("held", "field", "why")}
    for role in ("debtor", "creditor"):
        if role in members:
            members[role] = WHOLE | members[role]
    return members


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case, ensure_ascii=False)[:110])
def test_a_place_causes_a_hold_if_money_or_goods_go_there(case: dict[str, Any]) -> None:
    [found] = screener().screen([payment(**_members(case))])
    told = {(match.entry_id, match.rule, match.list) for match in found.matches}
    if case["held"] is None:
        assert (found.reason, told) == ("NO_MATCH", set())
        return
    assert (found.decision, found.reason, found.next_status) == ("HOLD", "GEOGRAPHY", "PDNG")
    assert told == {(f"geography:{case['held']}", "geography", "geography")}
    if "field" in case:
        assert case["field"] in {match.field for match in found.matches}


def test_the_evidence_states_why_the_place_counts_and_the_legal_source() -> None:
    [found] = screener().screen(
        [payment(creditor=WHOLE | {"address": {"lines": ["Lenina 5", "Yalta, Krimea"]}})]
    )
    [match] = found.matches
    assert (match.value, match.matched_name, match.entry_name) == (
        "Yalta, Krimea", "Yalta", "Crimea region of Ukraine, with Sevastopol",
    )  # fmt: skip
    assert match.programs == ("UKRAINE-EO13685", "31-CFR-589", "EU-692/2014")
    said = {part.how: (part.part, part.matched) for part in match.evidence}
    assert said["exact"] == ("yalta", "Yalta (city)")
    assert "money goes there" in said["place"][1]
    assert said["source"][0] == "in force from 2014-06-23"
    assert "31 CFR part 589" in said["source"][1]


def test_the_evidence_of_a_place_in_a_text_has_its_position_and_context() -> None:
    [found] = screener().screen([payment(remittance=["invoice 1", "goods to Bandar Abbas"])])
    [match] = found.matches
    assert (match.field, match.value) == ("remittance[1]", "Bandar Abbas")
    assert {part.matched for part in match.evidence} >= {"after 'to'", "characters 9-21"}


def test_the_evidence_of_a_government_has_its_words_and_its_own_legal_source() -> None:
    [found] = screener().screen([payment(creditor=WHOLE | {"name": "c/o Embassy of Iran, London"})])
    [match] = found.matches
    assert (match.field, match.value, match.rule) == ("creditor.name", "Embassy of Iran", "geography")
    said = {part.how: (part.part, part.matched) for part in match.evidence}
    assert said["exact"] == ("Embassy of Iran", "Iran (government)")
    assert "31 CFR 560.304" in said["source"][1]


def test_the_evidence_of_an_origin_has_the_phrase() -> None:
    [found] = screener().screen([payment(remittance=["/RFB/INV 7781 SAFFRON 5KG", "//PRODUCT OF IRAN"])])
    [match] = found.matches
    assert (match.field, match.value) == ("remittance[1]", "PRODUCT OF IRAN")
    assert {part.matched for part in match.evidence} >= {"origin: 'product of'", "characters 2-17"}


MAX_CALLS_A_CHARACTER = 50
"""Calls that a character of a hostile text may cost; 33 are measured for the costliest of these."""


@pytest.mark.parametrize(
    "lines",
    [
        ("iran " * 4_000,),
        ("embassy of ministry of the " * 700,),
        ("d'" * 10_000,),
        ("D.P.R.K." * 2_500,),
        ("\u4f0a\u6717" * 10_000,),
        ("Damascus, Maryland, " * 1_000,),
        ("product of", "iran and") * 400,
    ],
    ids=lambda lines: lines[0][:12],
)
def test_hostile_texts_take_bounded_work(lines: tuple[str, ...]) -> None:
    """What was not judged is noted, and so it holds the payment."""
    finder = screener().place_finder
    finder.gazetteer.prepare()
    profile = cProfile.Profile()
    with profile:
        finder.find_in_text(TextField(("remittance[0]",) * len(lines), lines), None)
        finder.find_in_name(NameField("creditor.name", lines[0], "unknown", "name", Facts()), None)
        list(finder.find_in_address(PlaceField("creditor.address", Address(lines=lines)), None))
    calls = sum(entry.callcount for entry in profile.getstats())
    assert calls < MAX_CALLS_A_CHARACTER * sum(map(len, lines))


def test_a_text_with_more_places_than_are_judged_is_held_as_not_screened() -> None:
    [found] = screener().screen([payment(remittance=[" ".join(f"Iran {number}," for number in range(600))])])
    assert (found.decision, found.reason) == ("HOLD", "NOT_SCREENED")


def test_a_listed_party_gives_the_reason_and_the_place_is_reported_too() -> None:
    listed = {"name": "Kazimir Anatolievich Verzhbitsky", "kind": "person", "address": {"country": "IR"}}
    [found] = screener().screen([payment(creditor=listed)])
    assert found.reason == "LIST_MATCH"
    assert [match.rule for match in found.matches] == ["name", "geography"]


def test_a_policy_may_define_its_own_geography() -> None:
    own = b"""
[[geography.regimes]]
id = "atlantis"
name = "Atlantis"
since = 2020-01-01
programs = ["ATL"]
sources = ["none"]
cities = { "Poseidonis" = [] }
"""
    found = policies.from_toml(POLICY + own)
    assert found.version != policy().version
    mine = Screener(snapshot(), found)
    [sunk, free] = mine.screen(
        [payment(creditor=WHOLE | {"address": at}) for at in ({"town": "Poseidonis"}, {"country": "IR"})]
    )
    assert (sunk.reason, free.reason) == ("GEOGRAPHY", "NO_MATCH")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('sources = ["none"]', "", "sources"),
        ('programs = ["ATL"]', "programs = []", "programs"),
        ("since = 2020-01-01", 'since = "long ago"', "since"),
        ('name = "Atlantis"', 'name = "Atlantis"\ncountries = ["at"]', "countries"),
    ],
)
def test_a_regime_without_programme_source_or_date_is_rejected(old: str, new: str, where: str) -> None:
    own = (
        '\n[[geography.regimes]]\nid = "atlantis"\nname = "Atlantis"\nsince = 2020-01-01\n'
        'programs = ["ATL"]\nsources = ["none"]\n'
    )
    with pytest.raises(PolicyError, match=where):
        policies.from_toml(POLICY + own.replace(old, new).encode())


def test_every_spelling_in_the_shipped_policy_finds_its_regime() -> None:
    geography: Geography = policy().geography
    gazetteer = Gazetteer(geography)
    for regime in geography.regimes:
        for spellings in (regime.regions, regime.cities, regime.ports):
            for name, others in spellings.items():
                for spelling in (name, *others):
                    found = gazetteer.find(fold_place_name(spelling))
                    assert found is not None, spelling
                    assert found.place.regime.id == regime.id, spelling
        for name in regime.elsewhere:
            assert fold_place_name(name)


texts = st.text(max_size=60) | st.sampled_from(
    [
        "Yalta",
        "to Tehran",
        "Iran",
        "Cuba",
        "rue de",
        "5",
        ",",
        "Ялта",
        "تهران",
        "UA",
        "\u0130\u0307",
        "\ud800",
        "  ",
        "-",
    ]
)
lines = st.lists(st.lists(texts, max_size=4).map(" ".join), max_size=4).map(tuple)


@given(lines, texts, texts, texts, texts, lines)
def test_any_text_can_be_searched(
    address: tuple[str, ...], street: str, town: str, region: str, country: str, remittance: tuple[str, ...]
) -> None:
    """No string makes the search fail, and each match is at the position that it reports."""
    party = Party(
        name="Ulrike Sommerfeld",
        address=Address(lines=address, street=street, town=town, region=region, country=country),
        country_of_residence=country,
        account=Account(iban=town),
    )
    agent = Agent(bic=region, country=town)
    whole = Payment(payment_id="1", creditor=party, creditor_agent=agent, remittance=remittance)
    [found] = screener().screen([Received(whole, "0" * 64)])
    for match in found.matches:
        if match.rule == "geography":
            assert match.evidence
            if match.field.startswith("remittance"):
                text = " ".join(remittance[int(match.field[11:-1]) :])
                assert fold_place_name(match.value) in fold_place_name(text)


@pytest.mark.parametrize(
    "filler", ["Yalta ", "a,", "Iran Street, ", "x" * 50 + ",", "to the port of the city of ", "\u0300"]
)
def test_the_work_for_an_address_is_bounded_by_its_length(
    filler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is counted in look-ups of names: a few per word."""
    lookups = 0
    find_exact = Gazetteer.find_exact

    def counted(self: Gazetteer, folded: str) -> Any:
        nonlocal lookups
        lookups += 1
        return find_exact(self, folded)

    monkeypatch.setattr(Gazetteer, "find_exact", counted)
    text = (filler * MAX_TEXT)[:MAX_TEXT]
    for members in ({"creditor": WHOLE | {"address": {"lines": [text]}}}, {"remittance": [text]}):
        Screener(snapshot(), policy()).screen([payment(**members)])
    words = len(re.findall(r"\w+", text)) + text.count(",") + 1
    assert lookups <= 20 * words
