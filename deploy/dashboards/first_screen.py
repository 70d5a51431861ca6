"""The first rows of dashboard *Screening*: is anything wrong? Each figure has the limits of its alert."""

from deploy.dashboards.panels import Limit, Panel, Query, Row
from deploy.dashboards.promql import KEYS, grown, keeping, most, of, rate

FIRING = 'alertstate="firing", alertname=~"Holdgate.+"'
WAITING, DEADLINE = of("gate:holdgate_waiting_seconds:max"), of("gate:holdgate_rail_deadline_seconds:min")
HELD, READY = of("gate:holdgate_holds:ratio_rate1h"), of("gate:holdgate_workers_ready:count")
EXPECTED = f"max_over_time({of('gate:holdgate_workers:count')}[1h])"
AGES, LIMITS = most("holdgate_list_age_seconds", "list"), most("holdgate_list_age_limit_seconds", "list")

BUDGET = (Limit(0.006, "orange"), Limit(0.0144, "red"))
"""Shares of decisions that spend the error budget of 0.1 % six and 14.4 times too fast."""


KAFKA_UP = of("holdgate_system_up", 'system="kafka"')
KAFKA_ANSWERS = f"and on ({KEYS}) ({KAFKA_UP} == 1)"
"""The probe's figures stay as they were when Kafka does not answer: then they are unknown."""


def _firing(severity: str) -> str:
    """Return the query for the number of firing alerts; none are zero, and an unknown gate has no result."""
    found = of("ALERTS", f'{FIRING}, severity="{severity}"')
    return f"count {keeping()} ({found}) or 0 * {of('gate:holdgate_targets:count_1d')}"


NOW = Row(
    "Now",
    (
        Panel(
            "Pages",
            "short",
            "Firing alerts that wake somebody; they are listed below.",
            (Query(_firing("page"), "firing"),),
            "light",
            limits=(Limit(1, "red"),),
            nothing="unknown",
        ),
        Panel(
            "Tickets",
            "short",
            "Firing alerts that can wait until morning; they are listed below.",
            (Query(_firing("ticket"), "firing"),),
            "light",
            limits=(Limit(1, "orange"),),
            nothing="unknown",
        ),
        Panel(
            "Payments waiting",
            "short",
            "Payments in Kafka without a decision. Above 1,000 and growing: ticket.",
            (Query(f"{of('gate:holdgate_lag_records:sum')} {KAFKA_ANSWERS}", "payments"),),
            "light",
            limits=(Limit(1_000, "orange"),),
            runbook="HoldgateLagRising",
            nothing="unknown",
        ),
        Panel(
            "Oldest payment",
            "percentunit",
            "Its age as a share of the shortest deadline in use. At 50 %: page.",
            (
                Query(f"{WAITING} / {DEADLINE}", "share of the deadline"),
                Query(WAITING, "oldest", "s"),
                Query(DEADLINE, "deadline", "s"),
            ),
            "light",
            limits=(Limit(0.25, "orange"), Limit(0.5, "red")),
            runbook="HoldgatePaymentsWaiting",
            nothing="unknown",
        ),
        Panel(
            "Decisions per second",
            "reqps",
            "Published decisions. None, while payments wait: page (HoldgateNoProgress).",
            (Query(rate("holdgate_decisions_total"), "decisions"),),
            "light",
            below="blue",
            runbook="HoldgateNoProgress",
            nothing="unknown",
        ),
        Panel(
            "Holds against last week",
            "none",
            "The hold ratio of the last hour, divided by that of a week ago. Above 2: ticket.",
            (
                Query(f"{HELD} / ({HELD} offset 1w)", "times last week's"),
                Query(HELD, "now", "percentunit"),
                Query(f"{HELD} offset 1w", "a week ago", "percentunit"),
            ),
            "light",
            limits=(Limit(2, "orange"),),
            runbook="HoldgateHoldRatioJumped",
            nothing="no last week",
        ),
        Panel(
            "Holds without screening",
            "percentunit",
            "Share of the last hour's payments that could not be screened. Above 1.44 %: page.",
            (Query(of("gate:holdgate_forced_holds:ratio_rate1h"), "share"),),
            "light",
            limits=BUDGET,
            runbook="HoldgateHoldsForced",
            nothing="no payments",
        ),
        Panel(
            "Late decisions",
            "percentunit",
            "Share of the last hour's decisions that came after their deadline. Above 1.44 %: page.",
            (Query(of("gate:holdgate_late_decisions:ratio_rate1h"), "share"),),
            "light",
            limits=BUDGET,
            runbook="HoldgateDecisionsLate",
            nothing="no payments",
        ),
        Panel(
            "Oldest list",
            "percentunit",
            "Its age as a share of the policy's limit. At 75 %: ticket; at 100 %: page.",
            (
                Query(f"max {keeping()} ({of('gate_list:holdgate_list_age:ratio')})", "share of the limit"),
                Query(f"max {keeping()} ({AGES})", "age", "s"),
                Query(f"min {keeping()} ({LIMITS})", "limit", "s"),
            ),
            "light",
            limits=(Limit(0.75, "orange"), Limit(1, "red")),
            runbook="HoldgateListStale",
            nothing="not judged",
        ),
        Panel(
            "Workers ready",
            "percentunit",
            "Workers that run and have lists; expected: the most of the last hour. None ready: page.",
            (
                Query(f"{READY} / {EXPECTED}", "share"),
                Query(READY, "ready", "short"),
                Query(EXPECTED, "expected", "short"),
            ),
            "light",
            below="red",
            limits=(Limit(0.01, "orange"), Limit(1, "green")),
            runbook="HoldgateWorkerDown",
            nothing="unknown",
        ),
        Panel(
            "Open dead letters",
            "short",
            "Records that could not be read or screened, neither redriven nor discarded.",
            (
                Query(f"{most('holdgate_dead_letters_waiting')} {KAFKA_ANSWERS}", "open"),
                Query(most("holdgate_dead_letters_oldest_seconds"), "oldest letter", "s"),
            ),
            "light",
            limits=(Limit(1, "orange"),),
            runbook="HoldgateDeadLetterRate",
            nothing="unknown",
        ),
        Panel(
            "Probe",
            "short",
            "Wrong and late answers to the probe in five minutes. Any wrong one: page.",
            (Query(grown("holdgate_probe_answers_total", where='outcome!="right"', over="5m"), "not right"),),
            "light",
            limits=(Limit(0.5, "red"),),
            runbook="HoldgateProbeWrong",
            nothing="unknown",
        ),
    ),
)

ALERTS = Row(
    "Firing alerts",
    (
        Panel(
            "Firing alerts",
            "none",
            "What is wrong, pages first. The name of an alert leads to its runbook.",
            (Query(of("ALERTS", FIRING), "{{alertname}}"),),
            "alerts",
            nothing="Nothing is wrong.",
        ),
    ),
)
