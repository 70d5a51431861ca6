"""`holdgate topics ...`: Kafka's topics."""

import click

from holdgate.cli.console import echo_err, exit_on_error, read_settings


@click.group()
def topics() -> None:
    """Kafka's topics."""


@topics.command("create")
def topics_create() -> None:
    """Create the topics of the contract that do not exist yet."""
    from holdgate.adapters.kafka.topic_admin import create_topics

    with exit_on_error():
        made = create_topics(read_settings())
        echo_err("created " + ", ".join(made) if made else "all topics exist")
