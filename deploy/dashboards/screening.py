"""Dashboard *Screening*: does every payment get its decision, in time, and made rather than forced?"""

from deploy.dashboards.panels import Page, Panel, Query, Row
from deploy.dashboards.promql import RATE, grown, mean, most, of, rate

FORCED = "LIST_STALE|LIST_UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL_ERROR|INVALID_EVENT|CONTENT_CHANGED"

DECISIONS, RAIL, STAGE = "holdgate_decisions_total", 'rail=~"$rail"', 'stage=~"$stage"'


def _hold_ratio(shift: str = "") -> str:
    held = rate(DECISIONS, "", f'{RAIL}, decision="HOLD"', shift)
    return f"{held} / {rate(DECISIONS, '', RAIL, shift)}"


def _answered(share: float) -> str:
    """The time within which a share of the probe's answers came."""
    return f"histogram_quantile({share}, {rate('holdgate_probe_seconds_bucket', 'le')})"


FLOW = Row(
    "Flow",
    (
        Panel(
            "Payments in",
            "reqps",
            "Records that workers take in a second, the probe's and broken ones included.",
            (Query(rate("holdgate_batch_records_sum"), "in"),),
        ),
        Panel(
            "Decided",
            "reqps",
            "Decisions published a second, by outcome. Far below what comes in means a backlog.",
            (Query(rate(DECISIONS, "decision", RAIL), "{{decision}}"),),
            "stack",
        ),
        Panel(
            "Hold ratio",
            "percentunit",
            "Share of payments that are held, and a week ago. A jump is a list, a policy or a sender.",
            (
                Query(_hold_ratio(), "now"),
                Query(_hold_ratio(" offset 1w"), "a week ago"),
            ),
        ),
        Panel(
            "Forced holds",
            "reqps",
            "Holds without a match: the gate could not do its work, or what was sent is no payment.",
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
            "In Kafka or taken by a worker, beside the time that each rail gives."
            " At half of the shortest one in use somebody is called.",
            (
                Query("job:holdgate_waiting_seconds:max", "oldest"),
                Query(
                    f"max by (rail) ({of('holdgate_rail_deadline_seconds', RAIL)})",
                    "deadline {{rail}}",
                ),
            ),
        ),
        Panel(
            "Decisions after their deadline",
            "percentunit",
            "Share of the last hour and of five minutes. The objective is below 0.1 %.",
            (
                Query("job:holdgate_late_decisions:ratio_rate1h", "an hour"),
                Query("job:holdgate_late_decisions:ratio_rate5m", "five minutes"),
            ),
        ),
        Panel(
            "Time to decision",
            "s",
            "From a payment's record to its decision in the log, on the rails chosen above.",
            (Query(grown("holdgate_decision_seconds_bucket", "le", RAIL), "{{le}}"),),
            "heatmap",
        ),
        Panel(
            "Time by stage",
            "s",
            "Of the stages chosen above: wait is the queue in Kafka, claim is Redis, publish is Kafka.",
            (Query(grown("holdgate_stage_seconds_bucket", "le", STAGE), "{{le}}"),),
            "heatmap",
        ),
        Panel(
            "99 of 100 decided within",
            "s",
            "By rail, over five minutes.",
            (Query(f"rail:holdgate_decision_seconds:p99_5m{{{RAIL}}}", "{{rail}}"),),
        ),
        Panel(
            "Where the time goes",
            "s",
            "Mean time of a batch by stage; wait and total are of each payment.",
            (Query(mean("holdgate_stage_seconds", "stage", STAGE), "{{stage}}"),),
        ),
    ),
)

WAITING = Row(
    "What waits",
    (
        Panel(
            "Lag",
            "short",
            "Payments without a decision, by partition. One partition alone is one worker.",
            (Query(of("holdgate_lag_records"), "{{partition}}"),),
            "stack",
        ),
        Panel(
            "Lag in seconds",
            "s",
            "Age of the oldest payment without a decision, by partition; half a second is usual.",
            (Query(of("holdgate_lag_seconds"), "{{partition}}"),),
        ),
        Panel(
            "Rebalances",
            "short",
            "How often each worker was given partitions. More than at starts and stops: one gets lost.",
            (Query(f"increase({of('holdgate_rebalances_total')}[{RATE}])", "{{instance}}"),),
        ),
        Panel(
            "Partitions by worker",
            "short",
            "Who reads how many. The sum has to be the topic's number of partitions.",
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
            "Records that could not be read or screened, by reason; each is also held.",
            (Query(rate("holdgate_dead_letters_total", "reason"), "{{reason}}"),),
            "stack",
        ),
        Panel(
            "Dead letters that nobody took up",
            "short",
            "Neither redriven nor discarded.",
            (Query(most("holdgate_dead_letters_waiting"), "waiting"),),
            "stat",
        ),
        Panel(
            "Oldest dead letter",
            "s",
            "Of those that nobody took up; after a day it is a ticket, after 28 it is gone.",
            (Query(most("holdgate_dead_letters_oldest_seconds"), "oldest"),),
            "stat",
        ),
        Panel(
            "Redriven",
            "reqps",
            "Dead letters that were sent again: decided, or dead once more.",
            (Query(rate("holdgate_redriven_total", "outcome"), "{{outcome}}"),),
            "stack",
        ),
        Panel(
            "Answers to the probe",
            "short",
            "Right, wrong and late answers, by payment. Anything but right calls somebody.",
            (Query(grown("holdgate_probe_answers_total", "payment, outcome"), "{{payment}} {{outcome}}"),),
            "stack",
        ),
        Panel(
            "Time to an answer",
            "s",
            "What the probe waited for its decisions: half of them, and 99 of 100.",
            (Query(_answered(0.5), "half"), Query(_answered(0.99), "99 of 100")),
        ),
    ),
)

PAGE = Page(
    "holdgate-screening",
    "Holdgate: Screening",
    "Does every payment get its decision, in time, and made rather than forced?",
    (FLOW, TIME, WAITING, ASIDE),
    (("rail", "holdgate_decision_seconds_count"), ("stage", "holdgate_stage_seconds_count")),
)
