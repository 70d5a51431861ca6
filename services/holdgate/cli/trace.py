"""`holdgate trace`: everything that is known about one payment."""

import click
import msgspec

from holdgate.cli.console import echo_text, exit_on_error, read_settings


@click.command()
@click.argument("payment_id")
@click.option("--last", default="24h", show_default=True, metavar="DURATION", help="Search window.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per event.")
def trace(payment_id: str, last: str, as_json: bool) -> None:
    """Show everything known about one payment, in time order.

    Reads the topics, the audit, the list versions and the claim in Redis. The output contains personal data:
    the screened name and the listed name of every match.

    Exit codes: 0 if something is known, 3 if nothing is.
    """
    from holdgate.replay.offset_range import parse_duration
    from holdgate.status.payment_trace import trace as trace_payment

    with exit_on_error():
        events = trace_payment(read_settings(), payment_id, parse_duration(last))
    for event in events:
        if as_json:
            click.echo(msgspec.json.encode(event))
            continue
        echo_text(f"{event.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {event.where:11}  {event.place}")
        for line in event.said:
            echo_text(f"{'':25}{line}")
