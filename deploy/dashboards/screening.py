"""Dashboard *Screening*: is every payment decided in time, and by screening rather than by a forced hold?"""

from deploy.dashboards import first_screen
from deploy.dashboards.panels import Limit, Page, Panel, Query, Row
from deploy.dashboards.promql import RATE, grown, mean, most, of, rate

FORCED = (
    "LIST_STALE|LIST_UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL_ERROR|INVALID_EVENT|CONTENT_CHANGED|NOT_SCREENED"
)

DECISIONS, RAIL, STAGE = "holdgate_decisions_total", 'rail=~"$rail"', 'stage=~"$stage"'


def _hold_ratio(shift: str = "") -> str:
    held = rate(DECISIONS, "", f'{RAIL}, decision="HOLD"', shift)
    return f"{held} / {rate(DECISIONS, '', RAIL, shift)}"


def _answered(share: float) -> str:
    """Return the query for a quantile of the time to the probe's answers."""
    return f"histogram_quantile({share}, {rate('holdgate_probe_seconds_bucket', 'le')})"


FLOW = Row(
    "Flow",
    (
        Panel(
            "Payments in",
            "reqps",
            "Records read by the workers per second, including the probe's and unreadable ones.",
            (Query(rate("holdgate_batch_records_sum"), "in"),),
        ),
        Panel(
            "Decided",
            "reqps",
            "Decisions published per second, by outcome. Far fewer than payments in means a backlog.",
            (Query(rate(DECISIONS, "decision", RAIL), "{{decision}}"),),
            "stack",
        ),
        Panel(
            "Hold ratio",
            "percentunit",
            "Share of payments held, compared with a week ago. Usual causes of a jump: a list,"
            " a policy, a sender.",
            (
                Query(_hold_ratio(), "now"),
                Query(_hold_ratio(" offset 1w"), "a week ago"),
            ),
        ),
        Panel(
            "Forced holds",
            "reqps",
            "Holds without a match: the gate could not screen, or the record or a field was unusable.",
            (Query(rate(DECISIONS, "reason", f'{RAIL}, reason=~"{FORCED}"'), "{{reason}}"),),
            "stack",
        ),
    ),
)

TIME = Row(
    "Time",
    (
        Panel(
            "Oldest payment without a decision",
            "s",
            "Waiting in Kafka or in a worker, compared with each rail's deadline."
            " Above half of the shortest deadline in use, it pages.",
            (
                Query(of("gate:holdgate_waiting_seconds:max"), "oldest"),
                Query(
                    most("holdgate_rail_deadline_seconds", "rail", RAIL),
                    "deadline {{rail}}",
                ),
            ),
        ),
        Panel(
            "Decisions after their deadline",
            "percentunit",
            "Share over the last hour and the last five minutes. The objective is below 0.1 %.",
            (
                Query(of("gate:holdgate_late_decisions:ratio_rate1h"), "an hour"),
                Query(of("gate:holdgate_late_decisions:ratio_rate5m"), "five minutes"),
            ),
            limits=(Limit(0.006, "orange"), Limit(0.0144, "red")),
            runbook="HoldgateDecisionsLate",
        ),
        Panel(
            "Time to decision",
            "s",
            "From a payment's record to its published decision, for the rails chosen above.",
            (Query(grown("holdgate_decision_seconds_bucket", "le", RAIL), "{{le}}"),),
            "heatmap",
        ),
        Panel(
            "Time by stage",
            "s",
            "For the stages chosen above. wait: queue in Kafka; claim: Redis; publish: Kafka.",
            (Query(grown("holdgate_stage_seconds_bucket", "le", STAGE), "{{le}}"),),
            "heatmap",
        ),
        Panel(
            "99th percentile of the time to decision",
            "s",
            "By rail, over the last five minutes.",
            (Query(of("gate_rail:holdgate_decision_seconds:p99_5m", RAIL), "{{rail}}"),),
        ),
        Panel(
            "Where the time goes",
            "s",
            "Mean time per batch by stage; wait and total are per payment.",
            (Query(mean("holdgate_stage_seconds", "stage", STAGE), "{{stage}}"),),
        ),
    ),
)

WAITING = Row(
    "Backlog",
    (
        Panel(
            "Lag",
            "short",
            "Payments without a decision, by partition. If one partition lags, look at its worker.",
            (Query(of("holdgate_lag_records"), "{{partition}}"),),
            "stack",
        ),
        Panel(
            "Lag in seconds",
            "s",
            "Age of the oldest payment without a decision, by partition. Half a second is normal.",
            (Query(of("holdgate_lag_seconds"), "{{partition}}"),),
        ),
        Panel(
            "Rebalances",
            "short",
            "Partition assignments to each worker. Normal at starts and stops; otherwise a"
            " worker is unstable.",
            (Query(f"increase({of('holdgate_rebalances_total')}[{RATE}])", "{{instance}}"),),
        ),
        Panel(
            "Partitions by worker",
            "short",
            "Partitions each worker reads. They must add up to the topic's number of partitions.",
            (Query(of("holdgate_partitions_assigned"), "{{instance}}"),),
            "stack",
        ),
    ),
)

ASIDE = Row(
    "Dead letters and the probe",
    (
        Panel(
            "Dead letters in",
            "reqps",
            "Records that could not be read or screened, by reason. Each payment is also held.",
            (Query(rate("holdgate_dead_letters_total", "reason"), "{{reason}}"),),
            "stack",
        ),
        Panel(
            "Oldest dead letter",
            "s",
            "Age of the oldest open dead letter. After a day: ticket; after 28 days it is deleted.",
            (Query(most("holdgate_dead_letters_oldest_seconds"), "oldest"),),
            limits=(Limit(86_400, "orange"),),
            runbook="HoldgateDeadLettersOld",
        ),
        Panel(
            "Redriven",
            "reqps",
            "Redriven dead letters per second: decided, or dead letters again.",
            (Query(rate("holdgate_redriven_total", "outcome"), "{{outcome}}"),),
            "stack",
        ),
        Panel(
            "Answers to the probe",
            "short",
            "Right, wrong and late answers, by payment; wrong and late ones page. Also payments of others"
            " with the probe's header, which is ignored.",
            (
                Query(
                    grown("holdgate_probe_answers_total", "payment, outcome, reason"),
                    "{{payment}} {{outcome}} {{reason}}",
                ),
                Query(grown("holdgate_foreign_probe_marks_total"), "not the probe's"),
            ),
            "stack",
        ),
        Panel(
            "Time to the probe's answer",
            "s",
            "How long the probe waited for its decisions: median and 99th percentile.",
            (Query(_answered(0.5), "median"), Query(_answered(0.99), "99th percentile")),
        ),
    ),
)

PAGE = Page(
    "holdgate-screening",
    "Holdgate: Screening",
    "Is every payment decided in time, and by screening rather than by a forced hold?",
    (first_screen.NOW, first_screen.ALERTS, FLOW, TIME, WAITING, ASIDE),
    (("rail", "holdgate_decision_seconds_count"), ("stage", "holdgate_stage_seconds_count")),
)
