"""Several cases of the same party and entry are released together, each by its own event."""

import re
from html import unescape
from typing import Any

import pytest
from msgspec.structs import replace

from tests.desk.conftest import RELEASE, DeskRig, Person, demo_user, hidden_fields, name_match, text_of

ACCOUNT = {"iban": "DE02120300000000202051"}
IVAN: dict[str, Any] = {
    "name": "Иван Петров",
    "kind": "person",
    "account": {"iban": "DE02120300000000202051"},
}
CODE = {"code": "OTHER_BIRTH_DATE"}


def hold(rig: DeskRig, number: int, creditor: dict[str, Any] | None = None, **changes: Any) -> str:
    """Hold a payment to Ivan, whose amount tells it from others."""
    paid = {"creditor": creditor or IVAN, "debtor": {"name": f"Payer {number}"}, "amount": f"{number}.00"}
    return rig.hold(f"P-{number}", payment=paid, **changes)


def ticks(page: str, form: str) -> dict[str, str]:
    """Return the checkboxes of a form: what each says, by its name."""
    part = page.partition(f'id="{form}"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="checkbox" name="(case-\w+)" value="([^"]+)"', part))


def send(person: Person, case_id: str, action: str, fields: dict[str, str], status: int = 200) -> str:
    """Send a form of the page, and return the answer's text."""
    path = f"/case/{case_id}/similar"
    token = hidden_fields(person.get(f"/case/{case_id}"))["token"]
    answer = person.http.post(f"{path}/{action}", data={"token": token} | fields)
    assert answer.status_code == status, answer.text
    return unescape(text_of(answer.text))


def test_several_are_proposed_and_approved_but_those_left_out(rig: DeskRig) -> None:
    ids = [hold(rig, number) for number in range(1, 6)]
    ana, ben = rig.person("ana"), rig.person("ben")
    assert "4 of them wait: release several" in text_of(ana.get(f"/case/{ids[0]}"))
    page = ana.get(f"/case/{ids[0]}/similar")
    found = ticks(page, "propose-all")
    assert {name.removeprefix("case-") for name in found} == set(ids)
    assert "checked" not in page, "nothing is ticked"
    assert ana.get(f"/case/{ids[0]}/similar?all=open").count(" checked") == 5
    left_out = found.pop(f"case-{ids[4]}")
    assert left_out
    text = send(ana, ids[0], "propose", found | CODE | {"note": "Born in 1990."})
    assert "4 of 4 done" in text
    assert [rig.case(case_id).stage for case_id in ids] == ["proposed"] * 4 + ["open"]
    proposals = {case.proposal.event_id for one in ids[:4] if (case := rig.case(one)).proposal}
    assert len(proposals) == 4, "each has its own event"
    assert "Born in 1990." in ana.get(f"/case/{ids[1]}")

    assert ticks(ana.get(f"/case/{ids[0]}/similar"), "approve-all") == {}
    found = ticks(ben.get(f"/case/{ids[0]}/similar"), "approve-all")
    assert len(found) == 4
    found.pop(f"case-{ids[2]}")
    assert "3 of 3 done" in send(ben, ids[0], "approve", found)
    stages = ["approved", "approved", "proposed", "approved", "open"]
    assert [rig.case(case_id).stage for case_id in ids] == stages
    case = rig.case(ids[3])
    assert case.proposal is not None
    assert (case.proposal.by, case.approvals[0].by.user) == (demo_user("ana"), demo_user("ben"))
    assert {item.code for item in case.proposal.content.verdicts if item} == {"OTHER_BIRTH_DATE"}


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("another account", {"creditor": IVAN | {"account": {"iban": "DE89370400440532013000"}}}),
    ("no account", {"creditor": {"name": IVAN["name"], "kind": "person"}}),
    ("another birth date", {"creditor": IVAN | {"birth_date": "1970-01-01"}}),
    ("another name", {"creditor": IVAN | {"name": "Иван Петренко"}}),
    ("another entry", {"matches": [name_match(entry="ofac:2")]}),
    ("two entries", {"matches": [name_match(), name_match(entry="ofac:2")]}),
    ("an identifier", {"matches": [replace(name_match(), rule="identifier")]}),
    ("other words", {"matches": [replace(name_match(), matched_name="Ivan Petroff")]}),
    ("another reason", {"reason": "DEADLINE_EXCEEDED"}),
    ("a look-back", {"look_back": True}),
]


@pytest.mark.parametrize(("name", "changes"), OTHERS, ids=[name for name, _ in OTHERS])
def test_a_case_that_differs_is_not_among_them(rig: DeskRig, name: str, changes: dict[str, Any]) -> None:
    first, other = hold(rig, 1), hold(rig, 2, **changes)
    ana = rig.person("ana")
    assert set(ticks(ana.get(f"/case/{first}/similar"), "propose-all")) == {f"case-{first}"}
    fields = {f"case-{other}": "1::" + "0" * 64} | CODE
    assert "0 of 1 done" in send(ana, first, "propose", fields, 409)
    assert rig.case(other).stage == "open"


def test_another_version_of_the_lists_is_another_entry(rig: DeskRig) -> None:
    first, _ = hold(rig, 1), hold(rig, 2, list_version="other lists")
    found = ticks(rig.person("ana").get(f"/case/{first}/similar"), "propose-all")
    assert set(found) == {f"case-{first}"}


def test_a_case_that_somebody_changed_is_left_alone(rig: DeskRig) -> None:
    first, second = hold(rig, 1), hold(rig, 2)
    ana = rig.person("ana")
    found = ticks(ana.get(f"/case/{first}/similar"), "propose-all")
    rig.person("otto").post(f"/case/{second}/take")
    text = send(ana, first, "propose", found | CODE)
    assert "1 of 2 done" in text
    assert "it changed since the page was shown" in text
    assert rig.case(second).proposal is None
    found = ticks(rig.person("ben").get(f"/case/{first}/similar"), "approve-all")
    ana.post(f"/case/{first}/propose", **RELEASE | {"verdict-1": "false_positive:OTHER_IDENTITY"})
    assert "0 of 1 done" in send(rig.person("ben"), first, "approve", found, 409)
    assert rig.case(first).stage == "proposed"


def test_only_releases_of_false_positives_are_approved_together_and_never_ones_own(rig: DeskRig) -> None:
    ids = [hold(rig, number) for number in range(1, 4)]
    ben = rig.person("ben")
    ben.post(f"/case/{ids[0]}/propose", **RELEASE)
    ana = rig.person("ana")
    ana.post(f"/case/{ids[1]}/propose", **RELEASE | {"decision": "REJECT:NOT_ACCEPTED"})
    ana.post(f"/case/{ids[2]}/propose", **RELEASE | {"decision": "RELEASE:LICENCE"})
    assert ticks(ben.get(f"/case/{ids[0]}/similar"), "approve-all") == {}
    cora = rig.person("cora")
    found = ticks(cora.get(f"/case/{ids[0]}/similar"), "approve-all")
    assert set(found) == {f"case-{ids[0]}"}
    assert "0 of 1 done" in send(ben, ids[0], "approve", found, 409)
    assert rig.case(ids[0]).stage == "proposed"


def test_what_is_wrong_with_the_form_is_said_and_what_was_typed_is_kept(rig: DeskRig) -> None:
    first, second = hold(rig, 1), hold(rig, 2)
    ana = rig.person("ana")
    assert "Tick at least one case" in send(ana, first, "propose", CODE, 422)
    found = ticks(ana.get(f"/case/{first}/similar"), "propose-all")
    assert "Choose why" in send(ana, first, "propose", found, 422)
    many = {f"case-{number:032x}": "1::" for number in range(51)}
    assert "At most 50" in send(ana, first, "propose", many | CODE, 422)
    path = f"/case/{first}/similar"
    token = dict(re.findall(r'name="(token)" value="([^"]+)"', ana.get(path)))
    page = ana.http.post(f"{path}/propose", data=token | found | {"note": "Typed text."}).text
    assert "Typed text." in page
    assert page.count(" checked") == 2
    assert {rig.case(one).revision for one in (first, second)} == {1}


def test_if_kafka_stops_the_rest_is_not_tried(rig: DeskRig) -> None:
    def fail() -> None:
        raise ConnectionError

    ids = [hold(rig, number) for number in range(1, 4)]
    ana = rig.person("ana")
    found = ticks(ana.get(f"/case/{ids[0]}/similar"), "propose-all")
    rig.log.before_append = fail
    text = send(ana, ids[0], "propose", found | CODE, 503)
    assert "It is not known whether this was written" in text
    assert text.count("not tried") == 2


def test_at_most_fifty_are_shown_and_one_by_itself_says_so(rig: DeskRig) -> None:
    ids = [hold(rig, number) for number in range(1, 53)]
    assert len(ticks(rig.person("ana").get(f"/case/{ids[0]}/similar"), "propose-all")) == 50
    lonely = rig.hold("P-99", payment={"creditor": {"name": "Иван Петров"}})
    ana = rig.person("ana")
    assert "decided by itself" in ana.get(f"/case/{lonely}/similar")
    assert "decided by itself" in send(ana, lonely, "propose", CODE, 409)
