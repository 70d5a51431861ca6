"""docs/performance.md and its plots, from what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path

from bench.figures import Figure, shown
from bench.model import scaling
from bench.plot import Axes, Point, svg

_TOLD = {
    "parser": """Messages to payments, in CPU seconds of one process, the quickest of five rounds each:
messages of the reference data, or of the tests where that is absent.""",
    "engine": """The engine alone, in CPU seconds of one process. `zipf` and `distinct` are the two workloads,
in batches of 500 and after as many payments that warmed the caches; `name` asks names alone, `batch` and
`growth` begin with empty caches. Growth recombines the names of the entries.""",
    "hostile": """The records of tests/cases/hostile, of up to 64 kB and meant to do harm, on the full lists:
each read and decided once, first seen.""",
    "pipeline": """Workers on a real Kafka and a real Redis of one node each, all on this machine. `zipf` and
`distinct`: one worker and payments that all wait already; `two`: two workers, Zipf traffic, on a machine that
also runs Kafka, Redis, sender and reader. CPU is counted by the thread, so that waiting is nobody's; what no
stage took is the framework's (faust, aiokafka, their threads). Latency is from when a payment was due to its
decision's timestamp, open loop, at parts of the Zipf rate, after some seconds at that load: what the sender
or the worker held up counts as waited (coordinated omission). A p99.9 of fewer than 1,000 payments is their
slowest.""",
    "floor": """`nothing`: the same worker with a screener that releases everything unseen, the least that any
engine could cost here. `bare`: Kafka's own C client reads each record and writes one of a decision's size,
without decoding, screening or claim.""",
    "start": "A worker's process, from its start to ready, lists in Redis.",
    "swap": """A list with one entry more is made current under an even load. Visible counts from before the
snapshot is written to Redis; a worker looks ten times a second.""",
    "peers": """The same names in the same process; `make comparison` says what each of them finds. logic-v2
is shown some forty entries that others found: a search would add to its cost.""",
    "pressure": """Ten times the rate of one worker for some seconds (`python -m bench pressure
--seconds 60` takes longer); every second payment is instant, with a deadline of ten seconds.""",
}

_HEAD = """# Performance

Written by `make bench`; every figure was measured in the one run that is told here, of {payments:,} payments
where nothing else is said. Where other programs ran beside it, elapsed times and latencies are worse than on
a machine of its own, CPU seconds less so. What was tried and did not help stands in performance-tried.md.
Where the engine's time goes is drawn in performance-flame.svg (`make flame`), where it went before words were
looked up together in performance-flame-before.svg; decisions are the same (`make identity`).

{about}
- workload: two parties, each with an account and an address, agents, remittance text; three payments in ten
  with a third party; values of 931 to 4,000 bytes, one in five a pacs.008; one payment in 500 to a listed
  name, manipulated. `zipf` draws customers so that few are in most payments; in `distinct` no party comes
  twice."""

_STAGES = ("decode", "screen", "claim", "encode", "publish", "count", "framework", "all")


def write(figures: Sequence[Figure], about: Mapping[str, str], payments: int, path: Path) -> None:
    """Write the page, and beside it its plots as `<page>-<plot>.svg`."""
    found = {figure.name: figure.value for figure in figures}
    plots = dict(_plots(found))
    names = {title: f"{path.stem}-{title}.svg" for title in plots}
    for title, drawn in plots.items():
        path.with_name(names[title]).write_text(drawn, encoding="utf-8")
    path.write_text(page(figures, about, payments, names), encoding="utf-8")


def page(
    figures: Sequence[Figure],
    about: Mapping[str, str],
    payments: int,
    plots: Mapping[str, str] | None = None,
) -> str:
    """The page; `plots` are the files of plots by their titles."""
    return "\n".join(_lines(figures, about, payments, plots or {})) + "\n"


def _lines(
    figures: Sequence[Figure], about: Mapping[str, str], payments: int, plots: Mapping[str, str]
) -> Iterator[str]:
    told_about = "\n".join(f"- {what}: {said}" for what, said in about.items())
    yield _HEAD.format(payments=payments, about=told_about)
    found = {figure.name: figure.value for figure in figures}
    for bench, told in _TOLD.items():
        rows = [figure for figure in figures if figure.name.startswith(f"{bench}.")]
        if rows:
            yield from ("", f"## {bench.capitalize()}", "", told, "")
            yield from (f"![{title}]({file})\n" for title, file in plots.items() if title.startswith(bench))
            yield from ("| what | measured | unit |", "|---|--:|---|")
            yield from (
                f"| {row.name.removeprefix(bench + '.')} | {shown(row.value)} | {row.unit} |" for row in rows
            )
    yield from _distance(found)
    if model := list(scaling(found)):
        yield from ("", "## Further", "", _FURTHER, "", *model)


_FURTHER = """By measurement up to two workers, beyond by what one worker, Redis and Kafka took for a payment
at full load; a worker's core is planned with seven tenths busy."""


def _distance(found: Mapping[str, float]) -> Iterator[str]:
    """Each stage beside the floor's."""
    rows = [
        (stage, found.get(f"floor.nothing.cpu.{stage}"), found.get(f"pipeline.zipf.cpu.{stage}"))
        for stage in _STAGES
    ]
    if any(least is None or now is None for _, least, now in rows):
        return
    yield from ("", "## Distance to the floor", "", "us of worker CPU a payment, Zipf traffic.", "")
    yield from ("| stage | floor | pipeline |", "|---|--:|--:|")
    for stage, least, now in rows:
        assert least is not None
        assert now is not None
        yield f"| {stage} | {least:.1f} | {now:.1f} |"


def _plots(found: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    loads = [
        name.split(".")[2] for name in found if name.startswith("pipeline.latency.") and name.endswith(".p50")
    ]
    if loads:
        latency = {
            label: [
                (found[f"pipeline.latency.{load}.rate"], max(0.1, found[f"pipeline.latency.{load}.{label}"]))
                for load in loads
            ]
            for label in ("p50", "p90", "p99", "p99.9")
        }
        axes = Axes(
            "Latency against load", "payments a second, one worker", "ms from due to decision", log=True
        )
        yield "pipeline-latency", svg(axes, latency)
    growth: list[Point] = [
        (float(name.removeprefix("engine.growth.").rstrip("x")), value)
        for name, value in found.items()
        if name.startswith("engine.growth.")
    ]
    if growth:
        root = [(x, growth[0][1] * sqrt(x / growth[0][0])) for x, _ in growth]
        axes = Axes("Cost against list size", "times the lists", "us a payment, caches empty")
        yield "engine-growth", svg(axes, {"measured": growth, "square root": root})
