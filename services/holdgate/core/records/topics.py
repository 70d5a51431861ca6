"""All topics: names, keys, writers, readers and configuration; and the names of headers.

`schemas/asyncapi.yaml` describes the same for other programs; a test keeps the two together.
"""

from typing import NamedTuple


class Topic(NamedTuple):
    """A topic of the contract.

    It is created with `config` and `partitions`. Topics without a number of their own have the same number of
    partitions, because a decision is written to the partition number of its input.
    """

    name: str
    key: str
    value: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    config: tuple[tuple[str, str], ...]
    partitions: int | None = None


WEEK_MS, MONTH_MS = str(7 * 86_400_000), str(28 * 86_400_000)

MAX_MESSAGE_CONFIG = ("max.message.bytes", str(10 * 1024 * 1024))
"""A record too large to be a payment still has to fit as a dead letter."""

BROKERS_CLOCK = ("message.timestamp.type", "LogAppendTime")
"""The broker's clock: a worker's may be wrong, and Kafka rejects timestamps over an hour in the future."""

SUBMITTED = Topic(
    "payments.submitted",
    key="payment_id",
    value="payment JSON",
    written_by=("payment systems", "probe"),
    read_by=("screening", "rescreening"),
    config=(("retention.ms", WEEK_MS), MAX_MESSAGE_CONFIG),
)
DECISIONS = Topic(
    "screening.decisions",
    key="payment_id",
    value="decision JSON, on the same partition number as its input record",
    written_by=("screening", "rescreening", "on-call", "review"),
    read_by=("payment systems", "review", "probe", "rescreening", "audit"),
    config=(("retention.ms", WEEK_MS), MAX_MESSAGE_CONFIG, BROKERS_CLOCK),
)
DEAD_LETTERS = Topic(
    "screening.dead-letters",
    key="as it came",
    value="the record's own bytes, untouched",
    written_by=("screening",),
    read_by=("on-call", "redrive", "probe"),
    config=(("retention.ms", MONTH_MS), MAX_MESSAGE_CONFIG, BROKERS_CLOCK),
)
QUARANTINED = Topic(
    "payments.quarantined",
    key="as it came",
    value="the record's own bytes, untouched; it has no decision yet",
    written_by=("screening",),
    read_by=("on-call", "redrive"),
    config=(("retention.ms", MONTH_MS), MAX_MESSAGE_CONFIG, BROKERS_CLOCK),
)
PUBLISHED = Topic(
    "lists.published",
    key="current",
    value="announcement of a list snapshot",
    written_by=("lists",),
    read_by=("screening", "rescreening", "operators", "audit"),
    config=(("cleanup.policy", "compact"),),
    partitions=1,
)

AUDIT = Topic(
    "operations.audit",
    key="run_id",
    value="audit record: who did what by hand, why, and how much",
    written_by=("on-call", "lists", "rescreening", "review", "reviewers"),
    read_by=("lists", "on-call", "operators", "probe", "rescreening", "audit"),
    config=(("retention.ms", "-1"), BROKERS_CLOCK),
    partitions=1,
)

REVIEW_EVENTS = Topic(
    "review.events",
    key="case_id, or rules",
    value="review event JSON: ids, digests and codes, never a name or free text",
    written_by=("review", "reviewers"),
    read_by=("review", "reviewers", "rescreening", "audit"),
    config=(("retention.ms", "-1"), BROKERS_CLOCK),
    partitions=1,
)
"""One partition: its order settles who was first, and its owner is the one active review process."""

REVIEW_EVIDENCE = Topic(
    "review.evidence",
    key="SHA-256 of the value",
    value="a payment's or decision's own bytes, a note, or an attachment; null erases it",
    written_by=("review", "reviewers"),
    read_by=("review", "reviewers"),
    config=(
        ("cleanup.policy", "compact"),
        ("max.compaction.lag.ms", MONTH_MS),
        MAX_MESSAGE_CONFIG,
        BROKERS_CLOCK,
    ),
)
"""Without a limit Kafka may keep what was erased on its disks until much else has changed. A request to erase
is answered within a month (Regulation (EU) 2016/679, Article 12(3))."""

CHECKPOINTS = Topic(
    "audit.checkpoints",
    key="origin of the tree",
    value="signed checkpoint: size and root of the tree over a partition",
    written_by=("audit",),
    read_by=("audit",),
    config=(("retention.ms", "-1"), BROKERS_CLOCK),
    partitions=1,
)

TOPICS = (
    SUBMITTED,
    DECISIONS,
    DEAD_LETTERS,
    QUARANTINED,
    PUBLISHED,
    AUDIT,
    REVIEW_EVENTS,
    REVIEW_EVIDENCE,
    CHECKPOINTS,
)

CE_VERSION = "1.0"
CE_TYPES = {
    DECISIONS: "holdgate.screening.decision.v1",
    DEAD_LETTERS: "holdgate.screening.dead-letter.v1",
    PUBLISHED: "holdgate.lists.publication.published.v1",
    AUDIT: "holdgate.operations.audit.v1",
    REVIEW_EVENTS: "holdgate.review.event.v1",
    REVIEW_EVIDENCE: "holdgate.review.evidence.v1",
    CHECKPOINTS: "holdgate.audit.checkpoint.v1",
}
"""CloudEvents types (binary content mode of the Kafka protocol binding 1.0.2): headers `ce_*`."""

TRACE_HEADERS = ("traceparent", "tracestate")
"""W3C Trace Context, copied unchanged from the input record."""

PROBE = "holdgate_probe"
"""Marks a payment of the probe and its decision, which are excluded from all payment metrics. It does not
change how the payment is decided, and counts only with the probe's signature (`probe_mark.py`)."""

CARRIED_HEADERS = (*TRACE_HEADERS, PROBE)
"""Headers of a payment that are copied to its decision."""

INPUT_TOPIC, INPUT_PARTITION, INPUT_OFFSET, INPUT_TIMESTAMP = (
    "holdgate_topic",
    "holdgate_partition",
    "holdgate_offset",
    "holdgate_timestamp",
)
"""Position of the input record, on decisions and dead letters; the timestamp is in Unix milliseconds."""

REASON_CODE, REASON_TEXT = "holdgate_reason", "holdgate_reason_text"
"""Reason of a dead letter: a code of a fixed set, and a sentence without names or accounts."""

ORIGINAL = "original_"
"""Prefix of an original header of a dead letter whose name is that of an added header."""

FOLLOWS = "holdgate_follows"
"""On a superseding decision: the id of the decision that it follows, for readers of headers alone."""

REPLAY = "holdgate_replay"
"""On records that a replay wrote: the id of its run, which is in the audit too."""

REDRIVES = "holdgate_redrives"
"""On a redriven record: how often it was redriven. If it fails again, its dead letter keeps the header."""

REDRIVEN = "holdgate_redriven"
"""On a redriven record: the position of its dead letter, as topic:partition:offset."""
