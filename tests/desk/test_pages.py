"""What the pages show, through an HTTP client: queue, case, approvals, lists, entry and audit."""

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence
from holdgate.core.review.event_contents import MatchFacts
from tests.desk.conftest import RELEASE, DeskRig, demo_user, name_match, text_of
from tests.support.review import START

HOSTILE = '<img src=x onerror="alert(1)">'


def test_the_queue_shows_the_most_urgent_first_and_counts(rig: DeskRig) -> None:
    for number in range(3):
        rig.hold(f"P-{number}", due=START + timedelta(hours=9 - number))
    rig.hold("OPS", matches=[], reason="LIST_STALE", queue="operations")
    page = rig.person("ana").get("/")
    assert re.findall(r"P-\d|OPS", text_of(page)) == ["P-2", "P-1", "P-0", "OPS"]
    assert "All 4" in text_of(page)
    assert "Operations 1" in text_of(page)
    assert "late" in page
    operations = text_of(rig.person("ana").get("/?tab=operations"))
    assert "OPS" in operations
    assert "P-1" not in operations


def test_a_search_finds_a_name_in_another_script_and_keeps_its_query(rig: DeskRig) -> None:
    rig.hold("P-1", payment={"creditor": {"name": "Евгений Пригожин"}})
    rig.hold("P-2")
    page = rig.person("ana").get("/?q=prigozhin")
    assert "Евгений Пригожин" in page
    assert "P-2" not in page
    assert 'value="prigozhin"' in page
    assert "No case is found by" in rig.person("ana").get("/?q=nobody")
    assert "P-2" not in rig.person("ana").get("/?q=prigozhin&stage=open&reason=LIST_MATCH")


def test_filters_and_pages_are_in_the_address(rig: DeskRig) -> None:
    for number in range(60):
        rig.hold(f"P-{number:02}", due=START + timedelta(hours=number))
    ana = rig.person("ana")
    first = ana.get("/?tab=sanctions")
    [more] = re.findall(r'href="([^"]+)" rel="next"', first)
    assert "tab=sanctions" in more
    second = ana.get(more.replace("&amp;", "&"))
    shown = re.findall(r"P-\d\d", text_of(first)) + re.findall(r"P-\d\d", text_of(second))
    assert shown == [f"P-{number:02}" for number in range(60)]
    assert "Nothing waits here" in ana.get("/?stage=approved")
    assert "P-00" in ana.get("/?tab=nonsense&stage=nonsense&after=nonsense")


def test_the_case_begins_with_why_it_is_held(rig: DeskRig) -> None:
    page = rig.person("ana").get(f"/case/{rig.hold()}")
    [headline] = re.findall(r"<h1[^>]*>(.*?)</h1>", page)
    assert text_of(headline).startswith(
        "P-1 is held: creditor.name 'Иван Петров' matches ofac:1 'Ivan Petrov'"
    )
    assert "1 match, 1 not judged" in headline
    assert "a proposal by somebody with the role analyst or approver" in page


def test_each_token_pair_has_its_label_and_weight(rig: DeskRig) -> None:
    page = rig.person("ana").get(f"/case/{rig.hold()}")
    pairs = [text_of(pair) for pair in re.findall(r'<li class="pair.*?</li>', page, re.DOTALL)]
    assert pairs == [
        "иван ivan same, romanised +5.50",
        "петров petroff misspelt +4.25",
        "junior nothing only in the payment -1.50",
    ]
    assert "romanised ivan petrov" in text_of(page)
    assert "payment romanised: ivan petrov" in text_of(page)


def test_matched_words_are_marked_in_the_payment_and_in_the_original(rig: DeskRig) -> None:
    case_id = rig.hold()
    ana = rig.person("ana")
    assert "<mark>Иван</mark> <mark>Петров</mark>" in ana.get(f"/case/{case_id}")
    assert "<mark>Иван Петров</mark>" in ana.get(f"/case/{case_id}/original")


def test_a_case_without_payment_cannot_be_released(rig: DeskRig) -> None:
    case_id = rig.hold(payment=None)
    missing = rig.hold("P-2", reason="NOT_SCREENED")
    ana = rig.person("ana")
    assert "disabled" not in re.findall(r'<fieldset class="RELEASE"[^>]*>', ana.get(f"/case/{case_id}"))[0]
    page = ana.get(f"/case/{missing}")
    assert "disabled" in re.findall(r'<fieldset class="RELEASE"[^>]*>', page)[0]
    assert "the payment was not screened, so nobody may release it" in page


def test_text_from_outside_stays_text(rig: DeskRig) -> None:
    name = f"{HOSTILE} \u202egnp.exe\u202c \u200bПетров"
    payment = {
        "creditor": {"name": name},
        "debtor": {"name": HOSTILE},
        "remittance": ["<script>alert(1)</script>", "x" * 19_000],
    }
    case_id = rig.hold(HOSTILE, matches=[name_match(name, entry='ofac:"><script>')], payment=payment)
    ana = rig.person("ana")
    for path in ("/", f"/case/{case_id}", f"/case/{case_id}/original", "/audit", "/approvals"):
        page = ana.get(path)
        assert "<img" not in page
        assert "<script>" not in page
        assert "\u202e" not in page
    page = ana.get(f"/case/{case_id}")
    assert "&lt;img src=x onerror=" in page
    assert 'title="RIGHT-TO-LEFT OVERRIDE">U+202E</span>' in page
    assert "x" * 19_000 in page
    entry = ana.get("/entry/ofac:%22%3E%3Cscript%3E")
    assert "<script>" not in entry
    search = ana.get("/?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in search


def test_fifty_matches_are_shown_each_with_a_verdict(rig: DeskRig) -> None:
    matches = [name_match(entry=f"ofac:{number}") for number in range(50)]
    page = rig.person("ana").get(f"/case/{rig.hold(matches=matches)}")
    assert page.count('<article class="match"') == 50
    assert 'name="verdict-50"' in page


def test_approvals_show_own_proposals_with_the_reason(rig: DeskRig) -> None:
    case_id = rig.hold()
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE)
    mine = text_of(rig.person("ana").get("/approvals"))
    assert "No proposal waits for you" in mine
    assert "your own proposal: somebody else has to approve it" in mine
    theirs = rig.person("ben").get("/approvals")
    assert "Waiting for you 1" in text_of(theirs)
    assert "your roles do not allow you to approve" in rig.person("dora").get("/approvals")


def test_an_entry_says_how_its_holds_ended(rig: DeskRig) -> None:
    rig.hold("P-1")
    rig.hold("P-2")
    page = text_of(rig.person("ana").get("/entry/ofac:1"))
    assert "Holds it caused 2" in page
    assert "HOLDGATE_ARCHIVE is not set" in page
    case_id = rig.hold("P-3", matches=[name_match()])
    assert "ofac:1 : 2 other holds" in text_of(rig.person("ana").get(f"/case/{case_id}"))


def test_the_audit_finds_events_by_person_case_and_day(rig: DeskRig) -> None:
    case_id = rig.hold()
    rig.person("ana").post(f"/case/{case_id}/note", note="Looked at it.")
    dora = rig.person("dora")
    assert "added a note" in dora.get("/audit")
    assert "added a note" in dora.get(f"/audit?user={demo_user('ana')}")
    assert "added a note" not in dora.get(f"/audit?user={demo_user('ben')}")
    assert "added a note" in dora.get(f"/audit?case={case_id[:8]}")
    assert "No event" in dora.get("/audit?day=1999-01-01")


def test_what_is_not_there_is_said(rig: DeskRig) -> None:
    ana = rig.person("ana")
    assert "There is no such case" in ana.get("/case/" + "0" * 32, 404)
    assert "There is no such page" in ana.get("/nowhere", 404)
    assert "HOLDGATE_ARCHIVE is not set" in ana.get("/lists")


@pytest.mark.parametrize("lag", [None, 5_000])
def test_a_page_that_may_be_old_says_so(rig: DeskRig, lag: int | None) -> None:
    rig.log.lag = lag
    page = rig.person("ana").get("/")
    assert ("Kafka does not answer" if lag is None else "5,000 records are not shown yet") in page


def test_scores_of_facts_are_shown_where_the_decision_is_missing(rig: DeskRig) -> None:
    case_id = rig.hold(decision="0" * 64, matches=[name_match()])
    assert rig.case(case_id).facts.matches == (MatchFacts("ofac:1", "name", 0.8),)
    ana = rig.person("ana")
    assert "The decision with the names is not here yet" in ana.get(f"/case/{case_id}")
    assert "0.80" in ana.get("/")


def test_an_unreadable_record_has_a_case_that_says_what_is_known(rig: DeskRig) -> None:
    record = b"<Document>\x00 \xff & <img src=x onerror=alert(1)>"
    case_id = rig.hold("topic:0:7", matches=[], record=record, reason="INVALID_EVENT", queue="operations")
    page = rig.person("ana").get(f"/case/{case_id}")
    text = text_of(page)
    assert "cannot be read as a payment, so nobody can release it" in text
    assert "topic:0:7" in text
    assert "<Document>U+0000 \\xff & <img src=x onerror=alert(1)>" in text.replace(" U+", "U+").replace(
        "0000  ", "0000 "
    )
    assert "<img" not in page
    assert "partition 0, offset 7" in text
    assert "Document" in rig.person("ana").get(f"/case/{case_id}/original")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(name_match(), matched_name="Ivan Petroff"), "matches Ivan Petroff, before Ivan Petrov"),
        (replace(name_match(), programs=("SDGT", "IRAN")), "programmes SDGT, IRAN, before SDGT"),
        (
            replace(name_match(), evidence=(*name_match().evidence, Evidence("1970", "1970", "agrees", 1.0))),
            "new: 1970 and 1970, agrees",
        ),
        (name_match(entry="ofac:2"), "it was not there when the case was judged"),
    ],
)
def test_a_case_that_came_back_says_what_changed(rig: DeskRig, found: Match, said: str) -> None:
    case_id = rig.hold(matches=[name_match(entry="ofac:9"), name_match()])
    judged = {"verdict-1": "false_positive:OTHER_NAME", "verdict-2": "false_positive:OTHER_NAME"}
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE | judged)
    rig.person("ben").post(f"/case/{case_id}/approve")
    rig.send_back(case_id, [name_match(entry="ofac:9"), found])
    page = rig.person("ana").get(f"/case/{case_id}")
    assert "after it was approved, the payment was screened again" in page
    back = text_of(page.partition("sent-back")[2].partition("</div>")[0])
    assert said in back
    assert "Match 2 :" in back
    assert "Match 1" not in back
    assert "Judge all matches again" in back
