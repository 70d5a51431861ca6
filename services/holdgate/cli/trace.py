"""`holdgate trace`: all that is known of one payment."""

import click
import msgspec

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
@click.argument("payment_id")
@click.option("--last", default="24h", show_default=True, metavar="DURATION", help="Look so far back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def trace(payment_id: str, last: str, as_json: bool) -> None:
    """Print what the topics, the audit, the lists and Redis know of a payment, in time order.

    It prints names: what a decision held on, and the name that was met.
    """
    from holdgate.replay.offset_range import parse_duration
    from holdgate.status.payment_trace import trace as known

    with exit_on_error():
        found = known(read_settings(), payment_id, parse_duration(last))
    for seen in found:
        if as_json:
            click.echo(msgspec.json.encode(seen))
            continue
        click.echo(f"{seen.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {seen.where:11}  {seen.place}")
        for line in seen.said:
            click.echo(f"{'':25}{line}")
