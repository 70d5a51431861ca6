"""`make payments`: send the 200 payments of the demo to the stack of `make up`, slowly enough to watch."""

import sys
import time

import click
from kafka import KafkaProducer

from deploy.demo.cases import demo_cases, new_run
from deploy.local.daemon import LocalRuntimeError
from deploy.local.stack import Stack
from holdgate.adapters.kafka.clients import open_client
from holdgate.core.records.topics import SUBMITTED


@click.command()
@click.option(
    "--rate", default=10.0, show_default=True, type=click.FloatRange(0.1, 1_000), help="Payments a second."
)
def main(rate: float) -> None:
    """Send 200 payments, some of them to listed parties, to the stack of `make up`."""
    stack = Stack()
    if stack.kafka.pid is None:
        raise click.ClickException("nothing runs; run `make up` first")
    cases, run = demo_cases(), new_run()
    click.echo(
        f"sending {len(cases)} payments within {len(cases) / rate:.0f} s: watch {stack.desk.url}/live",
        err=True,
    )
    producer = open_client(KafkaProducer, bootstrap_servers=stack.kafka.bootstrap, acks="all")
    try:
        for case in cases:
            key, value = case.record(run)
            producer.send(SUBMITTED.name, key=key.encode(), value=value).get(timeout=10)
            time.sleep(1 / rate)
    finally:
        producer.close()
    held = sum(case.expect[0] == "HOLD" for case in cases)
    click.echo(f"sent as {run}.DEMO-...; {held} of them will be held: decide on them at {stack.desk.url}")


if __name__ == "__main__":
    try:
        main()
    except LocalRuntimeError as error:
        click.echo(error, err=True)
        sys.exit(2)
