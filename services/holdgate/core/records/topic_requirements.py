"""What a cluster needs for the topics of the contract, and where its topics differ from that."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from holdgate.core.records.topics import (
    AUDIT,
    CHECKPOINTS,
    DEAD_LETTERS,
    DECISIONS,
    QUARANTINED,
    REVIEW_EVENTS,
    SUBMITTED,
    TOPICS,
    Topic,
)

SAFE_REPLICATION = 3
"""Replicas of a partition: one broker may be lost while another is down for maintenance."""
SAFE_MIN_INSYNC = 2
"""Replicas that must have a record before it counts as written: one disk is not enough for a decision."""

SAME_PARTITIONS = (SUBMITTED, DECISIONS)
"""A decision is written to the partition number of its payment."""

_KEPT_WHOLE = (SUBMITTED, DECISIONS, DEAD_LETTERS, QUARANTINED, AUDIT, REVIEW_EVENTS, CHECKPOINTS)
"""Topics that must not be compacted: with one record per key, earlier decisions and resends are gone."""

Severity = Literal["error", "warning"]


class FoundTopic(NamedTuple):
    """A topic as a cluster has it; `replication` is that of its least replicated partition."""

    partitions: int
    replication: int
    config: Mapping[str, str]

    @property
    def min_insync(self) -> int:
        """Replicas that must have a record before it counts as written."""
        return int(self.config.get("min.insync.replicas", "1"))


class TopicFault(NamedTuple):
    """A difference between a topic and what is needed; an error can lose or block records."""

    topic: str
    severity: Severity
    text: str


def choose_replication(wanted: int | None, brokers: int) -> int:
    """Return the replicas of a new topic: those wanted, or three if there are as many brokers."""
    return min(SAFE_REPLICATION, brokers) if wanted is None else wanted


def durability_config(replication: int) -> dict[str, str]:
    """Return the configuration that a new topic gets for its number of replicas."""
    return {"min.insync.replicas": str(SAFE_MIN_INSYNC if replication >= SAFE_REPLICATION else 1)}


def find_durability_warnings(found: Mapping[str, FoundTopic]) -> list[TopicFault]:
    """Return a warning for each topic whose records a few broken disks can lose."""
    return [
        TopicFault(name, "warning", text)
        for name, topic in found.items()
        if (text := _durability_warning(topic)) is not None
    ]


def find_faults(found: Mapping[str, FoundTopic]) -> list[TopicFault]:
    """Compare the topics of a cluster, by their names in the contract, with what is needed."""
    faults = []
    for topic in TOPICS:
        if topic.name not in found:
            faults.append(TopicFault(topic.name, "error", "missing; `holdgate topics create` creates it"))
        else:
            faults += _faults(topic, found[topic.name])
    numbers = {found[topic.name].partitions for topic in SAME_PARTITIONS if topic.name in found}
    if len(numbers) > 1:
        submitted, decisions = (found[topic.name].partitions for topic in SAME_PARTITIONS)
        faults.append(
            TopicFault(
                DECISIONS.name,
                "error",
                f"has {decisions} partitions and {SUBMITTED.name} has {submitted}: a decision is written to"
                " the partition number of its payment",
            )
        )
    return faults


def _faults(topic: Topic, found: FoundTopic) -> list[TopicFault]:
    errors = [text for name, wanted in _needed(topic) if (text := _config_error(name, wanted, found.config))]
    if topic.partitions is not None and found.partitions != topic.partitions:
        errors.append(f"has {found.partitions} partitions and must have {topic.partitions}: its order counts")
    if found.min_insync > found.replication:
        errors.append(
            f"min.insync.replicas {found.min_insync} of {found.replication} replicas: nothing can be written"
        )
    warnings = [text] if (text := _durability_warning(found)) is not None else []
    if found.config.get("unclean.leader.election.enable") == "true":
        warnings.append("unclean.leader.election.enable is true: a late replica may drop written records")
    return [TopicFault(topic.name, "error", text) for text in errors] + [
        TopicFault(topic.name, "warning", text) for text in warnings
    ]


def _durability_warning(found: FoundTopic) -> str | None:
    if found.replication >= SAFE_REPLICATION and found.min_insync >= SAFE_MIN_INSYNC:
        return None
    lost = "one broken disk loses" if found.min_insync == 1 else "two broken disks lose"
    return (
        f"replicas {found.replication}, min.insync.replicas {found.min_insync}: {lost} records that counted"
        f" as written; production needs {SAFE_REPLICATION} and {SAFE_MIN_INSYNC}"
    )


def _needed(topic: Topic) -> tuple[tuple[str, str], ...]:
    return (("cleanup.policy", "delete"), *topic.config) if topic in _KEPT_WHOLE else topic.config


def _config_error(name: str, needed: str, config: Mapping[str, str]) -> str | None:
    """Return what is wrong with a value; limits may be higher than needed, and times to erase shorter."""
    value = config.get(name, "")
    if value == needed:
        return None
    if name in ("retention.ms", "max.message.bytes"):
        if _as_limit(value) >= _as_limit(needed):
            return None
        return f"{name} is {value or 'not set'} and must be at least {needed}"
    if name == "max.compaction.lag.ms":
        if value and int(value) <= int(needed):
            return None
        return f"{name} is {value or 'not set'} and must be at most {needed}"
    return f"{name} is {value or 'not set'} and must be {needed}"


def _as_limit(value: str) -> float:
    number = float(value or 0)
    return float("inf") if number == -1 else number
