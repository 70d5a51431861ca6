"""The form in which a person proposes what becomes of a payment: its choices, and how it is read."""

from collections.abc import Mapping
from typing import NamedTuple, get_args

from holdgate.casework.actions import Attachment, note_of
from holdgate.core.model.review_outcome import Disposition, Verdict
from holdgate.core.review.case import Case
from holdgate.core.review.event_contents import MatchVerdict, Proposal
from holdgate.core.review.permissions import RELEASABLE, second_approval_causes
from holdgate.core.review.reducer import VoidReason
from holdgate.core.review.review_rules import ReviewRules
from holdgate.core.review.wording import CAUSE_TEXTS, VOID_TEXTS
from holdgate.runtime.errors import OperatorError

DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition)
DISPOSITION_TEXTS: Mapping[Disposition, tuple[str, str]] = {
    "RELEASE": ("Release", "the money moves; needs every match to be a false positive"),
    "REJECT": ("Reject", "the payment is not carried out; final"),
    "BLOCK": ("Block", "the money is frozen; needs a true match"),
}


class Choice(NamedTuple):
    """One disposition with its codes; `barred` says why it cannot be chosen."""

    disposition: Disposition
    title: str
    text: str
    codes: Mapping[str, str]
    barred: str | None
    approvals: str
    """Why two people have to approve; empty if one suffices."""


class DecisionForm(NamedTuple):
    """What a person typed; `errors` by the name of the field, "" for the form as a whole."""

    decision: str = ""
    verdicts: Mapping[int, str] = {}
    note: str = ""
    errors: Mapping[str, str] = {}


def read_form(fields: Mapping[str, str], matches: int) -> DecisionForm:
    """Return what was typed, unchecked."""
    verdicts = {number: fields.get(f"verdict-{number}", "") for number in range(1, matches + 1)}
    return DecisionForm(fields.get("decision", ""), verdicts, fields.get("note", ""))


def check_form(
    form: DecisionForm, case: Case, rules: ReviewRules
) -> tuple[DecisionForm, Proposal | None, Attachment | None]:
    """Return the form with its errors, and the proposal without its note and the note if it has none."""
    errors: dict[str, str] = {}
    disposition, _, code = form.decision.partition(":")
    codes = getattr(rules.codes, disposition.lower(), {}) if disposition in DISPOSITIONS else {}
    if code not in codes:
        errors["decision"] = "choose what should become of the payment, and why"
    verdicts = tuple(_verdict(form.verdicts[number], rules) for number in sorted(form.verdicts))
    for number, given in enumerate(verdicts, 1):
        if given is None and (disposition == "RELEASE" or form.verdicts[number]):
            errors[f"verdict-{number}"] = "not judged: a release needs a verdict on every match"
        elif given is not None and given.verdict == "true_match" and disposition == "RELEASE":
            errors[f"verdict-{number}"] = "judged true: such a payment cannot be released"
    if disposition == "BLOCK" and not any(item and item.verdict == "true_match" for item in verdicts):
        errors["decision"] = VOID_TEXTS["NO_TRUE_MATCH"]
    note = None
    try:
        note = note_of(form.note) if form.note.strip() else None
    except OperatorError as error:
        errors["note"] = str(error)
    if errors:
        return form._replace(errors=errors), None, None
    judged = verdicts if any(verdicts) else ()
    return form, Proposal(disposition, code, judged), note  # type: ignore[arg-type]  # checked above


def refuse(form: DecisionForm, void: VoidReason) -> DecisionForm:
    """Return the form with why its event does not count."""
    return form._replace(errors={"": VOID_TEXTS[void]})


def form_of(proposal: Proposal) -> DecisionForm:
    """Return the form as it would be filled in for a proposal, so that it can be corrected."""
    verdicts = {
        n: f"{item.verdict}:{item.code}" if item else "" for n, item in enumerate(proposal.verdicts, 1)
    }
    return DecisionForm(f"{proposal.disposition}:{proposal.code}", verdicts)


def choices(case: Case, rules: ReviewRules) -> list[Choice]:
    """Return the dispositions with their codes, in the order of the contract."""
    return [
        Choice(
            disposition,
            *DISPOSITION_TEXTS[disposition],
            getattr(rules.codes, disposition.lower()),
            _barred(case, disposition),
            ", ".join(
                CAUSE_TEXTS[cause]
                for cause in second_approval_causes(case, Proposal(disposition, "ANY"), rules)
            ),
        )
        for disposition in DISPOSITIONS
    ]


def _barred(case: Case, disposition: Disposition) -> str | None:
    facts = case.facts
    if disposition == "RELEASE":
        if facts.look_back:
            return VOID_TEXTS["LOOK_BACK"]
        if facts.reason not in RELEASABLE:
            return VOID_TEXTS["NOT_SCREENED"]
        if facts.payment is None or case.is_erased:
            return VOID_TEXTS["EVIDENCE_MISSING"]
    if disposition == "BLOCK" and not facts.matches:
        return VOID_TEXTS["NO_TRUE_MATCH"]
    return None


def _verdict(text: str, rules: ReviewRules) -> MatchVerdict | None:
    kind, _, code = text.partition(":")
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    if kind not in verdicts or code not in getattr(rules.codes, kind):
        return None
    return MatchVerdict(kind, code)
