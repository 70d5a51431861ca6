"""`holdgate quality`: how well matching works on given lists."""

from pathlib import Path

import click
import msgspec

from holdgate.cli.console import (
    LISTS,
    POLICY,
    ListsCommand,
    build_lists,
    choose_policy,
    echo_err,
    exit_on_error,
)


@click.command(cls=ListsCommand)
@LISTS
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ordinary names and labelled pairs; without them recall and cost alone are measured.",
)
@click.option("--seed", default=1, show_default=True, help="Of the manipulated names.")
@click.option("--size", default=200, show_default=True, help="Manipulated names a class.")
@POLICY
@click.option("--ablation", is_flag=True, help="Also switch each technique off in turn: takes minutes.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page here."
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
    """Measure matching: what is found of manipulated names, and which ordinary names are alerted."""
    from holdgate.quality import reference_data as measuring
    from holdgate.quality.table import render

    with exit_on_error():
        policy, entries = choose_policy(policy_path), build_lists(specs).entries
    echo_err("measuring: some minutes")
    report = measuring.measure(entries, data, policy, seed=seed, size=size)
    without = measuring.ablate(entries, data, policy, seed=seed, size=size) if ablation else ()
    table = render(report, without)
    if page is not None:
        page.write_text(measuring.render_page(report, table), encoding="utf-8")
    click.echo(msgspec.json.encode({"report": report, "ablation": without}) if as_json else table)
