"""Dashboard *Fairness and quality*: whom does the gate stop, by which rule, and who nearly was?"""

from deploy.dashboards.panels import Page, Panel, Query, Row
from deploy.dashboards.promql import RANGE, grown, rate

CORRIDORS, CURRENCIES = "holdgate_corridor_decisions_total", "holdgate_currency_decisions_total"
LIFTED = grown("holdgate_holds_lifted_total", over=RANGE)
LIFTED_SECONDS = grown("holdgate_holds_lifted_seconds_total", over=RANGE)
ENDS = "{{origin}} to {{destination}}"


def _ratio(metric: str, labels: str) -> str:
    """Held of all, over the time that is looked at; where nothing was decided there is no ratio."""
    held = grown(metric, labels, 'decision="HOLD"', RANGE)
    return f"topk(20, {held} / ({grown(metric, labels, over=RANGE)} > 0))"


WHOM = Row(
    "Whom it stops",
    (
        Panel(
            "Hold ratio by corridor",
            "percentunit",
            "The twenty highest, over the time chosen. One far above others, without a sanctioned country at"
            " either end, is a name that is common there.",
            (Query(_ratio(CORRIDORS, "origin, destination"), ENDS),),
            "table",
        ),
        Panel(
            "Hold ratio by country of origin",
            "percentunit",
            "The same by where the money comes from.",
            (Query(_ratio(CORRIDORS, "origin"), "{{origin}}"),),
            "table",
        ),
        Panel(
            "Hold ratio by currency",
            "percentunit",
            "The same by currency; those that are traded less count as other.",
            (Query(_ratio(CURRENCIES, "currency"), "{{currency}}"),),
            "table",
        ),
        Panel(
            "Busiest corridors",
            "short",
            "Payments over the time chosen: a ratio of a few payments says little.",
            (Query(f"topk(20, {grown(CORRIDORS, 'origin, destination', over=RANGE)} > 0)", ENDS),),
            "table",
        ),
    ),
)


WHY = Row(
    "Why",
    (
        Panel(
            "Holds by rule",
            "reqps",
            "The rule of the best match. Text and geography that grow alone point to a rule, not to a list.",
            (Query(rate("holdgate_held_by_total", "rule"), "{{rule}}"),),
            "stack",
        ),
        Panel(
            "Holds by reason",
            "reqps",
            "All holds a second, matches and forced ones.",
            (Query(rate("holdgate_decisions_total", "reason", 'decision="HOLD"'), "{{reason}}"),),
            "stack",
        ),
        Panel(
            "Time held",
            "s",
            "Mean of the holds that a later decision lifted, by rescreening or by hand, over the time chosen."
            " What reviewers lift elsewhere is not seen here.",
            (Query(f"{LIFTED_SECONDS} / ({LIFTED} > 0)", "mean"),),
            "stat",
        ),
        Panel(
            "Holds lifted",
            "short",
            "Holds that a later decision released, over the time chosen.",
            (Query(LIFTED, "holds"),),
            "stat",
        ),
        Panel(
            "Near misses",
            "reqps",
            "Listed names a second that agreed just too little to hold: what a lower threshold would add.",
            (Query(rate("holdgate_near_misses_total"), "near misses"),),
        ),
        Panel(
            "Fields that could not be compared whole",
            "reqps",
            "A script without romanisation, or a name without letters; they decide nothing.",
            (Query(rate("holdgate_notes_total", "code"), "{{code}}"),),
            "stack",
        ),
    ),
)

PAGE = Page(
    "holdgate-fairness",
    "Holdgate: Fairness and quality",
    "Whom does the gate stop, by which rule, and who nearly was?",
    (WHOM, WHY),
)
