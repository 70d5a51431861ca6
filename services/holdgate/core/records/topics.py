"""Every topic: its name, its key, who writes it, who reads it, and the headers of what is written.

`schemas/asyncapi.yaml` says the same to other programs; a test holds the two together.
"""

from typing import NamedTuple


class Topic(NamedTuple):
    """A topic of the contract.

    `config` and `partitions` are what it is created with. Without a number of its own it gets as many
    partitions as the others: a decision is written to its input's partition number.
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
"""A worker's clock may be wrong: with its own time, Kafka refuses what is more than an hour ahead."""

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
    written_by=("screening", "rescreening", "on-call"),
    read_by=("payment systems", "review", "probe", "rescreening"),
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
PUBLISHED = Topic(
    "lists.published",
    key="current",
    value="announcement of a list snapshot",
    written_by=("lists",),
    read_by=("screening", "rescreening", "operators"),
    config=(("cleanup.policy", "compact"),),
    partitions=1,
)

AUDIT = Topic(
    "operations.audit",
    key="run_id",
    value="audit record: who did what by hand, why, and how much",
    written_by=("on-call", "lists", "rescreening"),
    read_by=("on-call", "operators", "probe", "rescreening"),
    config=(("retention.ms", "-1"), BROKERS_CLOCK),
    partitions=1,
)

TOPICS = (SUBMITTED, DECISIONS, DEAD_LETTERS, PUBLISHED, AUDIT)

CE_VERSION = "1.0"
CE_TYPES = {
    DECISIONS: "holdgate.screening.decision.v1",
    DEAD_LETTERS: "holdgate.screening.dead-letter.v1",
    PUBLISHED: "holdgate.lists.publication.published.v1",
    AUDIT: "holdgate.operations.audit.v1",
}
"""CloudEvents types (binary content mode of the Kafka protocol binding 1.0.2): headers `ce_*`."""

TRACE_HEADERS = ("traceparent", "tracestate")
"""W3C Trace Context, carried through from the input record as it came."""

PROBE = "holdgate_probe"
"""Marks a payment of the probe and the decision on it: nobody's business, and in no figure about payments. It
changes nothing in how a payment is decided."""

CARRIED_HEADERS = (*TRACE_HEADERS, PROBE)
"""Headers of a payment that its decision carries on."""

INPUT_TOPIC, INPUT_PARTITION, INPUT_OFFSET, INPUT_TIMESTAMP = (
    "holdgate_topic",
    "holdgate_partition",
    "holdgate_offset",
    "holdgate_timestamp",
)
"""Where the input record stood, on decisions and dead letters; the timestamp is in Unix milliseconds."""

REASON_CODE, REASON_TEXT = "holdgate_reason", "holdgate_reason_text"
"""Why a record is a dead letter: a code of a bounded set, and a sentence without names or accounts."""

ORIGINAL = "original_"
"""Prefix that a dead letter's own header gets where it has the name of one that is added."""

FOLLOWS = "holdgate_follows"
"""On a decision made again: the id of the one it follows, as in its body, for who reads headers alone."""

REPLAY = "holdgate_replay"
"""On what a replay wrote: the id of its run, which the audit names too."""

REDRIVES = "holdgate_redrives"
"""On a dead letter that was sent again: how often it was. Where it comes back, it still says so."""

REDRIVEN = "holdgate_redriven"
"""On the same: the dead letter that was sent, as topic:partition:offset."""
