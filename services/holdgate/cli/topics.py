"""`holdgate topics ...`: Kafka's topics."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from holdgate.cli.console import echo_err, exit_on_error, read_settings
from holdgate.runtime.text_table import table

if TYPE_CHECKING:
    from holdgate.core.records.topic_requirements import FoundTopic, TopicFault

DAY_MS = 86_400_000


@click.group()
def topics() -> None:
    """Create and check the Kafka topics that Holdgate uses."""


@topics.command("create")
def topics_create() -> None:
    """Create the topics that are missing.

    Existing topics are not changed.

    By default each partition has three replicas, of which two must have a record before it counts as written;
    on a cluster with fewer brokers it has fewer, and a warning says so. Prints what was created.
    """
    from holdgate.adapters.kafka.topic_admin import create_topics
    from holdgate.core.records.topic_requirements import find_durability_warnings

    with exit_on_error():
        created = create_topics(read_settings())
        if not created:
            echo_err("all topics exist; `holdgate topics check` compares them with what is needed")
            return
        click.echo("\n".join(_topic_table(created)))
        _echo_faults(find_durability_warnings(created))


@topics.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def topics_check(as_json: bool) -> None:
    """Compare the topics of the cluster with what Holdgate needs.

    Prints each topic, and on stderr each difference. An error can lose or block payments, decisions or
    evidence; a warning says what is not safe enough for production.

    Exit codes: 0 without an error, 1 with one.
    """
    from holdgate.adapters.kafka.topic_admin import describe_topics
    from holdgate.core.records.topic_requirements import find_faults

    with exit_on_error():
        found = describe_topics(read_settings())
        faults = find_faults(found)
        if as_json:
            report = {
                "topics": {name: topic._asdict() for name, topic in found.items()},
                "faults": [fault._asdict() for fault in faults],
            }
            click.echo(msgspec.json.encode(report))
        else:
            click.echo("\n".join(_topic_table(found)))
            _echo_faults(faults)
        sys.exit(1 if any(fault.severity == "error" for fault in faults) else 0)


def _topic_table(found: "Mapping[str, FoundTopic]") -> Iterator[str]:
    rows = [
        (
            name,
            topic.partitions,
            topic.replication,
            topic.min_insync,
            _retention(topic.config),
            topic.config.get("cleanup.policy", "delete"),
        )
        for name, topic in found.items()
    ]
    return table(("topic", "partitions", "replicas", "min. in sync", "retention", "cleanup"), rows)


def _retention(config: "Mapping[str, str]") -> str:
    if "compact" in config.get("cleanup.policy", ""):
        return "newest per key"
    milliseconds = int(config.get("retention.ms", 0))
    return "for ever" if milliseconds < 0 else f"{milliseconds / DAY_MS:g} days"


def _echo_faults(faults: "Sequence[TopicFault]") -> None:
    """Print each kind of fault once, with the topics that have it."""
    topics_by_fault: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        topics_by_fault.setdefault((fault.severity, fault.text), []).append(fault.topic)
    for (severity, text), names in topics_by_fault.items():
        echo_err(f"{severity.upper()}: {', '.join(names)}: {text}")
