"""A quality report as a table for a terminal."""

from collections.abc import Sequence

from msgspec.structs import asdict

from holdgate.quality.contexts import add_up
from holdgate.quality.report import (
    POLICY_COLUMN,
    Ablation,
    ClassRecall,
    ContextRate,
    HeldCount,
    HeldPayments,
    QualityReport,
)
from holdgate.quality.spellings.page import render_spellings


def render_table(report: QualityReport, ablation: Sequence[Ablation] = ()) -> str:
    """The report, one measurement a line; `<` marks what falls short of its target at the policy."""
    head = " " * 26 + "".join(f"{offset:>+8.2f}" if offset else f"{'policy':>8}" for offset in report.offsets)
    held_from = (f"{type} {score:.2f}" for type, score in asdict(report.thresholds).items())
    lines = [
        f"{report.entries:,} entries, {report.names:,} names, index {report.index_bytes / 1e6:.1f} MB",
        f"seed {report.seed}; the policy holds from: {', '.join(held_from)}",
        "",
        "Recall of manipulated names" + head[27:],
    ]
    for row in (*report.recall, *report.native):
        short = f"  < {row.target:.3f}" if row.found[POLICY_COLUMN] < row.target else ""
        lines.append(f"  {row.name:<24}{_percent(row.found, 1)}  n={row.tried}{short}")
    if report.recall:
        lines.append(
            f"  {'mean':<24}{_percent([_mean_recall(report.recall, n) for n in _columns(report)], 1)}"
        )
        lines.append(
            f"  {'worst':<24}{_percent([_min_recall(report.recall, n) for n in _columns(report)], 1)}"
        )
    lines += ["", "Ordinary names alerted" + head[22:]]
    for alert in (*report.alerts, *report.burden):
        lines.append(
            f"  {alert.name:<24}{_percent(alert.alerted, 2)}  n={alert.names:,}, "
            f"95 % {100 * alert.low:.2f}..{100 * alert.high:.2f}"
            + ("  > 3 x the mean" if alert.unfair else "")
        )
    if report.written:
        lines += ["", "Found in another script" + head[23:]]
        lines += [f"  {row.name:<24}{_percent(row.found, 1)}  n={row.tried}" for row in report.written]
    for title, payments in (
        ("Payments between ordinary parties, with agents, addresses and text", report.payments),
        ("Whole messages between ordinary parties, with addresses and a sentence", report.whole_payments),
    ):
        if payments is not None:
            lines += ["", *_payment_lines(title, payments)]
    if report.contexts:
        lines += ["", *render_contexts(report.contexts)]
    if report.spellings:
        lines += ["", *render_spellings(report.spellings)]
    lines += ["", "F1 on labelled pairs" + head[20:]]
    for pair in report.pairs:
        lines.append(f"  {pair.name:<24}{_decimals(pair.f1)}  n={pair.pairs}, ROC area {pair.area:.3f}")
    if report.doubted:
        lines += ["", "Labels in doubt"]
        lines += [
            f"  {pair.doubt}: {pair.query} / {pair.candidate}, labelled {str(pair.expected).lower()}, "
            f"scores {score:.3f}: {pair.reason}"
            for pair, score in report.doubted
        ]
    lines += ["", "Microseconds a name", f"  {'':<24}{'warm':>8}{'cold':>8}"]
    for cost in report.costs:
        lines.append(f"  {cost.name:<24}{cost.warm_us:>8.1f}{cost.cold_us:>8.0f}")
    if ablation:
        lines += ["", f"Without{'':<19}{'recall':>8}{'spelt':>7}{'persons':>9}{'firms':>8}  recall lost"]
        for gone in ablation:
            lost = ", ".join(f"{name} {100 * change:+.1f}" for name, change in gone.falls)
            rates = f"{100 * gone.mean_recall:>8.1f}{100 * gone.mean_spellings:>7.1f}"
            rates += f"{100 * gone.persons:>9.2f}{100 * gone.companies:>8.2f}"
            lines.append(f"  {gone.technique:<24}{rates}  {lost}")
    return "\n".join(lines) + "\n"


def _payment_lines(title: str, payments: HeldPayments) -> list[str]:
    places = "; ".join(
        f"{place} {count} by {names} name{'s' if names > 1 else ''}"
        for place, count, names in payments.places
    )
    held = f"{100 * payments.held / payments.payments:>8.2f} %, {payments.held} of {payments.payments:,}"
    between = f"95 % {100 * payments.low:.2f}..{100 * payments.high:.2f}"
    return [
        title,
        f"  {'held by the policy':<24}{held}, {between}",
        f"  {'of these for':<24} {places or 'nothing'}",
    ]


def render_contexts(rows: Sequence[ContextRate]) -> list[str]:
    """Return one line per context: listed names as they are spelt and with one edit, and ordinary names, in
    per cent held, with the means and the worst of the contexts."""
    head = f"{'persons':>8}{'firms':>8}{'edited':>8}{'firms':>8}{'ordinary':>10}"
    lines = [f"{'Names in context, % held':<34}{head}"]
    for row in rows:
        shares = (*(share_held(count) for count in listed_counts(row)), share_held(row.ordinary))
        tried = f"n={row.persons.tried}+{row.entities.tried}, {row.ordinary.tried} ordinary"
        lines.append(f"  {row.name:<32}{_context_cells(shares)}  {tried}")
    columns = [
        [share for share in column if share is not None]
        for column in zip(*([share_held(count) for count in listed_counts(row)] for row in rows), strict=True)
    ]
    ordinary = share_held(add_up(row.ordinary for row in rows))
    means = (sum(column) / len(column) if column else None for column in columns)
    lowest = (min(column, default=None) for column in columns)
    lines.append(f"  {'mean of the contexts':<32}{_context_cells((*means, ordinary))}")
    lines.append(f"  {'worst context':<32}{_context_cells((*lowest, None))}")
    return lines


def listed_counts(row: ContextRate) -> tuple[HeldCount, ...]:
    """Return the counts of listed names: persons, entities, and both with one edit."""
    return row.persons, row.entities, row.edited_persons, row.edited_entities


def share_held(count: HeldCount) -> float | None:
    """Return the share that is held; None if nothing was tried."""
    return count.held / count.tried if count.tried else None


def _context_cells(shares: Sequence[float | None]) -> str:
    *listed, ordinary = ("-" if share is None else f"{100 * share:.1f}" for share in shares)
    return "".join(f"{cell:>8}" for cell in listed) + f"{ordinary:>10}"


def _columns(report: QualityReport) -> range:
    return range(len(report.offsets))


def _mean_recall(rows: Sequence[ClassRecall], at: int) -> float:
    return sum(row.found[at] for row in rows) / len(rows)


def _min_recall(rows: Sequence[ClassRecall], at: int) -> float:
    return min(row.found[at] for row in rows)


def _percent(values: Sequence[float], digits: int) -> str:
    return "".join(f"{100 * value:>8.{digits}f}" for value in values)


def _decimals(values: Sequence[float]) -> str:
    return "".join(f"{value:>8.3f}" for value in values)
