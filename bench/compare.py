"""Holdgate beside nomenklatura's logic-v2 and two ratios of rapidfuzz: writes docs/comparison.md.

`make comparison` runs it: the lists and ordinary names are the reference data, the sample is drawn by a seed.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import NamedTuple

import click

from bench.rivals import Verdict, rivals
from holdgate.cli.console import build_lists, choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.names.matcher import Query
from holdgate.quality import reference_data
from holdgate.quality.fairness import interval
from holdgate.quality.measurement import sample_names
from holdgate.quality.report import Manipulated, OrdinaryName

SHOWN = 10
"""Names shown of each kind."""
TYPES: tuple[EntryType, ...] = ("person", "entity")


class Asked(NamedTuple):
    """A name and what each system said of it, Holdgate first."""

    case: Manipulated | OrdinaryName
    verdicts: tuple[Verdict, ...]

    @property
    def ours_alone(self) -> bool:
        """Whether Holdgate says yes and logic-v2 says no."""
        return self.verdicts[0].alerts and not self.verdicts[1].alerts

    @property
    def theirs_alone(self) -> bool:
        """The other way round."""
        return self.verdicts[1].alerts and not self.verdicts[0].alerts


def report(
    screener: Screener,
    lists: Sequence[str],
    ordinary: Sequence[OrdinaryName],
    seed: int,
    size: int,
    names: int,
) -> str:
    """The page, from the same lists, names and seed always the same."""
    systems = rivals(screener)
    labels = [system.name for system in systems]
    entries = screener.snapshot.entries
    found = [
        Asked(case, tuple(system.against(Query(case.name, case.type), case.entry) for system in systems))
        for case in sample_names(entries, seed, size)
    ]
    chosen = list(_drawn(ordinary, seed, names))
    alerted = [
        Asked(case, tuple(system.search(Query(case.name, case.type)) for system in systems))
        for case in chosen
    ]
    return "\n".join(
        (
            *_head(screener, lists, seed, size, names),
            *_recall(labels, found),
            *_alerts(labels, alerted),
            *_found_here_alone(found),
            *_spared_here_alone(labels, alerted),
            *_lost_here_alone(found, alerted),
        )
    )


def _drawn(ordinary: Sequence[OrdinaryName], seed: int, names: int) -> Iterator[OrdinaryName]:
    for type in TYPES:
        of_type = [item for item in ordinary if item.type == type]
        rng = Random(f"{seed}:{type}")
        yield from rng.sample(of_type, min(names, len(of_type)))


def _head(screener: Screener, lists: Sequence[str], seed: int, size: int, names: int) -> Iterator[str]:
    told = ", ".join(f"`{Path(place).name}`" for _, _, place in (spec.partition("=") for spec in lists))
    thresholds = screener.policy.thresholds
    yield "# Beside other ways to compare names"
    yield ""
    yield "Written by `make comparison`; docs/quality.md has Holdgate's figures on the larger samples."
    yield ""
    yield f"- Lists: {told}; {len(screener.snapshot.entries):,} entries."
    yield f"- {size} manipulated names a class and {names} ordinary names a type, drawn by seed {seed}."
    yield (
        f"- Holdgate holds from {thresholds.person:.2f} (persons), {thresholds.entity:.2f} (entities) and "
        f"{thresholds.vessel:.2f} (vessels); a weak alias never alone."
    )
    yield (
        f"- logic-v2 of nomenklatura {version('nomenklatura')} alerts from 0.70. It is given the benefit of "
        "the doubt: shown the right entry of a manipulated name, and of an ordinary one only the entries "
        "that rapidfuzz or Holdgate find nearest."
    )
    yield (
        f"- WRatio and token_set_ratio of rapidfuzz {version('rapidfuzz')} alert from 90, among names of the "
        "type."
    )
    yield ""


def _recall(labels: Sequence[str], found: Sequence[Asked]) -> Iterator[str]:
    yield "## Manipulated names found"
    yield ""
    yield from _header(("class", "names", *labels))
    classes: dict[str, list[Asked]] = defaultdict(list)
    for asked in found:
        assert isinstance(asked.case, Manipulated)
        classes[asked.case.kind].append(asked)
    shares: list[list[float]] = []
    for kind, rows in classes.items():
        shares.append([sum(row.verdicts[at].alerts for row in rows) / len(rows) for at in range(len(labels))])
        yield _row((kind, str(len(rows)), *(f"{share:.2f}" for share in shares[-1])))
    means = [sum(column) / len(column) for column in zip(*shares, strict=True)]
    yield _row(("mean", str(len(found)), *(f"{mean:.3f}" for mean in means)))
    yield ""
    yield (
        f"Found by Holdgate and not by logic-v2: {sum(asked.ours_alone for asked in found)} names; "
        f"the other way round: {sum(asked.theirs_alone for asked in found)}."
    )
    yield ""


def _alerts(labels: Sequence[str], alerted: Sequence[Asked]) -> Iterator[str]:
    yield "## Ordinary names alerted"
    yield ""
    yield from _header(("type", "names", *labels))
    for type in TYPES:
        rows = [asked for asked in alerted if asked.case.type == type]
        cells = []
        for at in range(len(labels)):
            hits = sum(row.verdicts[at].alerts for row in rows)
            low, high = interval(hits, len(rows))
            cells.append(f"{hits / len(rows):.1%} ({low:.1%} to {high:.1%})" if rows else "-")
        yield _row((type, str(len(rows)), *cells))
    yield ""
    yield "In brackets the 95 % interval."
    yield ""


def _found_here_alone(found: Sequence[Asked]) -> Iterator[str]:
    yield f"## {SHOWN} listed names that logic-v2 misses and Holdgate finds"
    yield ""
    yield "The first of each class in the order of the sample, classes with most of them first."
    yield ""
    yield from _pairs([asked for asked in found if asked.ours_alone])


def _pairs(found: Sequence[Asked]) -> Iterator[str]:
    yield from _header(("class", "in the payment", "listed", "Holdgate", "logic-v2"))
    for asked in _one_of_each(found):
        case, (ours, theirs, *_) = asked.case, asked.verdicts
        assert isinstance(case, Manipulated)
        yield _row(
            (case.kind, _code(case.name), _code(case.listed), f"{ours.score:.3f}", f"{theirs.score:.3f}")
        )
    yield ""


def _one_of_each(found: Sequence[Asked]) -> list[Asked]:
    """The first of each class, then the second of each, classes with most of them first."""
    classes: dict[str, list[Asked]] = defaultdict(list)
    for asked in found:
        assert isinstance(asked.case, Manipulated)
        classes[asked.case.kind].append(asked)
    order = [kind for kind, _ in Counter({kind: len(rows) for kind, rows in classes.items()}).most_common()]
    rounds = max(map(len, classes.values()), default=0)
    mixed = [classes[kind][at] for at in range(rounds) for kind in order if at < len(classes[kind])]
    return mixed[:SHOWN]


def _spared_here_alone(labels: Sequence[str], alerted: Sequence[Asked]) -> Iterator[str]:
    yield f"## {SHOWN} ordinary names that others hold and Holdgate does not"
    yield ""
    yield "Those that most of the others hold first, then in the order of the sample; persons are synthetic."
    yield ""
    yield from _header(("ordinary name", "held by", "as", "Holdgate"))
    spared = [
        asked for asked in alerted if not asked.verdicts[0].alerts and any(v.alerts for v in asked.verdicts)
    ]
    spared.sort(key=lambda asked: -sum(verdict.alerts for verdict in asked.verdicts))
    for type in TYPES:
        for asked in [asked for asked in spared if asked.case.type == type][: SHOWN // 2]:
            holding = [
                (label, verdict)
                for label, verdict in zip(labels, asked.verdicts, strict=True)
                if verdict.alerts
            ]
            yield _row(
                (
                    _code(asked.case.name),
                    ", ".join(f"{label} {verdict.score:.4g}" for label, verdict in holding),
                    ", ".join(dict.fromkeys(_code(verdict.listed) for _, verdict in holding)),
                    f"{asked.verdicts[0].score:.3f}" + (", weak alias" if asked.verdicts[0].weak else ""),
                )
            )
    yield ""


def _lost_here_alone(found: Sequence[Asked], alerted: Sequence[Asked]) -> Iterator[str]:
    held = [asked for asked in alerted if asked.ours_alone]
    yield "## The other way round"
    yield ""
    yield f"Listed names that Holdgate misses and logic-v2 finds (at most {SHOWN}):"
    yield ""
    yield from _pairs([asked for asked in found if asked.theirs_alone])
    yield f"Ordinary names that Holdgate holds and logic-v2 does not: {len(held)}."
    for asked in held[:SHOWN]:
        ours = asked.verdicts[0]
        yield f"- {_code(asked.case.name)} as {_code(ours.listed)}, {ours.score:.3f}"
    yield ""


def _header(cells: Sequence[str]) -> tuple[str, str]:
    return _row(cells), "|" + "---|" * len(cells)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(name: str) -> str:
    """A name in a cell, with what no eye sees written out."""
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in name)
    return f"`{shown.replace('`', chr(39)).replace('|', '/')}`"


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--seed", default=7, show_default=True)
@click.option("--size", default=100, show_default=True, help="Manipulated names a class.")
@click.option("--names", default=500, show_default=True, help="Ordinary names a type.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.argument("lists", nargs=-1, required=True, metavar="NAME=PATH...")
def main(data: Path, seed: int, size: int, names: int, output: Path, lists: tuple[str, ...]) -> None:
    """Compare on these lists and write the page."""
    screener = Screener(build_lists(lists), choose_policy(None))
    print("comparing: some minutes", file=sys.stderr)
    output.write_text(
        report(screener, lists, reference_data.read_ordinary_names(data), seed, size, names), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
