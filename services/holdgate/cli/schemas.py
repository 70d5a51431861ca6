"""`holdgate schemas`: the JSON Schemas of the messages."""

import sys
from pathlib import Path

import click

from holdgate.cli.console import echo_err


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="schemas")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is out of date.")
def schemas(folder: Path, check: bool) -> None:
    """Write the JSON Schemas of the messages into FOLDER.

    FOLDER is "schemas" by default. The schemas are generated from the types in the code.

    Exit codes: 0, or 1 if --check finds a file that is out of date.
    """
    from holdgate.schemas import drift, write

    changed = drift(folder) if check else write(folder)
    for path in changed:
        echo_err(f"{path}: {'out of date; run `holdgate schemas`' if check else 'written'}")
    sys.exit(1 if check and changed else 0)
