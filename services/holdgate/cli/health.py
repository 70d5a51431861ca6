"""`holdgate health`: what a container's health check runs.

It imports nothing but click and the standard library, and reads its one variable itself: every container runs
it up to four times a minute, on a machine that may be busy. The service has already checked all settings.
"""

import os

import click

from holdgate.cli.console import die
from holdgate.runtime.health import file_age

FILE = "HOLDGATE_HEALTH_FILE"


@click.command()
@click.option(
    "--max-age",
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Fail if there was no progress for longer.",
)
def health(max_age: float) -> None:
    """Exit 0 if the service that shares HOLDGATE_HEALTH_FILE made progress lately."""
    file = os.environ.get(FILE)
    if not file:
        die(f"{FILE} is not set; set it to the file that the service touches", 2)
    age = file_age(file)
    if age is None or age > max_age:
        die(f"no progress: {file} " + ("is not there" if age is None else f"is {age:.0f} s old"), 1)
