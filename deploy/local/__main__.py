"""`python -m deploy.local up|down|status|logs|env`: the local stack from the command line."""

import contextlib
import os
import shlex
import subprocess
import sys

import click

from deploy.local.daemon import ROOT, LocalRuntimeError
from deploy.local.stack import Stack


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A Holdgate on this machine, in .runtime/dev."""


@main.command()
@click.option("--workers", default=2, show_default=True, help="Screening workers.")
def up(workers: int) -> None:
    """Start everything and say where it is."""
    stack = Stack(workers=workers, watched=True)
    if not stack.up(lambda step: click.echo(f"  {step}", err=True)):
        click.echo("Already running.")
    environment = " ".join(f"{name}={value}" for name, value in stack.environment.items())
    metrics = "\n".join(f"    http://{worker.address}/metrics" for worker in stack.workers)
    click.echo(
        f"""
Holdgate is up. It screens what comes to payments.submitted and answers on screening.decisions.
  Kafka    {stack.kafka.bootstrap}
  Redis    {stack.redis.url}
  Policy   {_short(stack.policy)} (a sample list's age is not judged: never for real payments)
  Prometheus http://{stack.prometheus.address}/alerts
  Metrics
{metrics}
  Logs     {_short(stack.folder)}/*/log    make logs
  Holdgate's commands against it:
    {environment} .venv/bin/holdgate status
  or, for this shell:  eval "$(.venv/bin/python -m deploy.local env)"
Next: make status, make logs, make down"""
    )


@main.command()
def down() -> None:
    """Stop everything; data stays."""
    stopped = Stack().down()
    click.echo("stopped " + ", ".join(stopped) if stopped else "nothing was running")


@main.command()
def status() -> None:
    """Say what runs, where, and with how much memory."""
    for daemon in Stack(workers=0).daemons:
        where = daemon.address if daemon.ports else "-"
        state = f"pid {daemon.pid}, {daemon.rss / 2**20:.0f} MiB" if daemon.pid else "not running"
        click.echo(f"{daemon.name:14} {where:18} {state}")


@main.command()
def logs() -> None:
    """Follow all logs, until Ctrl-C."""
    files = [str(daemon.log) for daemon in Stack(workers=0).daemons if daemon.log.exists()]
    if not files:
        raise LocalRuntimeError("there are no logs: nothing was started yet (make up)")
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run(["tail", "-n", "20", "-F", *files], check=False)


@main.command()
def env() -> None:
    """Print the variables of the stack, for eval."""
    for name, value in Stack().environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _short(path: os.PathLike[str]) -> str:
    return os.path.relpath(path, ROOT)


if __name__ == "__main__":
    try:
        main(prog_name="python -m deploy.local")
    except LocalRuntimeError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
