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
@click.option(
    "--ready", is_flag=True, help="Fail also if a worker cannot decide: without lists, for example."
)
def health(max_age: float, ready: bool) -> None:
    """Check that a running service makes progress.

    For container health checks. A service touches the file HOLDGATE_HEALTH_FILE at every step. `--ready` is
    for screening workers, whose page /health/ready it asks.

    Exit codes: 0 if the file is recent enough, 1 if it is too old or missing or the worker is not ready, 2 if
    HOLDGATE_HEALTH_FILE is not set.
    """
    file = os.environ.get(FILE)
    if not file:
        die(f"{FILE} is not set; set it to the file that the service touches", 2)
    age = file_age(file)
    if age is None:
        die(f"no progress: {file} does not exist; is the service running?", 1)
    if age > max_age:
        die(f"no progress: {file} is {age:.0f} s old, more than {max_age:.0f} s", 1)
    if ready and (problem := _why_not_ready(os.environ.get("HOLDGATE_HTTP") or "127.0.0.1:6066")):
        die(problem, 1)


def _why_not_ready(address: str) -> str | None:
    """Return why the worker on this machine that listens at an address is not ready; None if it is."""
    import http.client

    host, _, port = address.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))  # noqa: S104 - it is asked, not served
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        text = answer.read().decode().strip()
    except (OSError, http.client.HTTPException) as error:
        return f"not ready: {address} does not answer ({error}); is it the address of a worker?"
    finally:
        connection.close()
    return None if answer.status == 200 else f"not ready: {text}"
