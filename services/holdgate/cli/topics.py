"""`holdgate topics ...`: Kafka's topics."""

import click

from holdgate.cli.console import echo_err, exit_on_error, read_settings


@click.group()
def topics() -> None:
    """Create the Kafka topics that Holdgate uses."""


@topics.command("create")
def topics_create() -> None:
    """Create the topics that do not exist yet; existing ones are not changed."""
    from holdgate.adapters.kafka.topic_admin import create_topics

    with exit_on_error():
        created = create_topics(read_settings())
        echo_err("created " + ", ".join(created) if created else "all topics exist")
