"""Several cases of the same party and entry: released as false positives together, each by its own event."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog
from kafka.errors import KafkaError
from starlette.responses import Response

from holdgate.casework.actions import Attachment, RefusedActionError, What, carry_out, note_of
from holdgate.core.review import event as events
from holdgate.core.review.case import Case
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import CaseEvent
from holdgate.core.review.event_contents import Approval, MatchVerdict, Proposal
from holdgate.core.review.wording import VOID_TEXTS
from holdgate.desk.case_actions_page import RECORDED, UNKNOWN_OUTCOME
from holdgate.desk.case_page import OpenedCase, open_case
from holdgate.desk.queue_page import QueueRow
from holdgate.desk.similar_cases import BULK_CODE, MAX_TOGETHER, SimilarCases, find_similar
from holdgate.desk.visit import PageError, Visit
from holdgate.runtime.errors import OperatorError

log = structlog.get_logger()

TICK_PREFIX = "case-"
DONE = "done"
BY_ITSELF = (
    "This case has to be decided by itself: its matches are not about the name of one party of known account"
    " with one entry, or the payment was not screened."
)
CHANGED_SINCE = (
    "it changed since the page was shown, or is no case of this kind any more: look at it by itself"
)


class Outcome(NamedTuple):
    """What became of a case that was ticked: DONE, or why not."""

    case_id: str
    text: str


class _Ticked(NamedTuple):
    case: Case | None
    case_id: str
    shown: str
    """What the page said of it: `mark_of`."""


def mark_of(case: Case) -> str:
    """Return what the checkbox of a case says: the case as it was shown."""
    proposal = case.proposal.event_id if case.proposal else ""
    return f"{case.revision}:{proposal}:{shown_digest(case)}"


def show_similar(visit: Visit) -> Response:
    """Show the cases that may be released together with one."""
    opened = open_case(visit)
    similar = find_similar(visit, opened)
    if similar is None:
        return _page(visit, opened, None)
    log.info(
        "similar cases viewed",
        user=visit.user,
        cases=[case.case_id for case in (*similar.open, *similar.proposed)],
    )
    return _page(visit, opened, similar, typed=visit.take_draft() or {})


def propose_all(visit: Visit) -> Response:
    """Propose to release the ticked cases as false positives."""
    opened = open_case(visit)
    similar, rules = _similar(visit, opened), visit.rules
    code = visit.fields.get("code", "")
    if rules is None or BULK_CODE not in rules.codes.release:
        raise PageError(409, "The rules of review have no release as a false positive.")
    ticked = _ticked(visit, similar.open)
    problem = _wrong_number(ticked)
    if code not in rules.codes.false_positive:
        problem = "Choose why they are false positives."
    try:
        text = visit.fields.get("note", "")
        note = note_of(text) if text.strip() else None
    except OperatorError as error:
        problem, note = f"{error}.", None
    if problem is not None:
        return _page(visit, opened, similar, 422, error=problem, typed=visit.fields)

    def proposal_for(case: Case, digest: str | None) -> Proposal:
        verdict = MatchVerdict("false_positive", code)
        return Proposal("RELEASE", BULK_CODE, (verdict,) * len(case.facts.matches), digest)

    return _act_on_all(visit, opened, ticked, events.ProposalMade, proposal_for, note)


def approve_all(visit: Visit) -> Response:
    """Approve the ticked releases; those that are not ticked stay proposed."""
    opened = open_case(visit)
    similar = _similar(visit, opened)
    ticked = _ticked(visit, similar.proposed)
    if (problem := _wrong_number(ticked)) is not None:
        return _page(visit, opened, similar, 422, error=problem, typed=visit.fields)

    def approval_of(case: Case, _: str | None) -> Approval:
        assert case.proposal is not None, "only proposals are listed"
        return Approval(case.proposal.event_id, shown_digest(case))

    return _act_on_all(visit, opened, ticked, events.ProposalApproved, approval_of)


def _act_on_all(
    visit: Visit,
    opened: OpenedCase,
    ticked: Sequence[_Ticked],
    kind: type[CaseEvent],
    make_what: Callable[[Case, str | None], What],
    note: Attachment | None = None,
) -> Response:
    outcomes: list[Outcome] = []
    for item in ticked:
        if outcomes and outcomes[-1].text == UNKNOWN_OUTCOME:
            break
        outcomes.append(Outcome(item.case_id, _act_on_one(visit, item, kind, make_what, note)))
    outcomes += [Outcome(item.case_id, "not tried") for item in ticked[len(outcomes) :]]
    status = 200 if any(outcome.text == DONE for outcome in outcomes) else 409
    status = 503 if any(outcome.text == UNKNOWN_OUTCOME for outcome in outcomes) else status
    return _page(visit, opened, find_similar(visit, opened), status, outcomes)


def _act_on_one(
    visit: Visit,
    item: _Ticked,
    kind: type[CaseEvent],
    make_what: Callable[[Case, str | None], What],
    note: Attachment | None,
) -> str:
    case, tag = item.case, str(kind.__struct_config__.tag)
    if case is None or mark_of(case) != item.shown:
        return CHANGED_SINCE
    actions = visit.desk.metrics.actions
    try:
        result = carry_out(
            visit.desk.projection,
            visit.store,
            visit.session.actor,
            case,
            kind,
            lambda digest: make_what(case, digest),
            note,
            RECORDED,
        )
    except RefusedActionError as error:
        actions.labels(tag, "refused").inc()
        return VOID_TEXTS[error.void]
    except (KafkaError, OSError) as error:
        log.error("an event of a person may not be written", error=type(error).__name__, case=case.case_id)
        actions.labels(tag, "unknown").inc()
        return UNKNOWN_OUTCOME
    actions.labels(tag, "void" if result.void else "counts").inc()
    log.info("event written", case=case.case_id, user=visit.user, type=tag, void=result.void, together=True)
    return DONE if result.void is None else VOID_TEXTS[result.void]


def _similar(visit: Visit, opened: OpenedCase) -> SimilarCases:
    similar = find_similar(visit, opened)
    if similar is None:
        raise PageError(409, BY_ITSELF)
    return similar


def _ticked(visit: Visit, listed: Sequence[Case]) -> list[_Ticked]:
    known = {case.case_id: case for case in listed}
    return [
        _Ticked(known.get(name.removeprefix(TICK_PREFIX)), name.removeprefix(TICK_PREFIX), value)
        for name, value in visit.fields.items()
        if name.startswith(TICK_PREFIX)
    ]


def _wrong_number(ticked: Sequence[_Ticked]) -> str | None:
    if not ticked:
        return "Tick at least one case."
    return f"At most {MAX_TOGETHER} cases are decided together." if len(ticked) > MAX_TOGETHER else None


def _page(
    visit: Visit,
    opened: OpenedCase,
    similar: SimilarCases | None,
    status: int = 200,
    outcomes: Sequence[Outcome] = (),
    error: str | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Return the page; `typed` is what a person ticked and wrote before."""
    typed = typed or {}

    def rows(cases: Sequence[Case]) -> list[tuple[QueueRow, str]]:
        return [
            (QueueRow(case, visit.desk.summaries.find(visit.store, case)), mark_of(case)) for case in cases
        ]

    rules = visit.rules
    return visit.page(
        "similar.html",
        status,
        error=error,
        case=opened.case,
        hit=similar.hit if similar else None,
        open=rows(similar.open if similar else ()) if visit.may("propose") else [],
        proposed=rows(similar.proposed if similar else ()) if visit.may("approve") else [],
        ticks_all=visit.argument("all"),
        ticked={name.removeprefix(TICK_PREFIX) for name in typed if name.startswith(TICK_PREFIX)},
        codes=rules.codes if rules else None,
        code=typed.get("code", ""),
        note=typed.get("note", ""),
        outcomes=outcomes,
        done=sum(outcome.text == DONE for outcome in outcomes),
        limit=MAX_TOGETHER,
        by_itself=BY_ITSELF,
    )
