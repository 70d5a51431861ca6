"""What people do on the desk: propose, approve, return; four eyes; races; and what a refusal keeps."""

import html
import re

import pytest

from holdgate.core.review.notes_text import MAX_ATTACHMENT_BYTES
from holdgate.desk.guard import MAX_UPLOAD_BYTES
from tests.desk.conftest import RELEASE, DeskRig, attach, demo_user, hidden_fields, name_match, text_of


def test_one_proposes_and_another_approves(rig: DeskRig) -> None:
    case_id = rig.hold()
    ana, ben = rig.person("ana"), rig.person("ben")
    ana.post(f"/case/{case_id}/propose", **RELEASE, note="Born in 1990.")
    assert rig.case(case_id).stage == "proposed"
    page = ana.get(f"/case/{case_id}")
    assert "Written: proposed. Next: 1 approval by somebody with the role approver" in text_of(page)
    assert "Born in 1990." in page
    ben.post(f"/case/{case_id}/approve")
    case = rig.case(case_id)
    assert case.stage == "approved"
    assert case.approvals[0].by.user == demo_user("ben")
    assert case.approvals[0].by.auth_time is not None
    page = ben.get(f"/case/{case_id}")
    assert "written; the decision follows" in page
    assert '<meta http-equiv="refresh" content="2">' in page


def test_a_high_score_needs_a_second_approver(rig: DeskRig) -> None:
    case_id = rig.hold(matches=[name_match(score=0.97)])
    assert "Two others approve: the best match has a high score" in rig.person("ana").get(f"/case/{case_id}")
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE)
    rig.person("ben").post(f"/case/{case_id}/approve")
    assert "1 of 2 approvals: Ben" in text_of(rig.person("cora").get(f"/case/{case_id}"))
    assert "you approved it; a second person has to" in rig.person("ben").get("/approvals")
    rig.person("ben").post(f"/case/{case_id}/approve", 403, proposal=_proposal(rig, case_id), saw="0" * 64)
    rig.person("cora").post(f"/case/{case_id}/approve")
    assert rig.case(case_id).stage == "approved"


def test_a_proposal_without_a_verdict_is_refused_beside_its_match_and_kept(rig: DeskRig) -> None:
    case_id = rig.hold(matches=[name_match(), name_match(entry="ofac:2")])
    ana = rig.person("ana")
    answer = ana.post(f"/case/{case_id}/propose", 422, **RELEASE, note="Typed text.")
    second = answer.text.partition('id="match-2"')[2]
    assert "not judged: a release needs a verdict on every match" in second
    assert (
        "not judged: a release" not in answer.text.partition('id="match-2"')[0].partition('id="match-1"')[2]
    )
    assert "Typed text." in answer.text
    assert re.search(r'value="RELEASE:FALSE_POSITIVE" checked', answer.text)
    assert re.search(r'value="false_positive:OTHER_BIRTH_DATE" selected', answer.text)
    assert rig.case(case_id).revision == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "choose what should become of the payment"),
        ({"decision": "RELEASE:NO_SUCH"}, "choose what should become of the payment"),
        ({"decision": "BLOCK:LISTED_PARTY"}, "a block needs a match that was judged true"),
        ({"decision": "RELEASE:FALSE_POSITIVE", "verdict-1": "true_match:SAME_PARTY"}, "cannot be released"),
        ({**RELEASE, "note": "hidden \u202e text"}, "U+202E, which hides text"),
        ({**RELEASE, "note": "x" * 10_001}, "10,000 are allowed"),
        ({**RELEASE, "verdict-1": "nonsense"}, "not judged"),
    ],
)
def test_a_wrong_form_is_refused(rig: DeskRig, fields: dict[str, str], problem: str) -> None:
    case_id = rig.hold()
    answer = rig.person("ana").post(f"/case/{case_id}/propose", 422, **fields)
    assert problem in html.unescape(answer.text)
    assert rig.case(case_id).revision == 1


def test_nothing_is_selected_in_a_new_form(rig: DeskRig) -> None:
    page = rig.person("ana").get(f"/case/{rig.hold()}")
    assert " checked" not in page
    assert not re.search(r'value="(true|false)[^>]* selected', page)


def test_the_proposer_sees_no_button_and_a_post_by_hand_is_void_in_the_log(rig: DeskRig) -> None:
    case_id = rig.hold()
    cora = rig.person("cora")  # an approver may propose too
    cora.post(f"/case/{case_id}/propose", **RELEASE)
    page = cora.get(f"/case/{case_id}")
    assert "/approve" not in page
    assert "Somebody else has to approve it" in page
    saw = hidden_fields(rig.person("ben").get(f"/case/{case_id}"))["saw"]
    answer = cora.post(f"/case/{case_id}/approve", 403, proposal=_proposal(rig, case_id), saw=saw)
    assert "somebody else has to approve it" in answer.text
    assert rig.case(case_id).stage == "proposed"
    assert rig.voids(case_id) == ["OWN_PROPOSAL"]
    assert "does not count: the person made, changed or approved this proposal" in rig.person("dora").get(
        f"/case/{case_id}"
    )


def test_an_analyst_cannot_approve(rig: DeskRig) -> None:
    case_id = rig.hold()
    rig.person("ben").post(f"/case/{case_id}/propose", **RELEASE)
    saw = hidden_fields(rig.person("cora").get(f"/case/{case_id}"))["saw"]
    rig.person("ana").post(f"/case/{case_id}/approve", 403, proposal=_proposal(rig, case_id), saw=saw)
    assert rig.case(case_id).stage == "proposed"
    assert rig.voids(case_id) == []


def test_a_page_that_has_changed_cannot_be_approved(rig: DeskRig) -> None:
    case_id = rig.hold()
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE)
    ben = rig.person("ben")
    shown = hidden_fields(ben.get(f"/case/{case_id}"))
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE | {"decision": "RELEASE:LICENCE"})
    answer = ben.http.post(f"/case/{case_id}/approve", data=shown)
    assert answer.status_code == 409
    assert "another proposal is in force" in answer.text
    assert rig.case(case_id).stage == "proposed"


def test_of_two_approvers_at_the_same_moment_one_is_told_that_somebody_was_faster(rig: DeskRig) -> None:
    case_id = rig.hold()
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE)
    ben, cora = rig.person("ben"), rig.person("cora")
    fields = hidden_fields(ben.get(f"/case/{case_id}"))
    rig.log.before_append = lambda: cora.post(f"/case/{case_id}/approve")
    answer = ben.http.post(f"/case/{case_id}/approve", data=fields)
    assert answer.status_code == 409
    assert "somebody else was first" in answer.text
    case = rig.case(case_id)
    assert [approval.by.user for approval in case.approvals] == [demo_user("cora")]
    assert rig.voids(case_id) == ["WRONG_REVISION"]


def test_a_returned_proposal_is_corrected_and_what_changed_is_marked(rig: DeskRig) -> None:
    case_id = rig.hold()
    ana, ben = rig.person("ana"), rig.person("ben")
    ana.post(f"/case/{case_id}/propose", **RELEASE)
    assert "Say why you return" in ben.post(f"/case/{case_id}/return", 422).text
    ben.post(f"/case/{case_id}/return", code="WRONG_VERDICT", note="See the passport.")
    assert rig.case(case_id).stage == "open"
    assert "See the passport." in ana.get(f"/case/{case_id}")
    ana.post(f"/case/{case_id}/propose", **RELEASE | {"verdict-1": "false_positive:OTHER_IDENTITY"})
    assert 'id="decision"' not in ben.get(f"/case/{case_id}"), "who approves sees no form to change it"
    assert 'value="false_positive:OTHER_IDENTITY" selected' in ben.get(f"/case/{case_id}?change=yes")
    page = text_of(ben.get(f"/case/{case_id}"))
    assert "changed, was false positive (OTHER_BIRTH_DATE)" in page
    ben.post(f"/case/{case_id}/approve")
    assert rig.case(case_id).stage == "approved"


def test_an_author_withdraws(rig: DeskRig) -> None:
    case_id = rig.hold()
    rig.person("ana").post(f"/case/{case_id}/propose", **RELEASE)
    rig.person("ben").post(f"/case/{case_id}/withdraw", 403, proposal=_proposal(rig, case_id))
    rig.person("ana").post(f"/case/{case_id}/withdraw")
    assert rig.case(case_id).stage == "open"


def test_cases_are_taken_given_back_noted_and_escalated(rig: DeskRig) -> None:
    case_id = rig.hold()
    otto = rig.person("otto")
    otto.post(f"/case/{case_id}/take")
    assert rig.case(case_id).owner == demo_user("otto")
    assert "Mine 1" in text_of(otto.get("/"))
    assert "P-1" in otto.get("/?tab=mine")
    otto.post(f"/case/{case_id}/wait", note="Asked the sender.")
    otto.post(f"/case/{case_id}/escalate")
    otto.post(f"/case/{case_id}/give-back")
    otto.post(f"/case/{case_id}/note", 422)
    case = rig.case(case_id)
    assert (case.owner, case.is_escalated, case.is_waiting) == (None, True, True)
    assert "Asked the sender." in otto.get(f"/case/{case_id}")
    otto.post(f"/case/{case_id}/propose", 403, **RELEASE)


def test_an_old_page_is_refused_but_a_note_is_not(rig: DeskRig) -> None:
    case_id = rig.hold()
    ana = rig.person("ana")
    old = hidden_fields(ana.get(f"/case/{case_id}"))
    ana.post(f"/case/{case_id}/take")
    answer = ana.http.post(f"/case/{case_id}/propose", data=old | RELEASE | {"note": "Typed text."})
    assert answer.status_code == 409
    assert "Typed text." in answer.text
    assert ana.http.post(f"/case/{case_id}/note", data=old | {"note": "Kept."}).status_code == 303


def test_if_kafka_does_not_answer_the_text_is_kept(rig: DeskRig) -> None:
    def fail() -> None:
        raise ConnectionError

    case_id = rig.hold()
    rig.log.before_append = fail
    answer = rig.person("ana").post(f"/case/{case_id}/propose", 503, **RELEASE, note="Typed text.")
    assert "It is not known whether this was written" in answer.text
    assert "Typed text." in answer.text


def test_a_file_is_evidence_that_is_given_out_and_never_shown(rig: DeskRig) -> None:
    case_id, value = rig.hold(), b"%PDF-1.7 \xff<script>window.ran=1</script>"
    digest = attach(rig, case_id, value)
    ana = rig.person("ana")
    page = ana.get(f"/case/{case_id}")
    assert f"a file of {len(value)} bytes, SHA-256 {digest}" in page
    assert "name.pdf" not in page
    answer = ana.http.get(f"/case/{case_id}/file/{digest}")
    assert answer.content == value
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    payment = rig.case(case_id).facts.payment
    other = rig.hold("P-2")
    for path in (f"/case/{case_id}/file/{payment}", f"/case/{other}/file/{digest}"):
        assert ana.http.get(path).status_code == 404, "only what a note of the case names"


def test_files_are_bounded(rig: DeskRig) -> None:
    case_id = rig.hold()
    attach(rig, case_id, b"", 422)
    attach(rig, case_id, b"\xff" * (MAX_ATTACHMENT_BYTES + 1), 422)
    attach(rig, case_id, b"\xff" * (MAX_UPLOAD_BYTES + 1), 413)
    assert rig.case(case_id).revision == 1
    attach(rig, case_id, b"\xff" * MAX_ATTACHMENT_BYTES)
    nobody = rig.person()
    answer = nobody.http.post(f"/case/{case_id}/attach", files={"file": ("a", b"\xff")})
    assert answer.status_code == 401
    for action in ("note", "propose"):
        files = {"file": ("a", b"\xff")}
        assert nobody.http.post(f"/case/{case_id}/{action}", files=files).status_code == 400


def _proposal(rig: DeskRig, case_id: str) -> str:
    proposal = rig.case(case_id).proposal
    assert proposal is not None
    return proposal.event_id
