"""`holdgate quality`: measure how well matching works on given lists."""

from pathlib import Path

import click
import msgspec

from holdgate.cli.console import (
    LISTS,
    POLICY,
    REFUSED,
    ListsCommand,
    build_lists,
    choose_policy,
    die,
    echo_err,
    exit_on_error,
)


@click.command(cls=ListsCommand)
@LISTS
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with ordinary names and labelled pairs; without it, false alerts are not measured.",
)
@click.option("--seed", default=1, show_default=True, help="Random seed for the manipulated names.")
@click.option("--size", default=200, show_default=True, help="Manipulated names per class.")
@POLICY
@click.option("--ablation", is_flag=True, help="Also measure without each technique in turn; takes minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to this file as a web page.",
)
def quality(
    specs: tuple[str, ...],
    data: Path | None,
    seed: int,
    size: int,
    policy_path: str | None,
    ablation: bool,
    as_json: bool,
    page: Path | None,
) -> None:
    """Measure matching: recall on manipulated names, false alerts.

    Changes listed names in many ways (typing errors, other scripts, missing parts ...) and counts how many
    are still found, and how many are held where they share a field with other words. With --data it also
    counts how many ordinary names are alerted.
    """
    from holdgate.quality import reference_data
    from holdgate.quality.page import render_page
    from holdgate.quality.table import render_table

    with exit_on_error():
        policy, entries = choose_policy(policy_path), build_lists(specs).entries
    echo_err("measuring; this takes some minutes")
    try:
        report = reference_data.measure_data(entries, data, policy, seed=seed, size=size)
        without = reference_data.ablate_data(entries, data, policy, seed=seed, size=size) if ablation else ()
    except FileNotFoundError as error:
        die(f"--data {data}: {error.filename} is missing", REFUSED)
    table = render_table(report, without)
    if page is not None:
        page.write_text(render_page(report, without), encoding="utf-8")
    click.echo(msgspec.json.encode({"report": report, "ablation": without}) if as_json else table)
