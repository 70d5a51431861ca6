"""`python -m bench.quality_page`: write docs/quality.md from docs/data/quality.json.

The data file is what `holdgate quality --json` prints.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.quality_contexts import contexts, contexts_summary
from bench.quality_spellings import spellings, spellings_summary
from deploy.documents import table, wrap
from deploy.local.daemon import ROOT

PAGE = ROOT / "docs" / "quality.md"
DATA = ROOT / "docs" / "data" / "quality.json"
BEFORE = ROOT / "docs" / "data" / "contexts-before.json"
SPELLINGS_BEFORE = ROOT / "docs" / "data" / "spellings-before.json"

Row = Mapping[str, Any]


def page(result: Mapping[str, Any], before: Row, spellings_before: Row) -> str:
    """Return the page for the decoded output of `holdgate quality --ablation --json`, and for what
    `bench.contexts` and `bench.spellings` wrote of an earlier commit."""
    return "\n".join(_lines(result["report"], result["ablation"], before, spellings_before)) + "\n"


def _lines(report: Row, ablation: Sequence[Row], before: Row, spellings_before: Row) -> Iterator[str]:
    policy = report["offsets"].index(0.0)
    yield "# How well does Holdgate match names?"
    yield from ("", *_about(report))
    yield from ("", "## In short", "", *_summary(report, policy))
    yield from ("", "## Which manipulated names are found?", "", wrap(RECALL), "")
    yield from _recall(report, policy)
    yield from ("", "## Which ordinary names are alerted?", "", wrap(ALERTS), "")
    yield from _alerts(report, policy)
    yield from ("", "## Is a listed name found in another script?", "")
    yield "Listed persons, written in a script that the list does not have. There is no target."
    yield ""
    rows = [
        (row["name"].removeprefix("in "), f"{row['tried']:,}", *_range(row["found"], policy, 1))
        for row in report["written"]
    ]
    yield from table(("script", "names", *COLUMNS), rows, right=range(1, 5))
    yield from ("", "## Is a listed name found wherever a payment carries it?", "")
    yield from contexts(report, before)
    yield from ("", "## Is a listed name found however it is spelt?", "")
    yield from spellings(report, spellings_before)
    yield from ("", "## How many ordinary payments are held?", "")
    yield from _payments(PAYMENTS, report["payments"])
    yield ""
    yield from _payments(WHOLE_PAYMENTS, report["whole_payments"])
    yield from ("", "## How do scores agree with labelled pairs?", "", wrap(PAIRS), "")
    yield from _pairs(report, policy)
    yield from ("", "## Which labels are in doubt?", "", *_doubted(report["doubted"]))
    yield from ("", "## What does a name cost?", "")
    costs = [(row["name"], f"{row['warm_us']:.1f}", f"{row['cold_us']:.0f}") for row in report["costs"]]
    yield "Microseconds of CPU time per name, with every token seen before and with none."
    yield ""
    yield from table(("type", "known tokens", "new tokens"), costs, right=(1, 2))
    if ablation:
        yield from ("", "## What does each technique contribute?", "", wrap(ABLATION), "")
        yield from _ablation(ablation)


INTRODUCTION = """`make quality` measures this on OFAC's list of 2023-12-28 and the UN's of 2026-02, with
names manipulated by a seeded generator, ordinary persons and companies that no list has (the half that
did not go into the matcher's frequencies), and labelled pairs. The full report is in
[data/quality.json](data/quality.json). The matcher was tuned on the same lists, names and pairs, so
expect somewhat less on others."""
COLUMNS = ("0.06 lower", "policy", "0.06 higher")
RECALL = """The share of names found, in percent. *policy* judges each name as deploy/policy.toml does,
with its rules for weak aliases, names of one word and common names; the columns beside it move all
thresholds by 0.06. *below target* marks classes that miss their target at the policy's thresholds. The
last rows are names that a list has in their own script (*listed*), and the same names against their
romanisations alone (*unlisted*)."""
ALERTS = """The share of ordinary names alerted, in percent, with its 95 % interval at the policy's
thresholds. *unfair* marks a script or an origin with 1,000 names or more that bears more than three times
the mean of its type, beyond chance (exact binomial test at .05, shared among the groups)."""
PAYMENTS = """Payments between ordinary parties, with agents, addresses and text, are generated from the
seed."""
WHOLE_PAYMENTS = """Whole messages between ordinary parties, an MT103, a pacs.008 and a JSON payment in turn,
have an address for both parties and a sentence with words that nobody wrote before."""
PAIRS = """F1 at thresholds of the policy and 0.06 below and above it. Three rows cover all pairs: with
every label, without those that are wrong, and also without those that no comparison of names could
know."""
ABLATION = """Measured again with one technique switched off: mean recall of the classes and of the kinds of
spellings and alert rates in percent, and the classes and kinds that lose recall, in percentage points. A
tenth of the ordinary names is used here."""


def _about(report: Row) -> Iterator[str]:
    thresholds = ", ".join(f"{type} {score:.2f}" for type, score in report["thresholds"].items())
    yield wrap(INTRODUCTION)
    yield ""
    size = f"{report['index_bytes'] / 1e6:.1f} MB"
    yield f"- {report['entries']:,} entries, {report['names']:,} names, index of {size}"
    yield f"- seed {report['seed']}"
    yield f"- the policy holds from: {thresholds}"


def _summary(report: Row, policy: int) -> Iterator[str]:
    recall = [row["found"][policy] for row in report["recall"]]
    short = [row["name"] for row in report["recall"] if row["found"][policy] < row["target"]]
    rows = [
        ("manipulated names found, mean of the classes", f"{100 * sum(recall) / len(recall):.1f} %"),
        ("manipulated names found, worst class", f"{100 * min(recall):.1f} %"),
        ("classes below their target", f"{len(short)} of {len(recall)}"),
        *(
            (f"ordinary names alerted, {row['name']}", f"{100 * row['alerted'][policy]:.2f} %")
            for row in report["alerts"]
        ),
        ("groups with an unfair share of alerts", f"{sum(row['unfair'] for row in report['burden'])}"),
        *contexts_summary(report["contexts"]),
        *spellings_summary(report["spellings"]),
        (
            "ordinary payments held",
            f"{100 * report['payments']['held'] / report['payments']['payments']:.2f} %",
        ),
        ("F1 on labelled pairs, every label", f"{report['pairs'][0]['f1'][policy]:.3f}"),
    ]
    yield from table(("what", "result"), rows, right=(1,))


def _recall(report: Row, policy: int) -> Iterator[str]:
    rows = [
        (
            row["name"],
            f"{row['tried']:,}",
            *_range(row["found"], policy, 1),
            f"{100 * row['target']:.0f}",
            "below target" if row["found"][policy] < row["target"] else "",
        )
        for row in (*report["recall"], *report["native"])
    ]
    yield from table(("class", "names", *COLUMNS, "target", ""), rows, right=range(1, 6))


def _alerts(report: Row, policy: int) -> Iterator[str]:
    rows = [
        (
            row["name"],
            f"{row['names']:,}",
            *_range(row["alerted"], policy, 2),
            f"{100 * row['low']:.2f} to {100 * row['high']:.2f}",
            "unfair" if row["unfair"] else "",
        )
        for row in (*report["alerts"], *report["burden"])
    ]
    yield from table(("names of", "names", *COLUMNS, "95 % interval", ""), rows, right=range(1, 6))


def _payments(introduction: str, held: Row) -> Iterator[str]:
    places = "; ".join(
        f"{place} in {count} payments, with {names} different names" for place, count, names in held["places"]
    )
    yield wrap(
        f"""{introduction} The policy holds {held["held"]} of {held["payments"]:,}, or
        {100 * held["held"] / held["payments"]:.2f} % (95 % interval: {100 * held["low"]:.2f} to
        {100 * held["high"]:.2f} %). The holds are due to: {places or "nothing"}."""
    )


def _pairs(report: Row, policy: int) -> Iterator[str]:
    rows = [
        (
            row["name"],
            f"{row['pairs']:,}",
            *(f"{row['f1'][column]:.3f}" for column in _columns(policy)),
            f"{row['area']:.3f}",
        )
        for row in report["pairs"]
    ]
    yield from table(("pairs", "number", *COLUMNS, "area under ROC"), rows, right=range(1, 6))


def _doubted(doubted: Sequence[tuple[Row, float]]) -> Iterator[str]:
    rows = [
        (
            pair["doubt"],
            f"`{pair['query']}` / `{pair['candidate']}`",
            str(pair["expected"]).lower(),
            f"{score:.3f}",
            pair["reason"],
        )
        for pair, score in doubted
    ]
    yield from table(("doubt", "pair", "label", "score", "reason"), rows, right=(3,))


def _ablation(ablation: Sequence[Row]) -> Iterator[str]:
    rows = [
        (
            row["technique"],
            f"{100 * row['mean_recall']:.1f}",
            f"{100 * row['mean_spellings']:.1f}" if row.get("mean_spellings") else "",
            f"{100 * row['persons']:.2f}",
            f"{100 * row['companies']:.2f}",
            ", ".join(f"{name} {100 * change:+.1f}" for name, change in row["falls"]),
        )
        for row in ablation
    ]
    header = ("without", "recall", "spellings", "persons alerted", "companies alerted", "recall lost")
    yield from table(header, rows, right=(1, 2, 3, 4))


def _columns(policy: int) -> tuple[int, int, int]:
    """The columns of the report that the page shows: the lowest offset, the policy, and 0.06 above it."""
    return 0, policy, policy + 3


def _range(values: Sequence[float], policy: int, digits: int) -> Iterator[str]:
    return (f"{100 * values[column]:.{digits}f}" for column in _columns(policy))


def main() -> None:
    """Write the page from the data file."""
    PAGE.write_text(page(read(DATA), read(BEFORE), read(SPELLINGS_BEFORE)), encoding="utf-8")


def read(path: Path) -> Any:
    """Return the decoded JSON of a file."""
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
