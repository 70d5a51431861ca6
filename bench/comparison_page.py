"""`python -m bench.comparison_page`: write docs/comparison.md from docs/data/comparison.json."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from deploy.documents import table, wrap
from deploy.local.daemon import ROOT

PAGE = ROOT / "docs" / "comparison.md"


class ClassShares(Struct, frozen=True):
    """The share of one class of manipulated names that each system finds."""

    name: str
    names: int
    found: tuple[float, ...]


class KindShares(Struct, frozen=True):
    """The share of a kind of spelling that each system holds; `expects` says whether it should."""

    name: str
    group: str
    expects: str
    names: int
    held: tuple[float, ...]


class AlertShare(Struct, frozen=True):
    """The share of ordinary names that a system alerts, with its 95 % interval."""

    share: float
    low: float
    high: float


class TypeAlerts(Struct, frozen=True):
    """The share of one type of ordinary names that each system alerts."""

    type: str
    names: int
    alerted: tuple[AlertShare, ...]


class Pair(Struct, frozen=True):
    """A manipulated name that Holdgate and logic-v2 disagree about, with the score of each."""

    kind: str
    name: str
    listed: str
    holdgate: float
    logic_v2: float


class Alert(Struct, frozen=True):
    """One system's alert on an ordinary name."""

    system: str
    score: float
    listed: str


class AlertedName(Struct, frozen=True):
    """An ordinary name that Holdgate alerts, and the listed name it is alerted for."""

    name: str
    listed: str
    score: float


class Spared(Struct, frozen=True):
    """An ordinary name that others alert and Holdgate does not."""

    name: str
    alerts: tuple[Alert, ...]
    holdgate: float
    weak_alias: bool


class Comparison(Struct, frozen=True):
    """The result of one comparison. Tuples with a value per system follow the order of `systems`."""

    lists: tuple[str, ...]
    entries: int
    seed: int
    names_per_class: int
    names_per_type: int
    thresholds: dict[str, float]
    nomenklatura: str
    rapidfuzz: str
    systems: tuple[str, ...]
    recall: tuple[ClassShares, ...]
    mean_recall: tuple[float, ...]
    found_by_holdgate_alone: int
    found_by_logic_v2_alone: int
    alerts: tuple[TypeAlerts, ...]
    examples_found: tuple[Pair, ...]
    examples_missed: tuple[Pair, ...]
    examples_spared: tuple[Spared, ...]
    alerted_by_holdgate_alone: int
    examples_alerted: tuple[AlertedName, ...]
    spellings: tuple[KindShares, ...] = ()
    names_per_kind: int = 0

    def to_json(self) -> str:
        """Return the comparison as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode() + "\n"

    @staticmethod
    def from_json(text: str) -> "Comparison":
        """Return the comparison that `to_json` wrote; raises `msgspec.ValidationError`."""
        return msgspec.json.decode(text, type=Comparison)


LEAD = 0.02
"""How much more logic-v2 has to find to be marked as ahead."""
SPELLINGS = {
    "found": """The kinds of services/holdgate/quality/spellings, up to {size} names each: the share found.
    The last column marks kinds where logic-v2 finds at least {lead} more.""",
    "measured": """Nicknames and acronyms, which a name alone does not tell:""",
    "nobody": """Names one step from a listed one that are somebody else's, and names that thousands of people
    bear: the share alerted. Less is better.""",
}
"""The kinds by what should be found, and what the page says of them."""


def page(comparison: Comparison) -> str:
    """Return the page."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield "# How does Holdgate compare with other name matchers?"
    yield ""
    yield wrap(
        """Written by `make comparison` from [data/comparison.json](data/comparison.json).
        [quality.md](quality.md) has Holdgate's figures on larger samples."""
    )
    yield ""
    for item in _about(comparison):
        yield wrap(f"- {item}", "  ")
    yield from ("", "## Which manipulated names does each find?", "")
    yield from _recall(comparison)
    if comparison.spellings:
        yield from ("", "## Which spellings of other languages, scripts and habits does each find?", "")
        yield from _spellings(comparison)
    yield from ("", "## Which ordinary names does each alert?", "")
    yield from _alerts(comparison)
    yield from ("", "## Which listed names does Holdgate find and logic-v2 miss?", "")
    number = len(comparison.examples_found)
    yield f"{number} examples: the first of each class, classes with most of them first."
    yield from ("", *_pairs(comparison.examples_found))
    yield from ("", "## Which listed names does logic-v2 find and Holdgate miss?", "")
    yield f"{len(comparison.examples_missed)} examples, chosen the same way."
    yield from ("", *_pairs(comparison.examples_missed))
    yield from ("", "## Which ordinary names do others alert and Holdgate does not?", "")
    yield "Names that most of the others alert come first. Persons are synthetic."
    yield from ("", *_spared(comparison.examples_spared))
    yield from ("", "## Which ordinary names does Holdgate alert and logic-v2 does not?", "")
    yield f"{comparison.alerted_by_holdgate_alone} of the sample:"
    yield ""
    for alert in comparison.examples_alerted:
        yield f"- {code(alert.name)} as {code(alert.listed)}, {alert.score:.3f}"


def _about(comparison: Comparison) -> Iterator[str]:
    thresholds, names = comparison.thresholds, ", ".join(f"`{name}`" for name in comparison.lists)
    yield f"The lists are {names}, with {comparison.entries:,} entries."
    yield f"""The sample has {comparison.names_per_class} manipulated names per class and
    {comparison.names_per_type} ordinary names per type, drawn with seed {comparison.seed}."""
    yield f"""Holdgate alerts from a score of {thresholds["person"]:.2f} for persons,
    {thresholds["entity"]:.2f} for entities and {thresholds["vessel"]:.2f} for vessels. A weak alias alone
    does not alert."""
    yield f"""logic-v2 of nomenklatura {comparison.nomenklatura} alerts from 0.70. It gets the benefit of the
    doubt: for a manipulated name it is shown the right entry, and for an ordinary name only the entries that
    rapidfuzz or Holdgate find nearest."""
    yield f"""WRatio and token_set_ratio of rapidfuzz {comparison.rapidfuzz} alert from 90, among names of the
    type."""


def _recall(comparison: Comparison) -> Iterator[str]:
    rows = [(row.name, str(row.names), *(f"{share:.2f}" for share in row.found)) for row in comparison.recall]
    number = sum(row.names for row in comparison.recall)
    rows.append(("mean of the classes", str(number), *(f"{mean:.3f}" for mean in comparison.mean_recall)))
    header = ("class", "names", *comparison.systems)
    yield from table(header, rows, right=range(1, len(header)))
    yield ""
    yield (
        f"Holdgate finds {comparison.found_by_holdgate_alone} names that logic-v2 misses; logic-v2 finds "
        f"{comparison.found_by_logic_v2_alone} that Holdgate misses."
    )


def _spellings(comparison: Comparison) -> Iterator[str]:
    """Yield the kinds that should be found, those where logic-v2 is ahead marked, then those of nobody."""
    rival = comparison.systems.index("logic-v2")
    header = ("kind", "names", *comparison.systems, "")
    for expects, introduction in SPELLINGS.items():
        rows = [row for row in comparison.spellings if row.expects == expects]
        cells = [
            (
                row.name,
                str(row.names),
                *(f"{share:.2f}" for share in row.held),
                "logic-v2" if expects != "nobody" and row.held[rival] > row.held[0] + LEAD else "",
            )
            for row in rows
        ]
        means = [sum(shares) / len(shares) for shares in zip(*(row.held for row in rows), strict=True)]
        total = str(sum(row.names for row in rows))
        cells.append(("mean of the kinds", total, *(f"{mean:.3f}" for mean in means), ""))
        yield wrap(introduction.format(size=comparison.names_per_kind, lead=LEAD))
        yield ""
        yield from table(header, cells, right=range(1, len(header) - 1))
        yield ""


def _alerts(comparison: Comparison) -> Iterator[str]:
    rows = [
        (
            row.type,
            str(row.names),
            *(f"{rate.share:.1%} ({rate.low:.1%} to {rate.high:.1%})" for rate in row.alerted),
        )
        for row in comparison.alerts
    ]
    header = ("type", "names", *comparison.systems)
    yield from table(header, rows, right=range(1, len(header)))
    yield from ("", "The 95 % interval is in brackets.")


def _pairs(pairs: Sequence[Pair]) -> Iterator[str]:
    rows = [
        (pair.kind, code(pair.name), code(pair.listed), f"{pair.holdgate:.3f}", f"{pair.logic_v2:.3f}")
        for pair in pairs
    ]
    yield from table(("class", "in the payment", "listed", "Holdgate", "logic-v2"), rows, right=(3, 4))


def _spared(names: Sequence[Spared]) -> Iterator[str]:
    rows = [
        (
            code(name.name),
            ", ".join(f"{alert.system} {alert.score:.4g}" for alert in name.alerts),
            ", ".join(dict.fromkeys(code(alert.listed) for alert in name.alerts)),
            f"{name.holdgate:.3f}" + (", weak alias" if name.weak_alias else ""),
        )
        for name in names
    ]
    yield from table(("ordinary name", "alerted by", "as", "Holdgate"), rows)


def code(name: str) -> str:
    """Return a name as code in a table cell, with invisible characters escaped."""
    printable = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in name)
    return f"`{printable.replace('`', chr(39)).replace('|', '/')}`"


def write(comparison: Comparison, path: Path) -> None:
    """Write the page, and its data to `data/` beside it."""
    data = path.parent / "data" / f"{path.stem}.json"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(comparison.to_json(), encoding="utf-8")
    path.write_text(page(comparison), encoding="utf-8")


def main() -> None:
    """Write the page from the data file."""
    data = PAGE.parent / "data" / f"{PAGE.stem}.json"
    PAGE.write_text(page(Comparison.from_json(data.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
