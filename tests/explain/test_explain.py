"""`holdgate explain` shows every field, the parts side by side, and changes that alter the decision."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from holdgate.cli.main import main
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision, Match, decide
from holdgate.core.model.evidence import Evidence
from holdgate.core.policy import policy as policies
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.explain.explanation import Explanation, explain_decision
from holdgate.explain.page import WIDTH, render_page
from tests.core.intake.test_messages import MT103, transfer
from tests.support.listed import POLICY, payment, policy, screener, snapshot

HIT = {"creditor": {"name": "Kazimir Anatolievich Verzhbitsky", "kind": "person"}}
NEAR = {"creditor": {"name": "Kazimir Verzhbitsky", "kind": "person"}}
WEAK = {"creditor": {"name": "Tarasbulbenko Dziedzic", "kind": "person"}}
TWICE = {**HIT, "debtor_agent": {"bic": "QXVADEFF"}, "purpose": "for Quxvanta Kommerzbank AG"}


def _explained(**members: Any) -> Explanation:
    return explain_decision(payment(**members), screener())


def _text(explanation: Explanation) -> str:
    return "\n".join(render_page(explanation))


def test_every_screened_field_is_shown() -> None:
    explanation = _explained(**TWICE, remittance=["one", "two"])
    assert [field.field for field in explanation.fields] == [
        "debtor.name", "creditor.name", "debtor_agent.bic", "remittance[0] to remittance[1]",
        "purpose", "purpose",
    ]  # fmt: skip


def test_a_hold_names_the_parts_and_the_entry() -> None:
    explanation = _explained(**HIT)
    text = _text(explanation)
    assert explanation.decision == "HOLD"
    assert all(word in text for word in ("verzhbitsky", "exact", "test:1", "TEST-1", "threshold", "Held"))


def test_one_match_is_released_by_each_change_alone() -> None:
    changes = _explained(**HIT).changes
    assert any("threshold" in change for change in changes)
    assert "entry test:1 were not listed" in changes
    assert "creditor.name were absent" in changes


def test_the_shown_threshold_changes_the_decision() -> None:
    [field] = [field for field in _explained(**HIT).fields if field.field == "creditor.name"]
    best = field.candidates[0].judged

    def decided(person: float) -> str:
        thresholds = msgspec.structs.replace(policy().thresholds, person=person)
        changed = msgspec.structs.replace(policy(), thresholds=thresholds)
        return Screener(snapshot(), changed).screen([payment(**HIT)])[0].decision

    assert (decided(best), decided(round(best + 0.0001, 4))) == ("HOLD", "RELEASE")


def test_several_matches_are_shown_to_hold_independently() -> None:
    explanation = _explained(**TWICE)
    assert "each by itself" in explanation.verdict
    assert not any("threshold" in change for change in explanation.changes), (
        "no threshold releases an identifier"
    )
    assert any(change.startswith("all 3 of these were absent") for change in explanation.changes)


def test_an_identifier_and_a_line_are_removed_completely() -> None:
    ids = [{"type": "passport", "value": "75 1234567", "country": "RU"}]
    explanation = _explained(creditor={"name": "Ulrike Sommerfeld", "ids": ids})
    assert "creditor.ids[0].value were absent" in explanation.changes
    explanation = _explained(remittance=["thanks", "for Kazimir Anatolievich Verzhbitsky"])
    assert "remittance[1] were absent" in explanation.changes


def test_a_weak_alias_is_released_and_would_be_held_with_the_birth_date() -> None:
    explanation = _explained(**WEAK)
    assert explanation.decision == "RELEASE"
    assert any("creditor.birth_date were 1961-03-14" in change for change in explanation.changes)
    assert "a weak alias holds only where the birth date agrees" in _text(explanation)
    assert all(cell_len(click.unstyle(line)) <= WIDTH for line in render_page(explanation))


def test_a_near_miss_shows_the_threshold_that_would_hold() -> None:
    high = msgspec.structs.replace(
        policy(), thresholds=msgspec.structs.replace(policy().thresholds, person=0.99)
    )
    explanation = explain_decision(payment(**NEAR), Screener(snapshot(), high))
    assert explanation.decision == "RELEASE"
    assert any(change.startswith("the threshold for person were") for change in explanation.changes)


@pytest.mark.parametrize("name", ["Kazimir Verzhbitsky", "K Verzhbitskij", "Kasimir Werzhbitski"])
def test_the_shown_threshold_holds_despite_rounding(name: str) -> None:
    """Scores are shown with four decimals, so the shown threshold is tried and not computed."""
    high = msgspec.structs.replace(
        policy(), thresholds=msgspec.structs.replace(policy().thresholds, person=0.9999)
    )
    explanation = explain_decision(
        payment(creditor={"name": name, "kind": "person"}), Screener(snapshot(), high)
    )
    [change] = [
        change for change in explanation.changes if change.startswith("the threshold for person were")
    ]
    score = float(re.findall(r"0\.\d{4}", change)[0])
    best = max(candidate.judged for field in explanation.fields for candidate in field.candidates)
    assert best - score < 0.00011
    turned = msgspec.structs.replace(high, thresholds=msgspec.structs.replace(high.thresholds, person=score))
    [decision] = Screener(snapshot(), turned).screen([payment(creditor={"name": name, "kind": "person"})])
    assert decision.decision == "HOLD"


def test_the_absence_of_near_matches_is_shown() -> None:
    explanation = _explained()
    assert explanation.changes == ()
    assert "no single change" in _text(explanation)


def test_a_script_that_cannot_be_compared_is_shown() -> None:
    text = _text(_explained(creditor={"name": "\U00012000\U00012001"}))
    assert "NOTE SCRIPT_NOT_COMPARED: Cuneiform letters" in text


@pytest.mark.parametrize("name", ["x" * 3000, "\x1b[31mred\x1b[0m \u202egnimoc", "\u4e60" * 300, "a\nb"])
def test_a_page_has_at_most_100_columns_for_any_name(name: str) -> None:
    for line in render_page(_explained(creditor={"name": name + " Kazimir Verzhbitsky", "kind": "person"})):
        plain = click.unstyle(line)
        assert cell_len(plain) <= WIDTH
        assert plain.isprintable()


def _run(tmp_path: Path, given: bytes, *words: str) -> Result:
    people = tmp_path / "people.csv"
    people.write_text('id,name,type\n1,"VERZHBITSKY, Kazimir Anatolievich",person\n', encoding="utf-8")
    return CliRunner().invoke(main, ["explain", "-", "--lists", f"people={people}", *words], input=given)


def test_the_command_prints_no_colours_without_a_terminal(tmp_path: Path) -> None:
    done = _run(tmp_path, json.dumps({"payment_id": "P", **HIT}).encode())
    assert done.exit_code == 0
    assert done.stdout.startswith("P: HOLD")
    assert "\x1b" not in done.stdout


def test_the_command_prints_json(tmp_path: Path) -> None:
    done = _run(tmp_path, json.dumps({"payment_id": "P", **HIT}).encode(), "--json")
    assert msgspec.json.decode(done.stdout, type=Explanation).decision == "HOLD"


def test_each_transaction_of_a_message_is_explained_with_its_place(tmp_path: Path) -> None:
    message = transfer("Ulrike Sommerfeld", "Kazimir Anatolievich Verzhbitsky").encode()
    done = _run(tmp_path, message)
    assert done.exit_code == 0
    assert "Transaction 1 of 2" in done.stdout
    assert "M-1:E-0: RELEASE" in done.stdout
    assert "M-1:E-1: HOLD" in done.stdout
    assert "at /Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/Dbtr/Nm" in done.stdout
    explained = [msgspec.json.decode(line, type=Explanation) for line in _run(tmp_path, message, "--json")
                 .stdout.splitlines()]  # fmt: skip
    assert [explanation.decision for explanation in explained] == ["RELEASE", "HOLD"]
    assert "debtor.name were absent" in explained[1].changes


def test_a_swift_message_is_explained_with_field_and_line(tmp_path: Path) -> None:
    message = MT103.replace("Ulrike Sommerfeld", "Kazimir Anatolievich Verzhbitsky")
    done = _run(tmp_path, message.encode())
    assert "debtor.name, compared as name, at 50K line 2" in done.stdout
    assert "Would be released if" in done.stdout


SOURCE = Evidence("in force", "Council Regulation of a year and a number, article by article", "source", 0)


class RuleBound(Screener):
    """Holds creditors in one country, as a rule of the policy would."""

    def screen(
        self, batch: Sequence[Received], *, now: datetime | None = None, stale: Stale = all_fresh
    ) -> list[Decision]:
        """Add the rule's match to each decision."""
        return [
            self._ruled(received, decision)
            for received, decision in zip(batch, super().screen(batch, now=now, stale=stale), strict=True)
        ]

    def _ruled(self, received: Received, decision: Decision) -> Decision:
        creditor = received.payment.creditor
        country = creditor.address.country if creditor and creditor.address else None
        if country != "XX":
            return decision
        match = Match(
            field="creditor.address.country",
            value="XX",
            entry_id="embargo-xx",
            entry_name="Embargo: XX",
            matched_name="XX",
            list="policy",
            programs=(),
            rule="geography",
            score=1.0,
            evidence=(
                SOURCE,
                Evidence("XX", "country XX", "exact", 1.0),
            ),
        )
        return decide(
            payment_id=decision.payment_id,
            content_hash=decision.content_hash,
            versions=self.versions,
            reason="GEOGRAPHY",
            status="PDNG",
            matches=(*decision.matches, match),
        )


@pytest.mark.parametrize("listed", [False, True])
def test_a_rule_of_the_policy_is_shown_like_any_match(listed: bool) -> None:
    creditor = {
        "name": HIT["creditor"]["name"] if listed else "Ulrike Sommerfeld",
        "address": {"country": "XX"},
    }
    explanation = explain_decision(payment(creditor=creditor), RuleBound(snapshot(), policy()))
    text = _text(explanation)
    assert "creditor.address.country, compared as geography" in text
    assert "1.0000: holds" in click.unstyle(text)
    assert "article by article" in text, "the rule's source is shown in full"
    if listed:
        assert any("did not apply" in change and "embargo-xx" in change for change in explanation.changes)
    else:
        assert explanation.changes == (
            "geography rule embargo-xx did not apply",
            "creditor.address.country were absent",
        )


RAILS = b"""
[rails.high]
deadline_seconds = 60
thresholds = { person = 0.99 }
[[rails.high.not_screened]]
fields = ["debtor"]
reason = "another system's"
source = "made up"
"""


def test_the_explanation_uses_the_rules_of_the_rail() -> None:
    """These are its thresholds and the fields that it does not screen, which are shown as such."""
    screener = Screener(snapshot(), policies.from_toml(POLICY + RAILS))
    explanation = explain_decision(payment(**NEAR, rail="high"), screener)
    [field] = [field for field in explanation.fields if field.field == "creditor.name"]
    assert (explanation.decision, field.candidates[0].threshold) == ("RELEASE", 0.99)
    assert any(change.startswith("the threshold for person were") for change in explanation.changes)
    unscreened = explain_decision(payment(debtor={"name": "Quxvanta Kommerzbank AG"}, rail="high"), screener)
    assert unscreened.decision == "RELEASE"
    assert "not screened here, by the rules of the rail" in _text(unscreened)


def test_a_file_that_is_not_a_payment_is_an_error(tmp_path: Path) -> None:
    done = _run(tmp_path, b"{}")
    assert done.exit_code == 1
    assert "not a payment" in done.stderr


def test_a_payment_that_was_not_screened_says_what_would_release_it() -> None:
    """The default rail has no such rule."""
    khmer = {"name": "\u179f\u17bb\u1781\u17b6"}
    text = _text(_explained(creditor=khmer, ultimate_creditor={"name": ""}, rail="swift"))
    assert "NOTE ultimate_creditor.name: EMPTY_NAME" in text
    assert "the rail swift only noted EMPTY_NAME and SCRIPT_NOT_COMPARED" in " ".join(text.split())
    assert "only noted" not in _text(_explained(creditor=khmer))


READ: dict[str, dict[str, Any]] = {
    "a joint account": {"creditor": {"name": "Mr Ulrike Sommerfeld & Mrs Kazimir Verzhbitsky"}},
    "a name on two lines": {
        "creditor": {"name": "Kazimir Anatolievich", "address": {"lines": ["Verzhbitsky", "Almaty"]}}
    },
    "a sentence": {"creditor": {"name": "goods ordered from Quxvanta Kommerzbank AG last spring by phone"}},
    "a number in a name": {"creditor": {"name": "Ulrike Sommerfeld passport no. 75 1234567"}},
    "a number in a text": {"remittance": ["IMO 9074729 demurrage"]},
    "an unknown member": {"beneficiary": {"name": "Kazimir Anatolievich Verzhbitsky"}},
    "a conflicting birth date": {"creditor": {"name": "Kazimir Verzhbitsky", "birth_date": "1999-01-01"}},
    "a part that is too little": {"creditor": {"name": "Tarasbulbenko & Kazimir, Quxvanta"}},
}


@pytest.mark.parametrize("members", READ.values(), ids=READ)
def test_the_explanation_agrees_with_the_decision(members: dict[str, Any]) -> None:
    """The same entries hold at the same paths, however the field was read."""
    [decision] = screener().screen([payment(**members)])
    held = {(match.field, match.entry_id) for match in decision.matches}
    shown = {
        (path, found.entry_id)
        for field in _explained(**members).fields
        for path in field.field.split(" to ")
        for found in field.candidates
        if found.holds
    }
    assert shown == held
    assert _explained(**members).decision == decision.decision


def test_the_part_of_a_field_that_holds_is_shown() -> None:
    text = _text(_explained(**READ["a joint account"]))
    assert "read from the field: Kazimir Verzhbitsky" in text
    text = _text(_explained(**READ["a name on two lines"]))
    assert "read from the field: Kazimir Anatolievich Verzhbitsky" in text


def test_a_part_of_one_word_is_shown_as_too_little() -> None:
    low = msgspec.structs.replace(
        policy(), thresholds=msgspec.structs.replace(policy().thresholds, entity=0.6)
    )
    explanation = explain_decision(payment(creditor={"name": "Quxvanta & Ulrike"}), Screener(snapshot(), low))
    assert explanation.decision == "RELEASE"
    assert "holds only where it is the whole listed name" in _text(explanation)


def test_notes_on_members_that_are_no_fields_are_shown_once() -> None:
    explanation = _explained(beneficiary={"name": "Ulrike Sommerfeld"}, memo="for Ulrike Sommerfeld")
    assert [note.partition(":")[0] for note in explanation.notes] == ["beneficiary"]
