"""`python -m deploy.local up|down|status|logs|env`: start, stop and inspect the local stack."""

import contextlib
import os
import shlex
import subprocess
import sys

import click

from deploy.local.daemon import ROOT, LocalRuntimeError
from deploy.local.stack import HOLDGATE, Stack


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run Holdgate on this machine, with its data in .runtime/dev."""


@main.command()
@click.option("--workers", default=2, show_default=True, help="Number of screening workers.")
def up(workers: int) -> None:
    """Start everything and print the addresses."""
    stack = Stack(workers=workers, watched=True)
    if not stack.up(lambda step: click.echo(f"  {step}", err=True)):
        click.echo("Everything is already running.")
    metrics = "\n".join(f"    http://{worker.address}/metrics" for worker in stack.workers)
    click.echo(
        f"""
Holdgate is running. It reads payments from payments.submitted and writes decisions to screening.decisions.
  Desk        {stack.desk.url} (what happens now: {stack.desk.url}/live)
  Kafka       {stack.kafka.bootstrap}
  Redis       {stack.redis.url}
  Prometheus  http://{stack.prometheus.address}/alerts
  Metrics of the workers
{metrics}
  Policy      {_relative(stack.policy)} (never for real payments: it ignores the age of the sample list)
  Logs        {_relative(stack.folder)}/*/log
To use Holdgate's commands with it:
    eval "$(.venv/bin/python -m deploy.local env)" && .venv/bin/holdgate status
Next: make payments (watch 200 payments on the desk), make status, make logs, make down"""
    )


@main.command()
def down() -> None:
    """Stop everything and keep the data."""
    stopped = Stack().down()
    click.echo("stopped " + ", ".join(stopped) if stopped else "nothing was running")


@main.command()
def status() -> None:
    """Run `holdgate status` on the stack: what is wrong, and who has which partitions."""
    stack = Stack()
    if not stack.kafka.ports:
        raise LocalRuntimeError("nothing was started yet; run `make up`")
    environment = os.environ | stack.environment
    sys.exit(subprocess.run([str(HOLDGATE), "status"], env=environment, check=False).returncode)


@main.command()
def programs() -> None:
    """Print each program with its address, process id and memory."""
    for daemon in Stack(workers=0).daemons:
        address = daemon.address if daemon.ports else "-"
        state = f"pid {daemon.pid}, {daemon.rss / 2**20:.0f} MiB" if daemon.pid else "not running"
        click.echo(f"{daemon.name:14} {address:18} {state}")


@main.command()
def logs() -> None:
    """Follow the logs of all programs, until Ctrl-C."""
    files = [str(daemon.log) for daemon in Stack(workers=0).daemons if daemon.log.exists()]
    if not files:
        raise LocalRuntimeError("there are no logs yet; start the stack with `make up`")
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run(["tail", "-n", "20", "-F", *files], check=False)


@main.command()
def env() -> None:
    """Print the stack's HOLDGATE_* variables as export commands, for eval."""
    for name, value in Stack().environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _relative(path: os.PathLike[str]) -> str:
    return os.path.relpath(path, ROOT)


if __name__ == "__main__":
    try:
        main(prog_name="python -m deploy.local")
    except LocalRuntimeError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
