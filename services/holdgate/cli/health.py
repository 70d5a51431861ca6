"""`holdgate health`: the health check of a container.

It imports only click and the standard library, and reads its one variable itself: every container runs it up
to four times a minute, on a machine that may be busy. The service has already checked all settings.
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
    help="Fail if the last progress is older than this.",
)
def health(max_age: float) -> None:
    """Check that a running service makes progress.

    For container health checks. A service touches the file HOLDGATE_HEALTH_FILE at every step.

    Exit codes: 0 if the file is recent enough, 1 if it is too old or missing, 2 if HOLDGATE_HEALTH_FILE is
    not set.
    """
    file = os.environ.get(FILE)
    if not file:
        die(f"{FILE} is not set; set it to the file that the service touches", 2)
    age = file_age(file)
    if age is None:
        die(f"no progress: {file} does not exist; is the service running?", 1)
    if age > max_age:
        die(f"no progress: {file} is {age:.0f} s old, more than {max_age:.0f} s", 1)
