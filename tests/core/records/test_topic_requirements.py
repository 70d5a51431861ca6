"""What is wrong with a cluster's topics: errors lose or block records, warnings are not safe enough."""

import pytest

from holdgate.core.records.topic_requirements import (
    FoundTopic,
    choose_replication,
    durability_config,
    find_durability_warnings,
    find_faults,
)
from holdgate.core.records.topics import (
    AUDIT,
    DECISIONS,
    PUBLISHED,
    REVIEW_EVIDENCE,
    SUBMITTED,
    TOPICS,
)


def cluster(replication: int = 3, **changes: FoundTopic) -> dict[str, FoundTopic]:
    """Return the topics as `topics create` makes them with 8 partitions."""
    return {
        topic.name: FoundTopic(
            topic.partitions or 8,
            replication,
            {"cleanup.policy": "delete"} | durability_config(replication) | dict(topic.config),
        )
        for topic in TOPICS
    } | changes


def changed(topic: str, **config: str) -> dict[str, FoundTopic]:
    """Return a cluster with other configuration of one topic; `_` in a name stands for a dot."""
    found = cluster()
    names = {name.replace("_", "."): value for name, value in config.items()}
    return found | {topic: found[topic]._replace(config={**found[topic].config, **names})}


@pytest.mark.parametrize(
    ("wanted", "brokers", "replication"), [(None, 1, 1), (None, 2, 2), (None, 3, 3), (None, 9, 3), (2, 9, 2)]
)
def test_by_default_there_are_three_replicas_where_there_are_three_brokers(
    wanted: int | None, brokers: int, replication: int
) -> None:
    assert choose_replication(wanted, brokers) == replication


def test_topics_as_they_are_created_on_three_brokers_have_no_fault() -> None:
    assert find_faults(cluster()) == []


@pytest.mark.parametrize("replication", [1, 2])
def test_fewer_replicas_are_a_warning_for_each_topic(replication: int) -> None:
    found = cluster(replication)
    assert find_faults(found) == find_durability_warnings(found)
    assert [(fault.topic, fault.severity) for fault in find_faults(found)] == [
        (topic.name, "warning") for topic in TOPICS
    ]
    assert all("one broken disk loses" in fault.text for fault in find_faults(found))


def test_a_missing_topic_is_an_error() -> None:
    found = cluster()
    del found[AUDIT.name]
    [fault] = find_faults(found)
    assert (fault.topic, fault.severity) == (AUDIT.name, "error")
    assert "topics create" in fault.text


@pytest.mark.parametrize(
    ("topic", "config", "words"),
    [
        (DECISIONS.name, {"cleanup_policy": "compact"}, "cleanup.policy is compact and must be delete"),
        (PUBLISHED.name, {"cleanup_policy": "delete"}, "cleanup.policy is delete and must be compact"),
        (SUBMITTED.name, {"retention_ms": "3600000"}, "must be at least 604800000"),
        (AUDIT.name, {"retention_ms": "604800000"}, "must be at least -1"),
        (SUBMITTED.name, {"max_message_bytes": "1048588"}, "must be at least 10485760"),
        (DECISIONS.name, {"message_timestamp_type": "CreateTime"}, "must be LogAppendTime"),
        (
            REVIEW_EVIDENCE.name,
            {"max_compaction_lag_ms": "9223372036854775807"},
            "must be at most 2419200000",
        ),
        (DECISIONS.name, {"min_insync_replicas": "4"}, "nothing can be written"),
    ],
)
def test_a_configuration_that_loses_or_blocks_records_is_an_error(
    topic: str, config: dict[str, str], words: str
) -> None:
    [fault] = find_faults(changed(topic, **config))
    assert (fault.topic, fault.severity) == (topic, "error")
    assert words in fault.text


@pytest.mark.parametrize("config", [{"retention_ms": "-1"}, {"max_message_bytes": "20971520"}])
def test_higher_limits_than_needed_are_no_fault(config: dict[str, str]) -> None:
    assert find_faults(changed(SUBMITTED.name, **config)) == []


def test_erasing_sooner_than_needed_is_no_fault() -> None:
    assert find_faults(changed(REVIEW_EVIDENCE.name, max_compaction_lag_ms="86400000")) == []


def test_an_unclean_leader_election_is_a_warning() -> None:
    [fault] = find_faults(changed(DECISIONS.name, unclean_leader_election_enable="true"))
    assert (fault.topic, fault.severity) == (DECISIONS.name, "warning")


def test_payments_and_decisions_have_the_same_partitions_and_an_ordered_topic_has_one() -> None:
    found = cluster()
    found |= {
        DECISIONS.name: found[DECISIONS.name]._replace(partitions=4),
        AUDIT.name: found[AUDIT.name]._replace(partitions=2),
    }
    assert [(fault.topic, fault.severity) for fault in find_faults(found)] == [
        (AUDIT.name, "error"),
        (DECISIONS.name, "error"),
    ]
