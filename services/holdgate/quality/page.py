"""A quality report as one HTML page. Sections without data are left out; every share has its interval."""

from collections.abc import Sequence

from markupsafe import Markup
from msgspec.structs import asdict

from holdgate.page_design.charts import ChartAxis, ChartLine, line_chart, share_bar
from holdgate.page_design.report_page import Cell, data_table, render_report, report_section
from holdgate.quality.intervals import wilson_interval
from holdgate.quality.page_cells import INTERVALS, decimals, details, interval_text, microseconds, percent
from holdgate.quality.page_names import contexts_section, spellings_section
from holdgate.quality.report import (
    POLICY_COLUMN,
    Ablation,
    AlertRate,
    ClassRecall,
    Cost,
    HeldPayments,
    PairScore,
    QualityReport,
)

MAX_ALERT_BAR = 0.02
"""Share at which a bar of alerts is full. Intervals of small groups go beyond it."""


def render_page(report: QualityReport, ablation: Sequence[Ablation] = ()) -> str:
    """Return the page."""
    held_from = ", ".join(f"{type} {score:.2f}" for type, score in asdict(report.thresholds).items())
    lead = (
        f"{report.entries:,} list entries with {report.names:,} names, an index of"
        f" {report.index_bytes / 1e6:.1f} MB. Seed {report.seed}. Judged at the policy's thresholds:"
        f" a match holds from {held_from}."
    )
    sections = [
        _recall_section("Listed names, altered: how many are found", report.recall),
        _recall_section("Names listed in another script: how many are found", report.native),
        _recall_section("Listed names written in another script: how many are found", report.written),
        _alerts_section(report),
        _payments_section(report),
        contexts_section(report.contexts),
        spellings_section(report.spellings),
        _pairs_section(report),
        _costs_section(report.costs),
        _ablation_section(ablation),
        _misses_section(report),
    ]
    return render_report("Quality of matching", lead, sections)


def _recall_section(title: str, rows: Sequence[ClassRecall]) -> Markup:
    if not rows:
        return Markup("")
    explanation = f"{INTERVALS} The mark across a bar is the target; a red bar is below it."
    cells = [_recall_cells(row) for row in rows]
    head = ("What was done", "Names", "Found", "95 % interval", "Target", "")
    return report_section(title, explanation, data_table(head, cells, (2, 3, 4)))


def _recall_cells(row: ClassRecall) -> tuple[Cell, ...]:
    found = row.found[POLICY_COLUMN]
    low, high = wilson_interval(round(found * row.tried), row.tried)
    bar = share_bar(found, low, high, target=row.target or None, is_bad=found < row.target)
    target = percent(row.target) if row.target else "none"
    return row.name.replace("_", " "), row.tried, percent(found), interval_text((low, high)), target, bar


def _alerts_section(report: QualityReport) -> Markup:
    rows = (*report.alerts, *report.burden)
    if not rows:
        return Markup("")
    full = min(MAX_ALERT_BAR, max(row.high for row in rows) or 1.0)
    explanation = (
        f"{INTERVALS} These names are on no list. A red bar is more than three times the mean of its type,"
        f" beyond chance. A full bar is {percent(full)}."
    )
    head = ("Names of", "Names", "Alerted", "95 % interval", "")
    return report_section(
        "Ordinary names: how many are alerted",
        explanation,
        data_table(head, [_alert_cells(row, full) for row in rows], (2, 3)),
    )


def _alert_cells(row: AlertRate, full: float) -> tuple[Cell, ...]:
    alerted = row.alerted[POLICY_COLUMN]
    bar = share_bar(alerted, row.low, row.high, full=full, is_bad=row.unfair)
    return row.name, row.names, percent(alerted), interval_text((row.low, row.high)), bar


def _payments_section(report: QualityReport) -> Markup:
    measured = [
        (name, payments)
        for name, payments in (
            ("with agents, addresses and text", report.payments),
            ("whole messages with a sentence", report.whole_payments),
        )
        if payments is not None
    ]
    if not measured:
        return Markup("")
    full = max(payments.high for _, payments in measured) or 1.0
    cells = [_payment_cells(name, payments, full) for name, payments in measured]
    examples = [
        (item.field, item.value, item.matched_name, item.score)
        for _, payments in measured
        for item in payments.examples
    ]
    table = data_table(
        ("Payments", "Screened", "Held", "Held", "95 % interval", "", "Held for"), cells, (3, 4)
    )
    if examples:
        table += details(
            f"What they were held for: {len(examples)} matches",
            data_table(("Field", "Value", "Listed name", "Score"), examples),
        )
    return report_section(
        "Payments between ordinary parties: how many are held",
        f"{INTERVALS} A full bar is {percent(full)}.",
        table,
    )


def _payment_cells(name: str, payments: HeldPayments, full: float) -> tuple[Cell, ...]:
    share = payments.held / payments.payments
    places = "; ".join(f"{place} {count}, by {names} names" for place, count, names in payments.places)
    bar = share_bar(share, payments.low, payments.high, full=full)
    interval = interval_text((payments.low, payments.high))
    return name, payments.payments, payments.held, percent(share), interval, bar, places or "nothing"


def _pairs_section(report: QualityReport) -> Markup:
    if not report.pairs:
        return Markup("")
    head = ("Pairs", "Number", "F1", "95 % interval", "ROC area", "95 % interval")
    content = data_table(head, [_pair_cells(row) for row in report.pairs], (2, 3, 4, 5))
    for row in report.pairs:
        if row.roc:
            axis = ChartAxis(0.0, 1.0, [(0.0, "0 % of false pairs"), (1.0, "100 %")])
            content += line_chart(
                f"ROC curve of {row.name} labelled pairs: share of true pairs above that of false pairs",
                axis,
                [ChartLine(row.name, 1, row.roc)],
                y_max=1.0,
                y_text="{:.0%}".format,
                height=300,
                diagonal=True,
            )
    if report.doubted:
        doubted = [
            (
                pair.doubt,
                pair.query,
                pair.candidate,
                "one party" if pair.expected else "two parties",
                score,
                pair.reason,
            )
            for pair, score in report.doubted
        ]
        content += details(
            f"Labels in doubt: {len(doubted)}",
            data_table(("Doubt", "Name", "Other name", "Label", "Score", "Why"), doubted),
        )
    return report_section(
        "Labelled pairs: is it one party?",
        "F1 and the area under the ROC curve have no unit and are between 0 and 1. The interval of F1 is"
        " Wilson's, that of the area Hanley and McNeil's. The chart shows the true pairs (upwards) and the"
        " false pairs (to the right) at or above each score; the diagonal is chance.",
        content,
    )


def _pair_cells(row: PairScore) -> tuple[Cell, ...]:
    return (
        row.name,
        row.pairs,
        f"{row.f1[POLICY_COLUMN]:.3f}",
        decimals(row.f1_interval),
        f"{row.area:.3f}" if row.area else "one label only",
        decimals(row.area_interval),
    )


def _costs_section(rows: Sequence[Cost]) -> Markup:
    if not rows:
        return Markup("")
    head = (
        "Names of",
        "Names",
        "Words seen before, µs",
        "95 % interval",
        "Words never seen, µs",
        "95 % interval",
    )
    cells: list[tuple[Cell, ...]] = [
        (
            row.name,
            row.names,
            f"{row.warm_us:,.1f}",
            microseconds(row.warm_interval),
            f"{row.cold_us:,.0f}",
            microseconds(row.cold_interval),
        )
        for row in rows
    ]
    return report_section(
        "Processor time per name", "In microseconds, of one core.", data_table(head, cells, (2, 3, 4, 5))
    )


def _ablation_section(rows: Sequence[Ablation]) -> Markup:
    if not rows:
        return Markup("")
    head = (
        "Without",
        "Altered names found",
        "Spellings found",
        "Persons alerted",
        "Companies alerted",
        "Found less",
    )
    cells = [
        (
            row.technique,
            percent(row.mean_recall),
            percent(row.mean_spellings),
            percent(row.persons),
            percent(row.companies),
            ", ".join(f"{name.replace('_', ' ')} {100 * change:+.1f}" for name, change in row.falls),
        )
        for row in rows
    ]
    return report_section(
        "What each technique is good for",
        "In per cent, with the technique switched off. The same names are measured in every row, so rows"
        " differ by the technique alone; a difference is in percentage points.",
        data_table(head, cells, (1, 2, 3, 4)),
    )


def _misses_section(report: QualityReport) -> Markup:
    if not report.misses:
        return Markup("")
    table = data_table(("What was done", "Listed name", "As it was written"), report.misses)
    return report_section(
        "Altered names that were not found", f"{len(report.misses)} names.", details("Show them", table)
    )
