"""What people do to a case on the desk: each form appends one event and says what came of it."""

from collections.abc import Callable

import structlog
from kafka.errors import KafkaError
from starlette.responses import Response

from holdgate.casework.actions import (
    ActionResult,
    Attachment,
    RefusedActionError,
    What,
    attachment_of,
    carry_out,
    note_of,
)
from holdgate.core.review import event as events
from holdgate.core.review.event import CaseEvent
from holdgate.core.review.event_contents import Answer, Approval, Proposal, Remark
from holdgate.core.review.reducer import VoidReason
from holdgate.core.review.wording import VOID_TEXTS, next_step
from holdgate.desk.case_page import OpenedCase, case_response, open_case
from holdgate.desk.decision_form import DecisionForm, check_form, read_form, refuse
from holdgate.desk.visit import Visit
from holdgate.runtime.errors import OperatorError

log = structlog.get_logger()

FORBIDDEN: frozenset[VoidReason] = frozenset({"ROLE_MAY_NOT", "OWN_PROPOSAL", "NOT_THE_AUTHOR"})
"""Refusals that are answered with 403: the page offers the person no such form."""

RECORDED: frozenset[VoidReason] = frozenset({"OWN_PROPOSAL"})
"""Attempts that are kept in the log, where they are void: an auditor wants to see who tried to approve their
own proposal by hand."""

UNKNOWN_OUTCOME = (
    "Kafka did not answer. It is not known whether this was written:"
    " look at the case again before you repeat it."
)
REMARKS: dict[str, type[CaseEvent]] = {
    "take": events.CaseTaken,
    "give-back": events.CaseGivenBack,
    "note": events.NoteAdded,
    "escalate": events.CaseEscalated,
    "wait": events.InformationAwaited,
    "reopen": events.CaseReopened,
}
ANSWERS: dict[str, type[CaseEvent]] = {
    "withdraw": events.ProposalWithdrawn,
    "return": events.ProposalReturned,
}


def propose(visit: Visit) -> Response:
    """Write a proposal, or show the form again with what is wrong beside its field."""
    opened = open_case(visit)
    form = read_form(visit.fields, len(opened.case.facts.matches))
    rules = visit.rules
    if rules is None:
        return _refused(visit, opened, "NO_RULES", form)
    if not visit.may("propose"):
        return _refused(visit, opened, "ROLE_MAY_NOT", form)
    checked, proposal, note = check_form(form, opened.case, rules)
    if proposal is None:
        return case_response(visit, opened, 422, checked)

    def make_what(digest: str | None) -> Proposal:
        return Proposal(proposal.disposition, proposal.code, proposal.verdicts, digest)

    return _act(visit, opened, events.ProposalMade, make_what, note, form=form)


def approve(visit: Visit) -> Response:
    """Approve the proposal that the page showed."""
    opened = open_case(visit)
    proposal, saw = visit.fields.get("proposal", ""), visit.fields.get("saw", "")
    if opened.case.proposal is None or proposal != opened.case.proposal.event_id:
        return _refused(visit, opened, "OTHER_PROPOSAL")
    if len(saw) != 64 or not set(saw) <= set("0123456789abcdef"):
        return _refused(visit, opened, "PAGE_CHANGED")
    return _act(visit, opened, events.ProposalApproved, lambda _: Approval(proposal, saw))


def answer(visit: Visit) -> Response:
    """Withdraw or return the proposal that the page showed, with a reason."""
    opened, kind = open_case(visit), ANSWERS[visit.request.path_params["action"]]
    proposal, text = visit.fields.get("proposal", ""), visit.fields.get("note", "")
    if opened.case.proposal is None or proposal != opened.case.proposal.event_id:
        return _refused(visit, opened, "OTHER_PROPOSAL")
    code = visit.fields.get("code") or None
    if kind is events.ProposalReturned and not (code or text.strip()):
        return case_response(visit, opened, 422, remark=text, error="Say why you return the proposal.")
    return _remark(visit, opened, kind, lambda digest: Answer(proposal, code, digest), text)


def remark(visit: Visit) -> Response:
    """Take a case or give it back, add a note, escalate it, ask for information, or reopen a block."""
    opened, kind = open_case(visit), REMARKS[visit.request.path_params["action"]]
    text, code = visit.fields.get("note", ""), visit.fields.get("code") or None
    if kind is events.NoteAdded and not text.strip():
        return case_response(visit, opened, 422, error="The note is empty: write at least a word.")
    return _remark(visit, opened, kind, lambda digest: Remark(code, digest), text)


def attach(visit: Visit) -> Response:
    """Add a file to a case, as evidence."""
    opened = open_case(visit)
    try:
        attached = attachment_of(visit.upload or b"")
    except OperatorError as error:
        text = f"{error}." if visit.upload else "Choose a file first."
        return case_response(visit, opened, 422, error=text)
    return _act(visit, opened, events.NoteAdded, lambda digest: Remark(note=digest), attached)


def _remark(
    visit: Visit,
    opened: OpenedCase,
    kind: type[CaseEvent],
    make_what: Callable[[str | None], What],
    text: str,
) -> Response:
    try:
        note = note_of(text) if text.strip() else None
    except OperatorError as error:
        return case_response(visit, opened, 422, remark=text, error=f"{error}.")
    return _act(visit, opened, kind, make_what, note, text)


def _act(
    visit: Visit,
    opened: OpenedCase,
    kind: type[CaseEvent],
    make_what: Callable[[str | None], What],
    note: Attachment | None = None,
    text: str = "",
    form: DecisionForm | None = None,
) -> Response:
    case, tag = opened.case, str(kind.__struct_config__.tag)
    # Somebody may add a note to a case that changed meanwhile; anything else is about what was shown.
    if visit.fields.get("revision") != str(case.revision) and kind is not events.NoteAdded:
        return _refused(visit, opened, "WRONG_REVISION", form, text)
    projection = visit.desk.projection
    try:
        result: ActionResult = carry_out(
            projection, visit.store, visit.session.actor, case, kind, make_what, note, RECORDED
        )
    except RefusedActionError as error:
        visit.desk.metrics.actions.labels(tag, "refused").inc()
        return _refused(visit, opened, error.void, form, text)
    except (KafkaError, OSError) as error:
        log.error("an event of a person may not be written", error=type(error).__name__, case=case.case_id)
        visit.desk.metrics.actions.labels(tag, "unknown").inc()
        return case_response(visit, opened, 503, form, text, UNKNOWN_OUTCOME)
    visit.desk.metrics.actions.labels(tag, "void" if result.void else "counts").inc()
    log.info("event written", case=case.case_id, user=visit.user, type=tag, void=result.void)
    if result.void is not None:
        return _refused(visit, open_case(visit), result.void, form, text)
    after = next_step(result.case, visit.rules)
    return visit.redirect(f"/case/{case.case_id}", f"Written: {tag.replace('_', ' ')}. Next: {after}.")


def _refused(
    visit: Visit, opened: OpenedCase, void: VoidReason, form: DecisionForm | None = None, text: str = ""
) -> Response:
    """Show the case as it is now with the reason of the refusal, and keep what was typed."""
    status = 403 if void in FORBIDDEN else 409
    sentence = VOID_TEXTS[void]
    error = f"Not done: {sentence}."
    return case_response(visit, opened, status, refuse(form, void) if form else None, text, error)
