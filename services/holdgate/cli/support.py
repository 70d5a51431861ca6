"""`holdgate support`: one file with what somebody needs who was not there."""

from pathlib import Path
from typing import TextIO

import click

from holdgate.cli.console import echo_err, exit_on_error, read_settings


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="holdgate-support.tar.gz", show_default=True,
    help="The file to write; it must not exist.",
)  # fmt: skip
@click.option(
    "--log", "logs", multiple=True, type=click.File("r", errors="replace"), metavar="FILE",
    help="A log file to include, or - for stdin; may be repeated.",
)  # fmt: skip
@click.option(
    "--metrics", "addresses", multiple=True, metavar="HOST:PORT",
    help="A service other than a worker whose metrics to include; may be repeated.",
)  # fmt: skip
def support(output: Path, logs: tuple[TextIO, ...], addresses: tuple[str, ...]) -> None:
    """Collect status, settings, metrics and logs for support.

    It has no secrets, no payments and no names: of settings no passwords, of log lines only codes.
    Look into it before you send it. What does not answer is noted in it.

    Exit codes: 3 if the file exists.
    """
    from holdgate.runtime.errors import OperatorError
    from holdgate.status.support_bundle import support_files, write_bundle

    with exit_on_error():
        if output.exists():
            raise OperatorError(f"{output} exists; remove it, or give another name with -o")
        lines = {log.name: list(log) for log in logs}
        files = list(support_files(read_settings(), lines, addresses))
        output.write_bytes(write_bundle(files))
        output.chmod(0o600)
        for name, content in files:
            echo_err(f"{len(content):>9,} bytes  {name}")
        click.echo(str(output))
