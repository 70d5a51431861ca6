"""The number of workers and partitions that a rate needs, from the measured cost of a payment."""

from collections.abc import Iterator, Mapping
from math import ceil

from deploy.documents import wrap

RATES = (1_000, 10_000, 100_000)
MAX_UTILISATION = 0.7
"""Planned utilisation of a worker's core; above it, payments wait (see latency against load)."""
CLAIM_BYTES = 133
"""Redis memory for the claim of a RELEASE; see docs/reliability.md."""
CLAIM_HOURS = 72
LARGE_REDIS = 256e9
LINK_BYTES = 1.25e9
"""Bytes per second of a 10 Gbit/s link, over which a new list reaches the workers."""


def scaling(figures: Mapping[str, float]) -> Iterator[str]:
    """Yield lines of Markdown; none if pipeline and floor were not measured.

    The work of Redis and Kafka per payment does not depend on screening. Their cost is taken from the bench
    `floor`, which loads them most.
    """
    needed = ("pipeline.zipf.cpu_rate", "floor.nothing.cpu.redis", "floor.nothing.cpu.kafka")
    if any(name not in figures for name in needed):
        return
    rate, redis, kafka = (figures[name] for name in needed)
    snapshot = figures.get("engine.snapshot_bytes", 0.0) * 1e6
    yield "| payments per second | workers and partitions | Redis | Kafka | claims of 72 h | a new list |"
    yield "|--:|--:|--:|--:|--:|--:|"
    for target_rate in RATES:
        workers = ceil(target_rate / (rate * MAX_UTILISATION))
        claims = target_rate * 3600 * CLAIM_HOURS * CLAIM_BYTES / 1e9
        cells = (
            f"{target_rate:,}",
            f"{workers:,}",
            f"{target_rate * redis / 1e6:.2f} cores",
            f"{target_rate * kafka / 1e6:.2f} cores",
            f"{claims:,.0f} GB",
            f"{workers * snapshot / 1e6:,.0f} MB, {workers * snapshot / LINK_BYTES:.1f} s",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    by_memory = LARGE_REDIS / (CLAIM_BYTES * 3600 * CLAIM_HOURS)
    yield wrap(
        f"""Workers share only Redis and Kafka, and each partition belongs to one worker. Redis is the
        first limit. Its memory comes before its CPU: the claims of {CLAIM_HOURS} hours fill 256 GB at
        {by_memory:,.0f} payments per second. It runs scripts on one core, which is busy at {
            1e6 / redis:,.0f} payments per second. Beyond that, claims have to be spread over several Redis
        servers by partition, or expire earlier (HOLDGATE_CLAIM_HOURS)."""
    )
