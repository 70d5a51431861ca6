"""The reducer on the cases of tests/cases/review.toml."""

import re
import tomllib
from typing import Any, cast

import pytest
from msgspec.structs import replace

from holdgate.core.review import event as events
from holdgate.core.review.event_contents import MatchFacts
from tests.support.review import ROOT, CaseLog, digest, facts

CASES: list[dict[str, Any]] = tomllib.loads((ROOT / "tests" / "cases" / "review.toml").read_text())["case"]

REMARKS: dict[str, type[events.CaseEvent]] = {
    "takes": events.CaseTaken,
    "gives back": events.CaseGivenBack,
    "notes": events.NoteAdded,
    "escalates": events.CaseEscalated,
    "waits": events.InformationAwaited,
    "reopens": events.CaseReopened,
}
PROPOSES = re.compile(r"proposes (\w+)(?: with code (\w+))?(?: ([tf-]+|none))?( on another decision)?")
OUTCOMES: dict[str, type[events.CaseEvent]] = {"disposes": events.CaseDisposed, "closes": events.CaseClosed}


def log_of(case: dict[str, Any]) -> CaseLog:
    """Return a log for a case of the file, before its first step."""
    scores, rules = case.get("scores", [0.8]), case.get("rules", [])
    matches = tuple(
        MatchFacts(f"ofac:{n}", rules[n] if n < len(rules) else "name", score)
        for n, score in enumerate(scores)
    )
    changes: dict[str, Any] = {
        name: case[name] for name in ("reason", "amount", "currency", "look_back") if name in case
    }
    if not case.get("evidence", True):
        changes["payment"] = None
    return CaseLog(facts(matches=matches, **changes))


def take_step(log: CaseLog, action: str) -> str:
    """Carry out `who does what`; return the stage or why it is void."""
    who, what = action.split(" ", 1)
    if match := re.fullmatch(r"opens( again| a second time)?", what):
        changed = {"decision_id": digest("second hold", 32)} if match[1] == " again" else {}
        held = replace(log.facts, **changed)
        return log.write(events.CaseOpened, who, held, on=held.decision_id)
    if match := re.fullmatch(
        r"proposes (\w+)(?: with code (\w+))?(?: ([tf-]+|none))?( on another decision)?", what
    ):
        disposition, code, verdicts, on_another = cast("tuple[Any, ...]", match.groups())
        changes: dict[str, Any] = {"on": digest("another", 32)} if on_another else {}
        return log.propose(who, disposition, "" if verdicts == "none" else verdicts, code, **changes)
    if what.startswith("approves"):
        return approve(log, who, what.removeprefix("approves").strip())
    if match := re.fullmatch(r"sends back with ([\d. ]+)", what):
        return log.send_back([float(score) for score in match[1].split()])
    if what in ("withdraws", "returns"):
        return log.answer(events.ProposalWithdrawn if what == "withdraws" else events.ProposalReturned, who)
    if match := re.fullmatch(r"erases(?: after (\d+) years)?(?: with code (\w+))?", what):
        return log.erase(who, match[2] or "RETENTION_ENDED", float(match[1] or 10))
    if what in OUTCOMES:
        return log.record_outcome(OUTCOMES[what], who)
    verb, _, code = what.partition(" with code ")
    return log.remark(REMARKS[verb], who, code or None)


def approve(log: CaseLog, who: str, how: str) -> str:
    """Approve as a fresh page would, or in one of the ways that do not count."""
    match how:
        case "another":
            return log.approve(who, proposal=digest("another", 32))
        case "a changed page":
            return log.approve(who, saw=digest("another page"))
        case "late":
            return log.approve(who, revision=log.case.revision if log.case else 1)
        case "on the first hold":
            return log.approve(who, on=log.facts.decision_id)
    assert how == "", how
    return log.approve(who)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    log, results = log_of(case), []
    for step in case["steps"]:
        action, _, _ = step.partition(" -> ")
        results.append(f"{action} -> {take_step(log, action)}")
    assert results == case["steps"]
