"""`holdgate screening`, `review`, `desk` and `probe`: services that take no arguments."""

import click

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
def screening() -> None:
    """Run a screening worker: payments in, decisions out.

    Reads payments.submitted and writes screening.decisions. Run as many workers as the topic has partitions;
    they share the work. Serves /metrics, /health/live and /health/ready at HOLDGATE_HTTP.

    Exits with 5 after too many dead letters and with 6 if it stopped making progress. No payment is lost:
    records without a decision are delivered again.
    """
    from holdgate.screening.worker import run

    with exit_on_error():
        run(read_settings())


@click.command()
def review() -> None:
    """Run the review process: what people decide on holds.

    It opens a case for every hold, screens a payment again before it is released, and writes the decision of
    people. Reads screening.decisions and review.events. One process is active; any number stand by. Serves
    /metrics at HOLDGATE_HTTP. Its rules are in HOLDGATE_REVIEW_RULES.
    """
    from holdgate.review.service import serve

    with exit_on_error():
        serve(read_settings())


@click.command()
def desk() -> None:
    """Run the desk: web pages for people who decide on holds.

    It reads review.events and review.evidence into a file in HOLDGATE_DATA and only appends events; `holdgate
    review` writes decisions. Listens on HOLDGATE_DESK, and serves /metrics at HOLDGATE_HTTP. Try it out with
    HOLDGATE_DESK_SIGN_IN=demo.
    """
    from holdgate.desk.service import serve

    with exit_on_error():
        serve(read_settings())


@click.command()
def probe() -> None:
    """Run the probe: test payments through the live gate.

    Sends one payment that must be held and one that must be released every few seconds, and measures Kafka
    and Redis. Serves the results as metrics at HOLDGATE_HTTP.
    """
    from holdgate.probe.service import serve

    with exit_on_error():
        serve(read_settings())
