"""Payment, snapshot and policy to decision: what holds, what releases, and why."""

import gc
import itertools
import json
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.engine import screener as core
from holdgate.core.engine.matches import EXACT
from holdgate.core.engine.outcome import hold, hold_unreadable
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.model import decision as contract
from holdgate.core.model.decision import NO_LIST, Decision, HoldReason
from holdgate.core.policy import policy as policies
from holdgate.core.policy.profile import Profile
from holdgate.core.policy.timeliness import Stale, all_fresh, deadline, staleness
from tests.support.listed import AS_OF, POLICY, payment, policy, screener, snapshot

LISTED = {"name": "Kazimir Anatolievich Verzhbitsky", "kind": "person"}
WEAK = {"name": "Tarasbulbenko Dziedzic", "kind": "person"}
SUBMITTED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def always_stale(_profile: Profile) -> str:
    """Report a stale list to every profile."""
    return "list test is old"


def _one(received: Received, **more: Any) -> Decision:
    [found] = screener().screen([received], **more)
    return found


def _entries(found: Decision) -> list[tuple[str, str, str]]:
    return [(match.field, match.entry_id, match.rule) for match in found.matches]


def test_a_payment_between_parties_that_are_not_listed_is_released() -> None:
    found = _one(payment(uetr="97ed4827-7b6f-4491-a06f-b548d5a7512d"))
    assert (found.decision, found.reason, found.next_status) == ("RELEASE", "NO_MATCH", "ACCP")
    assert found.matches == ()
    assert found.detail is None
    assert found.uetr == "97ed4827-7b6f-4491-a06f-b548d5a7512d"


@pytest.mark.parametrize(
    "role", ["debtor", "creditor", "ultimate_debtor", "ultimate_creditor", "initiating_party"]
)
@pytest.mark.parametrize("below", [False, True])
def test_a_listed_party_holds_in_every_role(role: str, below: bool) -> None:
    """This includes roles in the underlying transfer of a cover payment."""
    found = _one(payment(underlying={role: LISTED}) if below else payment(**{role: LISTED}))
    assert (found.decision, found.reason, found.next_status) == ("HOLD", "LIST_MATCH", "PDNG")
    assert _entries(found) == [(f"{'underlying.' if below else ''}{role}.name", "test:1", "name")]
    [match] = found.matches
    assert (match.value, match.list, match.programs) == (LISTED["name"], "test", ("TEST-1",))
    assert match.entry_name == match.matched_name == "VERZHBITSKY, Kazimir Anatolievich"
    assert match.evidence


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"debtor_agent": {"bic": "QXVADEFFXXX"}}, ("debtor_agent.bic", "test:2", "bic")),
        ({"intermediary_agents": [{}, {"bic": "QXVADEFF"}]}, ("intermediary_agents[1].bic", "test:2", "bic")),
        ({"creditor_agent": {"lei": "5493001KJTIIGC8Y1R12"}}, ("creditor_agent.lei", "test:2", "identifier")),
        ({"creditor_agent": {"name": "Quxvanta Kommerzbank"}}, ("creditor_agent.name", "test:2", "name")),
        ({"vessels": [{"imo": "9074729"}]}, ("vessels[0].imo", "test:3", "vessel")),
        ({"vessels": [{"name": "Zylandra Star"}]}, ("vessels[0].name", "test:3", "vessel")),
        (
            {"debtor": {"name": "X", "ids": [{"type": "passport", "value": "751234567", "country": "RU"}]}},
            ("debtor.ids[0].value", "test:1", "identifier"),
        ),
        (
            {
                "creditor": {
                    "ids": [{"type": "wallet", "value": "0x52908400098527886e0f7030069857d2e4169ee7"}]
                }
            },
            ("creditor.ids[0].value", "test:1", "wallet"),
        ),
    ],
)
def test_a_listed_name_or_number_holds_in_any_field(
    members: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    found = _one(payment(**members))
    assert found.reason == "LIST_MATCH"
    assert _entries(found) == [expected]


def test_an_identifier_match_has_score_one_and_evidence() -> None:
    [match] = _one(payment(debtor_agent={"bic": "QXVADEFF500"})).matches
    assert match.score == EXACT
    assert [(part.part, part.matched, part.how) for part in match.evidence] == [
        ("QXVADEFF500", "bic QXVADEFF", "exact")
    ]


@pytest.mark.parametrize(
    "issuer", ["RUS", "643", "Russian Federation", "\u0420\u043e\u0441\u0441\u0438\u044f", "nowhere"]
)
def test_the_issuer_of_a_document_may_be_a_name(issuer: str) -> None:
    passport = {"type": "passport", "value": "751234567", "country": issuer}
    assert _one(payment(debtor={"name": "X", "ids": [passport]})).reason == "LIST_MATCH"


@pytest.mark.parametrize(
    "members",
    [
        {"debtor_agent": {"bic": "QXVADEMM"}},
        {"vessels": [{"imo": "9074728"}]},
        {"debtor": {"name": "X", "ids": [{"type": "passport", "value": "751234567", "country": "KZ"}]}},
        {"debtor": {"name": "X", "ids": [{"type": "passport", "value": "751234568", "country": "RU"}]}},
    ],
)
def test_a_different_number_does_not_hold(members: dict[str, Any]) -> None:
    """Another bank, a wrong check digit, a passport of another state, one different digit."""
    assert _one(payment(**members)).decision == "RELEASE"


def test_a_weak_alias_does_not_hold_alone() -> None:
    """OFAC FAQ 122: a weak alias is meant to confirm a match, not to make one."""
    assert _one(payment(creditor=WEAK)).decision == "RELEASE"
    assert _one(payment(creditor=WEAK | {"country_of_residence": "RU"})).decision == "RELEASE"


def test_a_weak_alias_holds_with_the_birth_date_and_is_reported_as_weak() -> None:
    found = _one(payment(creditor=WEAK | {"birth_date": "1961-03-14"}))
    assert found.reason == "LIST_MATCH"
    assert {"weak", "agrees"} <= {part.how for part in found.matches[0].evidence}


CHECKED = policies.from_toml(POLICY + b'[rails.checked]\ndeadline_seconds = 60\nbirth_dates = "verified"\n')


@pytest.mark.parametrize("address", [{}, {"address": {"lines": ["Hauptstrasse 5", "Bonn"]}}])
def test_a_conflicting_birth_date_clears_a_name_only_where_the_rail_verifies_it(address: Any) -> None:
    near = {"name": "Kazimir Verzhbitsky", "kind": "person", "birth_date": "1999", **address}
    joint = near | {"name": "Ulrike Sommerfeld & Kazimir Verzhbitsky"}
    checked = Screener(snapshot(), CHECKED)
    decided = [
        checked.screen([payment(creditor=creditor, rail=rail)])[0].decision
        for creditor in (near, joint, LISTED | {"birth_date": "1999"})
        for rail in ("swift", "checked")
    ]
    assert decided == ["HOLD", "RELEASE", "HOLD", "HOLD", "HOLD", "HOLD"]


def test_a_conflict_is_reported_and_does_not_clear_a_strong_name() -> None:
    [match] = _one(payment(creditor=LISTED | {"birth_date": "1999", "country_of_residence": "DE"})).matches
    told = [(part.part, part.how) for part in match.evidence if part.how == "conflicts"]
    assert told == [("birth date 1999", "conflicts"), ("country DE", "conflicts")]
    [alone] = _one(payment(creditor=LISTED)).matches
    assert match.score < alone.score


def test_matches_are_sorted_by_score_and_limited() -> None:
    found = _one(
        payment(
            debtor=LISTED, debtor_agent={"bic": "QXVADEFF"}, intermediary_agents=[{"bic": "QXVADEFF"}] * 60
        )
    )
    scores = [match.score for match in found.matches]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == core.MAX_MATCHES


@pytest.mark.parametrize("members", [{}, {"creditor": LISTED}, {"creditor": WEAK}])
@pytest.mark.parametrize("now", [None, SUBMITTED, SUBMITTED + timedelta(days=900)])
def test_a_stale_list_holds_every_payment(members: dict[str, Any], now: datetime | None) -> None:
    found = _one(payment(submitted_at=SUBMITTED, **members), now=now, stale=always_stale)
    assert found.decision == "HOLD"
    if found.reason == "LIST_STALE":
        assert found.detail == "list test is old"


def test_matches_are_reported_whatever_else_holds_the_payment() -> None:
    """Reviewers need them even if the list is stale or the deadline has passed."""
    late = {"now": SUBMITTED + timedelta(days=900), "stale": always_stale}
    for more in ({}, {"stale": late["stale"]}, {"now": late["now"]}, late):
        found = _one(payment(submitted_at=SUBMITTED, creditor=LISTED), **more)
        assert found.reason == "LIST_MATCH"
        assert [match.entry_id for match in found.matches] == ["test:1"]


@pytest.mark.parametrize(
    ("rail", "seconds", "late"),
    [
        ("sct_inst", 10, "RJCT"),
        ("swift", 86_400, "PDNG"),
        (None, 3_600, "PDNG"),
        ("carrier pigeon", 3_600, "PDNG"),
    ],
)
def test_each_rail_has_its_deadline(rail: str | None, seconds: int, late: str) -> None:
    """It is exact to the microsecond; a rail that the policy does not name has that of `default`."""
    received = payment(submitted_at="2026-11-23T15:30:00+05:30", **({"rail": rail} if rail else {}))
    due = SUBMITTED + timedelta(seconds=seconds)
    assert deadline(received.payment, policy().profile(received.payment.rail)) == due
    in_time = _one(received, now=due)
    assert (in_time.decision, in_time.deadline) == ("RELEASE", due)
    found = _one(received, now=due + timedelta(microseconds=1))
    assert (found.decision, found.reason, found.next_status) == ("HOLD", "DEADLINE_EXCEEDED", late)
    assert found.deadline == due


def test_without_submission_time_or_clock_no_deadline_applies() -> None:
    assert _one(payment(), now=SUBMITTED).deadline is None
    late = _one(payment(submitted_at="1970-01-01T00:00:00Z"))
    assert (late.decision, late.deadline) == ("RELEASE", datetime(1970, 1, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_submission_time_at_the_end_of_the_calendar_does_not_crash(moment: str) -> None:
    assert _one(payment(submitted_at=moment), now=SUBMITTED).decision in ("HOLD", "RELEASE")


@pytest.mark.parametrize("reason", get_args(HoldReason))
def test_a_payment_that_could_not_be_screened_is_held(reason: HoldReason) -> None:
    found = hold(payment(uetr="u", submitted_at=SUBMITTED), policy(), reason, "why")
    assert (found.decision, found.reason, found.detail) == ("HOLD", reason, "why")
    assert (found.payment_id, found.uetr, found.list_version) == ("P-1", "u", NO_LIST)
    assert found.deadline == SUBMITTED + timedelta(hours=1)


def test_a_payment_that_could_not_be_read_is_held() -> None:
    found = hold_unreadable("payments.submitted:0:7", "0" * 64, policy(), "not JSON")
    assert (found.decision, found.reason, found.next_status) == ("HOLD", "INVALID_EVENT", "PDNG")
    assert (found.payment_id, found.detail, found.list_version) == (
        "payments.submitted:0:7",
        "not JSON",
        NO_LIST,
    )


@given(
    st.lists(
        st.builds(
            payment,
            payment_id=st.sampled_from(["P-1", "P-2"]),
            creditor=st.sampled_from([LISTED, WEAK, {"name": "Ulrike Sommerfeld"}]),
            rail=st.sampled_from(["sct_inst", "swift", "other"]),
            submitted_at=st.sampled_from(["2026-11-23T10:00:00Z", "2020-01-01T00:00:00Z"]),
        ),
        max_size=6,
    ),
    st.none() | st.just(SUBMITTED),
    st.sampled_from([all_fresh, always_stale]),
)
def test_a_release_meets_every_condition(
    batch: Sequence[Received], now: datetime | None, stale: Stale
) -> None:
    """There is no match, no stale list and no missed deadline, and its claim can restore its bytes."""
    for received, found in zip(batch, screener().screen(batch, now=now, stale=stale), strict=True):
        assert found.payment_id == received.payment.payment_id
        assert found.content_hash == received.content_hash
        if found.decision == "RELEASE":
            due = deadline(received.payment, policy().profile(received.payment.rail))
            assert stale is all_fresh
            assert now is None or due is None or now <= due
            assert (found.reason, found.matches, found.detail) == ("NO_MATCH", (), None)


def test_a_decision_does_not_depend_on_its_batch() -> None:
    batch = [
        payment(payment_id=f"P-{at}", creditor=who)
        for at, who in enumerate([LISTED, WEAK, {"name": "X"}] * 3)
    ]
    alone = [_one(received) for received in batch]
    assert screener().screen(batch) == alone
    assert screener().screen(batch[::-1]) == alone[::-1]
    assert screener().screen([]) == []


def test_the_body_is_the_same_at_any_time_and_in_any_process() -> None:
    """Its bytes depend on no clock and no cache: a new screener at another time gives the same bytes."""
    received = payment(creditor=LISTED, submitted_at=SUBMITTED)
    bodies = {
        contract.to_json(Screener(snapshot(), policy()).screen([received], now=now)[0])
        for now in (None, SUBMITTED, SUBMITTED + timedelta(seconds=5))
    }
    bodies |= {contract.to_json(_one(received)) for _ in range(2)}
    assert len(bodies) == 1


def test_a_decision_has_the_versions_it_was_made_with() -> None:
    found = json.loads(contract.to_json(_one(payment())))
    versions = screener().versions
    assert found["list_version"] == snapshot().version == versions.lists
    assert found["policy_version"] == policy().version
    assert found["engine_version"] == versions.engine


AGES = {"fresh": AS_OF, "slow": AS_OF - timedelta(days=9), "test": AS_OF - timedelta(days=3)}


def test_a_list_older_than_its_policy_allows_is_stale() -> None:
    """The policy of these tests allows 48 hours, and 240 for the list `slow`, exact to the microsecond."""
    for name, hours in (("test", 48), ("slow", 240)):
        edge = AS_OF + timedelta(hours=hours)
        assert staleness({name: AS_OF}, frozenset(), edge)(policy().profile(None)) is None
        told = staleness({name: AS_OF}, frozenset(), edge + timedelta(microseconds=1))(policy().profile(None))
        assert told is not None
        assert f"list {name} is of 2026-11-20 00:00 UTC" in told


def test_one_stale_list_is_enough_and_an_exempt_one_never_is() -> None:
    told = staleness(AGES, frozenset(), AS_OF)(policy().profile(None))
    assert told is not None
    assert "list test " in told
    assert staleness(AGES, frozenset({"test"}), AS_OF)(policy().profile(None)) is None


def test_ages_are_compared_across_time_zones() -> None:
    edge = (AS_OF + timedelta(hours=48)).astimezone(timezone(timedelta(hours=-9)))
    assert staleness({"test": AS_OF}, frozenset(), edge)(policy().profile(None)) is None


def test_every_combination_of_causes_has_one_reason() -> None:
    """All combinations are enumerated: only a payment with no cause for a hold is released."""
    for listed, unreadable, late, stale in itertools.product([False, True], repeat=4):
        found = _one(
            payment(
                submitted_at=SUBMITTED,
                **({"creditor": LISTED} if listed else {}),
                **({"ultimate_creditor": {"name": "4711"}} if unreadable else {}),
            ),
            now=SUBMITTED + timedelta(days=2 if late else 0),
            stale=always_stale if stale else all_fresh,
        )
        assert (found.decision == "RELEASE") == (not (listed or unreadable or late or stale))
        causes = {
            "LIST_MATCH": listed,
            "NOT_SCREENED": unreadable,
            "LIST_STALE": stale,
            "DEADLINE_EXCEEDED": late,
            "NO_MATCH": True,
        }
        assert found.reason == next(reason for reason, applies in causes.items() if applies)


def test_a_replaced_screener_is_freed_without_the_garbage_collector() -> None:
    """The collector rarely runs in a worker, so a reference cycle would keep a list after every swap."""
    old = Screener(snapshot(), policy())
    old.screen([payment(creditor={**LISTED, "address": {"lines": ["Sevastopl, Crimea"], "country": "UA"}})])
    gone = [weakref.ref(part) for part in (old, old.place_finder.gazetteer, old.matcher, old.text_finder)]
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        del old
        assert [one() for one in gone] == [None] * len(gone)
    finally:
        if was_on:
            gc.enable()


def test_dropping_caches_in_steps_changes_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced list may still screen the current batch."""
    monkeypatch.setattr(core, "TERMS_PER_STEP", 1)
    own = screener()
    batch = [payment(debtor=LISTED), payment(creditor=WEAK)]
    before = own.screen(batch)
    kept = sum(len(terms._term_cache) for terms in own.matcher.query_builders.values())
    assert kept > len(own.matcher.query_builders)
    steps = own.drop_cached_terms()
    next(steps)
    assert sum(len(terms._term_cache) for terms in own.matcher.query_builders.values()) == kept - 1
    assert own.screen(batch) == before
    assert [*own.drop_cached_terms()]
    assert not any(terms._term_cache for terms in own.matcher.query_builders.values())
