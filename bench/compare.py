"""Compare Holdgate with nomenklatura's logic-v2 and two ratios of rapidfuzz; write docs/comparison.md.

`make comparison` runs it. The lists and the ordinary names are the reference data; a seed draws the sample.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import NamedTuple

import click
from msgspec.structs import asdict

from bench.compare_spellings import compare_spellings
from bench.comparison_page import (
    Alert,
    AlertedName,
    AlertShare,
    ClassShares,
    Comparison,
    Pair,
    Spared,
    TypeAlerts,
    write,
)
from bench.rivals import Answer, rivals
from holdgate.cli.console import build_lists, choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.names.matching.matcher import Query
from holdgate.quality import reference_data
from holdgate.quality.intervals import wilson_interval
from holdgate.quality.measurement import sample_names
from holdgate.quality.report import ManipulatedName, OrdinaryName
from holdgate.quality.spellings.strangers import CommonNames

EXAMPLES = 10
"""Examples of each kind on the page."""
TYPES: tuple[EntryType, ...] = ("person", "entity")


class ManipulatedResult(NamedTuple):
    """A manipulated name and the answer of each system, Holdgate first."""

    case: ManipulatedName
    answers: tuple[Answer, ...]


class OrdinaryResult(NamedTuple):
    """An ordinary name and the answer of each system, Holdgate first."""

    case: OrdinaryName
    answers: tuple[Answer, ...]


Results = Sequence[ManipulatedResult]


def compare(
    screener: Screener,
    lists: Sequence[str],
    ordinary: Sequence[OrdinaryName],
    seed: int,
    size: int,
    names: int,
    common: CommonNames,
    kind_size: int,
) -> Comparison:
    """Return the comparison; the same lists, names and seed give the same result."""
    systems = rivals(screener)
    labels = tuple(system.name for system in systems)
    entries = screener.snapshot.entries
    manipulated = [
        ManipulatedResult(
            case, tuple(system.against(Query(case.name, case.type), case.entry) for system in systems)
        )
        for case in sample_names(entries, seed, size)
    ]
    harmless = [
        OrdinaryResult(case, tuple(system.search(Query(case.name, case.type)) for system in systems))
        for case in _draw(ordinary, seed, names)
    ]
    recall = tuple(_recall(manipulated, len(labels)))
    found_alone = [result for result in manipulated if _alerts_alone(result.answers, 0, 1)]
    missed = [result for result in manipulated if _alerts_alone(result.answers, 1, 0)]
    alerted = [result for result in harmless if _alerts_alone(result.answers, 0, 1)]
    return Comparison(
        lists=tuple(Path(spec.partition("=")[2]).name for spec in lists),
        entries=len(entries),
        seed=seed,
        names_per_class=size,
        names_per_type=names,
        thresholds=asdict(screener.policy.thresholds),
        nomenklatura=version("nomenklatura"),
        rapidfuzz=version("rapidfuzz"),
        systems=labels,
        recall=recall,
        mean_recall=tuple(
            sum(shares) / len(shares) for shares in zip(*(row.found for row in recall), strict=True)
        ),
        spellings=tuple(compare_spellings(systems, entries, common, seed, kind_size)),
        names_per_kind=kind_size,
        found_by_holdgate_alone=len(found_alone),
        found_by_logic_v2_alone=len(missed),
        alerts=tuple(_alerts(harmless, type, len(labels)) for type in TYPES),
        examples_found=tuple(_examples(found_alone)),
        examples_missed=tuple(_examples(missed)),
        examples_spared=tuple(_spared(labels, harmless)),
        alerted_by_holdgate_alone=len(alerted),
        examples_alerted=tuple(
            AlertedName(result.case.name, result.answers[0].listed, result.answers[0].score)
            for result in alerted[:EXAMPLES]
        ),
    )


def _alerts_alone(answers: Sequence[Answer], system: int, other: int) -> bool:
    return answers[system].alerts and not answers[other].alerts


def _draw(ordinary: Sequence[OrdinaryName], seed: int, names: int) -> Iterator[OrdinaryName]:
    for type in TYPES:
        of_type = [item for item in ordinary if item.type == type]
        rng = Random(f"{seed}:{type}")
        yield from rng.sample(of_type, min(names, len(of_type)))


def _by_class(results: Results) -> dict[str, list[ManipulatedResult]]:
    classes: dict[str, list[ManipulatedResult]] = defaultdict(list)
    for result in results:
        classes[result.case.kind].append(result)
    return classes


def _recall(results: Results, systems: int) -> Iterator[ClassShares]:
    for kind, rows in _by_class(results).items():
        shares = (sum(row.answers[system].alerts for row in rows) / len(rows) for system in range(systems))
        yield ClassShares(kind, len(rows), tuple(shares))


def _alerts(results: Sequence[OrdinaryResult], type: EntryType, systems: int) -> TypeAlerts:
    rows = [result for result in results if result.case.type == type]
    shares = []
    for system in range(systems):
        hits = sum(row.answers[system].alerts for row in rows)
        low, high = wilson_interval(hits, len(rows))
        shares.append(AlertShare(hits / len(rows) if rows else 0.0, low, high))
    return TypeAlerts(type, len(rows), tuple(shares))


def _examples(results: Results) -> Iterator[Pair]:
    """Yield the first of each class, then the second of each, classes with most of them first."""
    classes = _by_class(results)
    sizes = Counter({kind: len(rows) for kind, rows in classes.items()})
    order = [kind for kind, _ in sizes.most_common()]
    rounds = max(map(len, classes.values()), default=0)
    mixed = [classes[kind][turn] for turn in range(rounds) for kind in order if turn < len(classes[kind])]
    for case, (holdgate, logic_v2, *_) in mixed[:EXAMPLES]:
        yield Pair(case.kind, case.name, case.listed, holdgate.score, logic_v2.score)


def _spared(labels: Sequence[str], results: Sequence[OrdinaryResult]) -> Iterator[Spared]:
    """Yield ordinary names that others alert and Holdgate does not, those that most alert first."""
    spared = [
        result
        for result in results
        if not result.answers[0].alerts and any(answer.alerts for answer in result.answers)
    ]
    spared.sort(key=lambda result: -sum(answer.alerts for answer in result.answers))
    for type in TYPES:
        for case, answers in [result for result in spared if result.case.type == type][: EXAMPLES // 2]:
            alerts = (
                Alert(label, answer.score, answer.listed)
                for label, answer in zip(labels, answers, strict=True)
                if answer.alerts
            )
            yield Spared(case.name, tuple(alerts), answers[0].score, answers[0].weak)


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder of the reference data.",
)
@click.option("--seed", default=7, show_default=True, help="Seed of the sample.")
@click.option("--size", default=100, show_default=True, help="Manipulated names per class.")
@click.option("--names", default=500, show_default=True, help="Ordinary names per type.")
@click.option("--kind-size", default=40, show_default=True, help="Names per kind of spelling.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Write the page to this file, and its data to data/ beside it.",
)
@click.argument("lists", nargs=-1, required=True, metavar="NAME=PATH...")
def main(
    data: Path, seed: int, size: int, names: int, kind_size: int, output: Path, lists: tuple[str, ...]
) -> None:
    """Compare Holdgate with other matchers on these lists and write the page."""
    screener = Screener(build_lists(lists), choose_policy(None))
    print("comparing: this takes some minutes", file=sys.stderr)
    ordinary, common = reference_data.read_ordinary_names(data), reference_data.read_common_names(data)
    write(compare(screener, lists, ordinary, seed, size, names, common, kind_size), output)


if __name__ == "__main__":
    main()
