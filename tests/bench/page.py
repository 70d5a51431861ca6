"""docs/performance.md, from what was measured."""

from collections.abc import Iterator, Mapping, Sequence

from tests.bench.figures import Figure, shown

_TOLD = {
    "parser": """Messages to payments, in CPU seconds of one process, the quickest of five rounds each:
messages of the reference data, or of the tests where that is absent.""",
    "engine": """The engine alone, in CPU seconds of one process. `zipf` and `distinct` are the two workloads,
in batches of 500 and after as many payments that warmed the caches; `name` asks names alone, `batch` and
`growth` begin with empty caches. Growth recombines the names of the entries.""",
    "pipeline": """One worker on a real Kafka and a real Redis of one node each, all on this machine, Zipf
traffic. Stages are the elapsed time of a batch shared by its payments. Latency is from when a payment was
due to its decision's timestamp, open loop, at parts of the rate found. A p99.9 of fewer than 1,000 payments
is their slowest.""",
    "start": "A worker's process, from its start to ready, lists in Redis.",
    "swap": "A list with one entry more is made current under an even load.",
}

_HEAD = """# Performance

Written by `make bench`; every figure was measured in the one run that is told here. It is a short run
({payments:,} payments where nothing else is said) on a shared machine: other programs ran beside it, so
elapsed times and latencies are worse than on a machine of its own, CPU seconds less so.

{about}
- workload: two parties, each with an account and an address, agents, remittance text; three payments in ten
  with a third party; values of 931 to 4,000 bytes, one in five a pacs.008; one payment in 500 to a listed
  name, manipulated. `zipf` draws customers so that few are in most payments; in `distinct` no party comes
  twice."""


def page(figures: Sequence[Figure], about: Mapping[str, str], payments: int) -> str:
    """The page."""
    return "\n".join(_lines(figures, about, payments)) + "\n"


def _lines(figures: Sequence[Figure], about: Mapping[str, str], payments: int) -> Iterator[str]:
    told_about = "\n".join(f"- {what}: {said}" for what, said in about.items())
    yield _HEAD.format(payments=payments, about=told_about)
    for bench, told in _TOLD.items():
        rows = [figure for figure in figures if figure.name.startswith(f"{bench}.")]
        if rows:
            yield from (
                "",
                f"## {bench.capitalize()}",
                "",
                told,
                "",
                "| what | measured | unit |",
                "|---|--:|---|",
            )
            yield from (
                f"| {row.name.removeprefix(bench + '.')} | {shown(row.value)} | {row.unit} |" for row in rows
            )
