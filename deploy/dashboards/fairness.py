"""Dashboard *Fairness and quality*: whose payments are held, by which rule, and which nearly were?"""

from deploy.dashboards.panels import Page, Panel, Query, Row
from deploy.dashboards.promql import RANGE, grown, rate

CORRIDORS, CURRENCIES = "holdgate_corridor_decisions_total", "holdgate_currency_decisions_total"
LIFTED = grown("holdgate_holds_lifted_total", over=RANGE)
LIFTED_SECONDS = grown("holdgate_holds_lifted_seconds_total", over=RANGE)
ENDS = "{{origin}} to {{destination}}"


def _ratio(metric: str, labels: str) -> str:
    """Return the query for the share of held payments; without decisions there is no ratio."""
    held = grown(metric, labels, 'decision="HOLD"', RANGE)
    return f"topk(20, {held} / ({grown(metric, labels, over=RANGE)} > 0))"


WHOM = Row(
    "Whose payments are held",
    (
        Panel(
            "Hold ratio by corridor",
            "percentunit",
            "The twenty highest in the selected time range. If one is far above the others and neither"
            " country is sanctioned, a listed name is common there.",
            (Query(_ratio(CORRIDORS, "origin, destination"), ENDS),),
            "table",
        ),
        Panel(
            "Hold ratio by country of origin",
            "percentunit",
            "The same, by the country where the money comes from.",
            (Query(_ratio(CORRIDORS, "origin"), "{{origin}}"),),
            "table",
        ),
        Panel(
            "Hold ratio by currency",
            "percentunit",
            "The same, by currency. Rarely traded currencies count as other.",
            (Query(_ratio(CURRENCIES, "currency"), "{{currency}}"),),
            "table",
        ),
        Panel(
            "Busiest corridors",
            "short",
            "Payments in the selected time range. A ratio of a few payments means little.",
            (Query(f"topk(20, {grown(CORRIDORS, 'origin, destination', over=RANGE)} > 0)", ENDS),),
            "table",
        ),
    ),
)


WHY = Row(
    "Reasons",
    (
        Panel(
            "Holds by rule",
            "reqps",
            "Rule of the best match. If only text or geography grows, look at the rule, not at the lists.",
            (Query(rate("holdgate_held_by_total", "rule"), "{{rule}}"),),
            "stack",
        ),
        Panel(
            "Holds by reason",
            "reqps",
            "All holds per second, both matches and forced holds.",
            (Query(rate("holdgate_decisions_total", "reason", 'decision="HOLD"'), "{{reason}}"),),
            "stack",
        ),
        Panel(
            "Time held",
            "s",
            "Mean duration of the holds that a later decision released, by rescreening or by hand."
            " Holds released in another system are not included.",
            (Query(f"{LIFTED_SECONDS} / ({LIFTED} > 0)", "mean"),),
            "stat",
        ),
        Panel(
            "Holds released",
            "short",
            "Holds that a later decision released in the selected time range.",
            (Query(LIFTED, "holds"),),
            "stat",
        ),
        Panel(
            "Near misses",
            "reqps",
            "Names per second that scored just below the threshold; a lower threshold would hold them.",
            (Query(rate("holdgate_near_misses_total"), "near misses"),),
        ),
        Panel(
            "Fields not fully compared",
            "reqps",
            "Notes on decisions, by code: a script without romanisation, a name without letters, an unknown"
            " member. Those on fields that could not be compared hold the payment (docs/policy.md).",
            (Query(rate("holdgate_notes_total", "code"), "{{code}}"),),
            "stack",
        ),
    ),
)

PAGE = Page(
    "holdgate-fairness",
    "Holdgate: Fairness and quality",
    "Whose payments are held, by which rule, and which nearly were?",
    (WHOM, WHY),
)
