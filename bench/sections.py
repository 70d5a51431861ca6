"""What docs/performance.md shows of the measured figures: headings, introductions and tables."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Matrix(NamedTuple):
    """A table whose cell is the figure `column.row`; columns and rows map names of figures to labels."""

    columns: Mapping[str, str]
    rows: Mapping[str, str]


class Section(NamedTuple):
    """A part of the page: its heading, an introduction and the tables below it."""

    heading: str
    text: str
    tables: Sequence[Matrix] = ()
    plot: str = ""


STAGES = {
    "cpu.decode": "decode, us of CPU per payment",
    "cpu.screen": "screen, us of CPU per payment",
    "cpu.claim": "claim, us of CPU per payment",
    "cpu.encode": "encode, us of CPU per payment",
    "cpu.publish": "publish, us of CPU per payment",
    "cpu.count": "update metrics, us of CPU per payment",
    "cpu.framework": "faust, aiokafka and threads, us of CPU per payment",
    "cpu.all": "whole worker, us of CPU per payment",
}
FULL_LOAD = {
    "rate": "payments per second",
    "cpu_rate": "payments per worker CPU second",
    "released": "share of payments released",
    **STAGES,
    "cpu.kafka": "Kafka, us of CPU per payment",
    "cpu.redis": "Redis, us of CPU per payment",
    "memory": "memory of the largest worker, MB",
}

HEAD = """`make bench` measures everything on this page in one run of {payments:,} payments, unless a
section says otherwise. Every figure is in [data/performance.json](data/performance.json); this page shows a
selection and is generated from it by `python -m bench.page`. Other programs on the machine make elapsed
times and latencies worse, CPU seconds less so. [performance-tried.md](performance-tried.md) lists
optimisations that did not help. A [flame graph](images/performance-flame.svg) shows where the engine spends
its time (`make flame`); an [earlier one](images/performance-flame-before.svg) shows it before words were
looked up in batches. `make identity` checks that a change leaves all decisions as they are."""

SUMMARY = {
    "engine.zipf.rate": "payments per CPU second, screening only, repeating customers",
    "engine.distinct.rate": "payments per CPU second, screening only, no party twice",
    "pipeline.zipf.rate": "payments per second, one worker with Kafka and Redis, repeating customers",
    "pipeline.distinct.rate": "payments per second, one worker with Kafka and Redis, no party twice",
    "pipeline.latency.50%.p50": "latency at half load, median, ms",
    "pipeline.latency.50%.p99": "latency at half load, 99th percentile, ms",
    "pipeline.zipf.memory": "memory of a worker, MB",
    "start.ready.1": "start of a worker until it is ready, s",
    "swap.visible": "from the publication of a list to the first decision made with it, ms",
    "swap.longest_gap": "longest gap between decisions while a list is swapped, ms",
}

WORKLOAD = """Each payment has two parties with account and address, agents and remittance text; three in
ten have a third party. Values have 931 to 4,000 bytes. One in five is a pacs.008, the others are JSON. One
in 500 goes to a listed name that was manipulated. In `zipf` traffic, few customers appear in most payments;
in `distinct` traffic, no party appears twice."""

SECTIONS = {
    "parser": Section(
        "How long does reading a message take?",
        """In CPU time of one process: the fastest of five rounds per message, then the median over all
        messages of a type. The messages are those of the reference data, or of the tests where that
        is absent.""",
        [
            Matrix(
                {"parser": "us per payment"},
                {name: name for name in ("MT103", "MT202", "pacs.008", "pacs.009", "pain.001")},
            )
        ],
    ),
    "engine": Section(
        "How fast is the engine alone?",
        """In CPU time of one process, after as many payments that warmed up the caches. `customers` is Zipf
        traffic after 20,000 payments, as a worker sees it: half of the texts are ordinary sentences, half
        invoices, and there are joint accounts and names of two lines. `new words` is `distinct` traffic
        whose texts are ordinary sentences with three words each that no payment had before. A unit is a
        fixed piece of work (`bench/calibration.py`) that runs between the batches, so that figures of busy
        or different machines can be compared.""",
        [
            Matrix(
                {
                    "engine.zipf": "zipf",
                    "engine.customers": "customers",
                    "engine.distinct": "distinct",
                    "engine.sentences": "new words",
                },
                {
                    "rate": "payments per CPU second, screening only",
                    "rate_with_read": "payments per CPU second, reading and screening",
                    "read": "reading, us per payment",
                    "screen": "screening, us per payment",
                    "names": "names queried per payment, including texts",
                    "hit_rate": "share of names answered from the cache",
                    "candidates": "candidates per uncached name",
                    "comparisons": "comparisons per uncached name",
                    "units": "units per 1,000 payments",
                },
            ),
            Matrix(
                {"engine": "value"},
                {
                    "snapshot_bytes": "snapshot, MB",
                    "snapshot_memory": "memory of the loaded snapshot, MB",
                    "entries": "listed entries",
                    "name.cold": "a new name, us",
                    "name.cached": "a cached name, us",
                },
            ),
        ],
    ),
    "paired": Section(
        "What does it cost to look for names in context?",
        """Before (commit d4aaa59), a name field was compared as one name; now its parts, its continuation
        on the next lines and unknown members are searched too. `python -m bench.paired --against COMMIT
        --record` lets both decide the same payments in turns of a hundred, so that a busy machine slows
        both; that run is a different one from the others on this page.""",
        [
            Matrix(
                {
                    "paired.zipf": "zipf",
                    "paired.customers": "customers",
                    "paired.distinct": "distinct",
                    "paired.sentences": "new words",
                },
                {
                    "before": "before, reading and screening, us of CPU per payment",
                    "now": "now, us of CPU per payment",
                    "ratio": "times the cost before",
                },
            )
        ],
    ),
    "growth": Section(
        "How does the cost grow with batches and lists?",
        """In us per payment, with empty caches. Larger lists are made by recombining the names of the
        entries.""",
        [
            Matrix(
                {"engine.batch": "us per payment"},
                {size: f"batches of {size}" for size in ("1", "10", "100", "500")},
            ),
            Matrix(
                {"engine.growth": "us per payment"},
                {f"{times}x": f"{times} times the lists" for times in (1, 2, 5, 10)},
            ),
        ],
        "engine-growth",
    ),
    "hostile": Section(
        "What can a hostile record cost?",
        """The records of tests/cases/hostile have up to 64 kB and are built to cause harm. Each is read
        and decided once, on the full lists, in CPU time. `names` are names of many parts: 2,000 letters,
        500 connectors, brackets in brackets, 200 lines.""",
        [
            Matrix(
                {"hostile": "records", "hostile_names": "names"},
                {
                    "records": "records",
                    "p50": "median, ms",
                    "max": "maximum, ms",
                    "over_50ms": "records of more than 50 ms",
                },
            )
        ],
    ),
    "pipeline": Section(
        "How fast is a worker with Kafka and Redis?",
        """A real Kafka and a real Redis of one node each run on the same machine, which the sender and
        the reader share. `zipf` and `distinct` use one worker; `two workers` uses zipf traffic. All
        payments are in Kafka before the workers begin. CPU is counted per thread, so waiting is
        counted nowhere; CPU that no stage used is the framework's.""",
        [
            Matrix(
                {"pipeline.zipf": "zipf", "pipeline.distinct": "distinct", "pipeline.two": "two workers"},
                FULL_LOAD,
            )
        ],
    ),
    "latency": Section(
        "How long does a payment wait?",
        """Latency is the time from the moment at which a payment was due to be sent to the timestamp of
        its decision, in an open loop, with zipf traffic at 10, 50 and 90 % of the measured rate.
        Delays of the sender count as latency (coordinated omission). The p99.9 of fewer than 1,000
        payments is their maximum.""",
        [
            Matrix(
                {f"pipeline.latency.{load}": f"{load} load" for load in ("10%", "50%", "90%")},
                {
                    "rate": "payments per second",
                    "p50": "p50, ms",
                    "p90": "p90, ms",
                    "p99": "p99, ms",
                    "p99.9": "p99.9, ms",
                    "read": "reading a batch, ms",
                    "screen": "screening a batch, ms",
                    "screen.p99": "screening a batch, p99 at most, ms",
                    "claim": "claiming a batch, ms",
                    "publish": "publishing a batch, ms",
                },
            )
        ],
        "pipeline-latency",
    ),
    "floor": Section(
        "How much of that is the engine's?",
        """`no screening` is the same worker with a screener that releases every payment unseen: the
        least that any engine could cost here. Kafka's own C client alone, which reads each record and
        writes one of the size of a decision, handles the records per second below.""",
        [
            Matrix({"floor.nothing": "no screening", "pipeline.zipf": "zipf"}, FULL_LOAD),
            Matrix(
                {"floor.bare": "Kafka's C client"},
                {"rate": "records per second", "cpu": "us of CPU per record, all threads"},
            ),
        ],
    ),
    "start": Section(
        "How long does a worker take to start?",
        """From the start of the process until it is ready, with the lists in Redis.""",
        [
            Matrix(
                {"start.ready": "seconds"},
                {"1": "first start", "2": "second start", "3": "third start"},
            )
        ],
    ),
    "swap": Section(
        "What does a new list cost?",
        """A list with one more entry becomes current while payments arrive at a steady rate. The time
        starts before the snapshot is written to Redis. A worker looks for a new list ten times per
        second.""",
        [
            Matrix(
                {"swap": "value"},
                {
                    "visible": "from publication to the first decision made with the list, ms",
                    "longest_gap": "longest gap between decisions, ms",
                    "send_interval": "interval between payments as sent, ms",
                    "memory_before": "memory of the worker before, MB",
                    "memory_peak": "memory of the worker at its peak, MB",
                },
            )
        ],
    ),
    "peers": Section(
        "How fast are other matchers?",
        """The same names in the same process. [comparison.md](comparison.md) says what each of them
        finds. logic-v2 is shown only some forty entries that others found: a search of its own would
        cost more.""",
        [
            Matrix(
                {"peers": "us of CPU per name"},
                {name: name for name in ("Holdgate", "logic-v2", "WRatio", "token_set")},
            ),
            Matrix(
                {"peers": "times Holdgate's"},
                {f"{name}.ratio": name for name in ("logic-v2", "WRatio", "token_set")},
            ),
        ],
    ),
    "pressure": Section(
        "What happens under ten times the load?",
        """Payments arrive at ten times the rate of one worker for some seconds (`python -m bench
        pressure --seconds 60` takes longer). Every second payment is instant, with a deadline of ten
        seconds.""",
        [
            Matrix(
                {"pressure": "value"},
                {
                    "rate": "payments per second that one worker decides",
                    "sent": "payments sent",
                    "sent_rate": "payments per second as sent",
                    "seconds": "duration of the flood, s",
                    "recovery": "from the end of the flood until no payment waits, s",
                    "decided_rate": "payments per second decided during the flood",
                    "longest_wait": "longest wait of a payment, s",
                    "held_late": "payments held as DEADLINE_EXCEEDED",
                    "released_late": "payments released a second or more after their deadline",
                    "out_of_order": "decisions out of order within their partition",
                    "health_checks": "health checks, one every half second",
                    "health_failures": "health checks that failed",
                    "memory_before": "memory of the worker before, MB",
                    "memory_peak": "memory of the worker at its peak, MB",
                },
            )
        ],
    ),
}

CAPACITY = """Up to two workers this is measured. Beyond that it is calculated from the cost of a payment
for one worker, Redis and Kafka at full load, with each worker's core busy for at most seven tenths of the
time. `python -m bench.scale` checks that a payment costs the same however many workers share 16 partitions:
on two cores, 1, 2 and 4 workers decided 604, 598 and 509 payments per worker CPU second (12,000 payments
after as many of warm-up, whose names each worker had to learn for itself), and Kafka took 301, 152 and 136
us a payment, Redis 11, 8 and 13."""
