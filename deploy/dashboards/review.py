"""Dashboard *Review*: do people decide on held payments in time, and does the review process keep up?"""

from deploy.dashboards.panels import Limit, Page, Panel, Query, Row
from deploy.dashboards.promql import grown, keeping, most, of, rate

VOID = grown("holdgate_review_void_events_total", "reason, instance")
NOT_FINAL = 'stage!~"disposed|closed"'
UNFINISHED = most("holdgate_review_cases", "queue, stage", NOT_FINAL)

CASES = Row(
    "Cases",
    (
        Panel(
            "Unfinished cases",
            "short",
            "Held payments that wait for people, by queue and stage.",
            (
                Query(
                    UNFINISHED,
                    "{{queue}} {{stage}}",
                ),
            ),
            "stack",
        ),
        Panel(
            "Overdue cases",
            "short",
            "Unfinished cases whose due time has passed. Nothing ends them but people.",
            (Query(most("holdgate_review_overdue_cases", "queue"), "{{queue}}"),),
            limits=(Limit(1, "orange"),),
            runbook="HoldgateReviewOverdue",
        ),
        Panel(
            "Age of the oldest case",
            "s",
            "How long the oldest unfinished case has been open.",
            (Query(most("holdgate_review_oldest_case_seconds", "queue"), "{{queue}}"),),
        ),
        Panel(
            "Void events",
            "short",
            "Events without effect, by reason. WRONG_REVISION is ordinary: somebody else was first."
            " OWN_PROPOSAL and ROLE_MAY_NOT are attempts at what is not allowed.",
            (
                Query(
                    f"max {keeping('reason')} ({VOID})",
                    "{{reason}}",
                ),
            ),
        ),
    ),
)

DISPOSAL = Row(
    "Disposal",
    (
        Panel(
            "Disposals",
            "short",
            "Decisions of people that were written, and approved cases that went back to them.",
            (Query(grown("holdgate_review_disposals_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Releases that wait for lists",
            "short",
            "Approved, but today's lists are missing or too old for the last screening.",
            (Query(f"max ({of('holdgate_review_waiting_for_lists_cases')})", "cases"),),
        ),
        Panel(
            "Missing evidence",
            "short",
            "Payments or decisions that were gone when they were needed. Such payments are never released.",
            (Query(grown("holdgate_review_evidence_missing_total"), "cases"),),
        ),
    ),
)

ARCHIVE = Row(
    "Archive",
    (
        Panel(
            "Ended cases that wait",
            "short",
            "Cases to be archived, or whose evidence is to be erased. Decisions do not wait for the archive.",
            (Query(f"max ({of('holdgate_review_unarchived_cases')})", "cases"),),
        ),
        Panel(
            "Archived cases and failures",
            "short",
            "Cases that were archived after they ended, and calls of the archive or of Kafka that failed.",
            (
                Query(grown("holdgate_review_archived_cases_total"), "archived"),
                Query(grown("holdgate_review_archive_failures_total"), "failures"),
            ),
        ),
        Panel(
            "Erased evidence",
            "short",
            "Values that people had erased: erased, kept for another case, or refused since an event has a"
            " wrong time.",
            (Query(grown("holdgate_review_erased_values_total", "outcome"), "{{outcome}}"),),
        ),
    ),
)

PROCESS = Row(
    "Process",
    (
        Panel(
            "Records not read yet",
            "short",
            "Records that the active process has not read yet.",
            (Query(most("holdgate_review_lag_records", "topic"), "{{topic}}"),),
        ),
        Panel(
            "Faults and unreadable decisions",
            "short",
            "Times that connections were opened again; records of screening.decisions that are no decisions.",
            (
                Query(grown("holdgate_review_faults_total"), "faults"),
                Query(grown("holdgate_review_unreadable_decisions_total"), "unreadable decisions"),
                Query(grown("holdgate_review_untold_decisions_total"), "decisions that no case knows"),
            ),
        ),
        Panel(
            "Active processes",
            "short",
            "One. The others stand by.",
            (Query(f"sum ({of('holdgate_review_active')})", "active"),),
            "stat",
        ),
    ),
)

DESK = Row(
    "Desk",
    (
        Panel(
            "Answers",
            "short",
            "Pages and forms that the desk answered, by status. 403 and 409 are refusals, 5xx are faults.",
            (Query(grown("holdgate_desk_requests_total", "status"), "{{status}}"),),
        ),
        Panel(
            "Time until a page is answered",
            "s",
            "99th percentile by page.",
            (
                Query(
                    f"histogram_quantile(0.99, {rate('holdgate_desk_request_seconds_bucket', 'le, page')})",
                    "{{page}}",
                ),
            ),
        ),
        Panel(
            "Events of people",
            "short",
            "Events that people wrote on the desk, and whether they count.",
            (Query(grown("holdgate_desk_actions_total", "type, result"), "{{type}} {{result}}"),),
        ),
        Panel(
            "People and views",
            "short",
            "People who are signed in, and how often somebody looked at a case.",
            (
                Query(f"sum ({of('holdgate_desk_sessions')})", "signed in"),
                Query(grown("holdgate_desk_case_views_total"), "views of cases"),
            ),
        ),
        Panel(
            "Records not shown yet",
            "short",
            "Records of review that the pages do not show yet, and times that connections were opened again.",
            (
                Query(f"max ({of('holdgate_desk_lag_records')})", "records"),
                Query(grown("holdgate_desk_faults_total"), "faults"),
            ),
        ),
    ),
)

PAGE = Page(
    "holdgate-review",
    "Holdgate: Review",
    "Do people decide on held payments in time, and does the review process keep up?",
    (CASES, DISPOSAL, ARCHIVE, PROCESS, DESK),
)
