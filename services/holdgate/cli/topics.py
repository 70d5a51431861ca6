"""`holdgate topics ...`: Kafka's topics."""

import click

from holdgate.cli.console import read_settings, say, told


@click.group()
def topics() -> None:
    """Kafka's topics."""


@topics.command("create")
def topics_create() -> None:
    """Create the topics of the contract that do not exist yet."""
    from holdgate.adapters.kafka.topic_admin import create_topics

    with told():
        made = create_topics(read_settings())
        say("created " + ", ".join(made) if made else "all topics exist")
