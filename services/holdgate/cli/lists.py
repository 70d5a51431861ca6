"""`holdgate lists ...`: reading, checking, publishing and showing sanctions lists."""

import click
import msgspec

from holdgate.cli.console import REFUSED, choose_policy, die, echo_err, exit_on_error, read_settings
from holdgate.core.lists.snapshot import load_snapshot, read_header


@click.group()
def lists() -> None:
    """Sanctions lists."""


@lists.command("publish")
@click.argument("specs", nargs=-1, required=True, metavar="NAME=PATH...")
@click.option(
    "--allow-shrink", is_flag=True, help="Publish although a list is gone or lost half of its entries."
)
@click.option("--rollback", is_flag=True, help="Sign lists that are older than the current ones.")
def lists_publish(specs: tuple[str, ...], allow_shrink: bool, rollback: bool) -> None:
    """Read lists, index them, and make them current in Redis in one step; a rollback ends by it."""
    from holdgate.lists import publication as service
    from holdgate.lists.rollback import pin

    with exit_on_error():
        built = service.build_lists(service.parse_specs(specs), echo_err)
        settings = read_settings()
        announcement = service.publish(settings, built, allow_shrink=allow_shrink, rollback=rollback)
        pin(settings, None)
        echo_err(
            f"current: {announcement.version}, {announcement.entries:,} entries, {len(built.data):,} bytes"
        )
        click.echo(msgspec.json.encode(announcement))


@lists.command("serve")
def lists_serve() -> None:
    """Publish the lists of HOLDGATE_LISTS again and again: the service."""
    from holdgate.lists.service import serve
    from holdgate.runtime.logs import configure

    with exit_on_error():
        settings = read_settings()
        configure(settings.log_level)
        serve(settings)


@lists.command("status")
def lists_status() -> None:
    """Say which snapshot is current and how old its lists are, as one JSON object."""
    from holdgate.adapters.redis.snapshot_store import SnapshotStore

    with exit_on_error():
        store = SnapshotStore(read_settings())
        pointer = store.current()
        if pointer is None:
            die("no snapshot has been published: run `holdgate lists publish NAME=PATH...`", REFUSED)
        click.echo(msgspec.json.encode({"current": pointer, "kept": store.versions()}))


@lists.command("show")
@click.argument("version")
def lists_show(version: str) -> None:
    """Print a snapshot of Redis: its header, then its entries, one JSON object a line."""
    from holdgate.adapters.redis.snapshot_store import SnapshotStore

    with exit_on_error():
        store = SnapshotStore(read_settings())
        data = store.get(version)
        if data is None:
            die(f"Redis does not hold {version}; it holds {', '.join(store.versions()) or 'none'}", REFUSED)
            return
        click.echo(msgspec.json.encode(read_header(data)))
        for entry in load_snapshot(data).entries:
            click.echo(msgspec.json.encode(entry))


@lists.command("check")
@click.argument("specs", nargs=-1, required=True, metavar="NAME=PATH...")
def lists_check(specs: tuple[str, ...]) -> None:
    """Read lists and publish nothing: counts, and whether each entry is found by each of its names."""
    from holdgate.core.engine.canary import check_listed_names
    from holdgate.core.engine.screener import Screener
    from holdgate.lists import publication as service

    with exit_on_error():
        missed = 0
        for name, place in service.parse_specs(specs).items():
            built = service.build_lists({name: place}, echo_err)
            found = check_listed_names(Screener(load_snapshot(built.data), choose_policy(None)))
            missed += len(found.missed)
            click.echo(msgspec.json.encode({"edition": built.header.editions[0], "canary": found}))
        if missed:
            die(f"{missed} listed names do not find their own entry", REFUSED)


@lists.command("rollback")
@click.argument("version")
@click.option("--reason", "why", required=True, help="Why; kept in the audit.")
def lists_rollback(version: str, why: str) -> None:
    """Make an earlier snapshot current again; the service holds to it until `lists publish`."""
    from holdgate.lists.rollback import roll_back

    with exit_on_error():
        announcement = roll_back(read_settings(), version, why)
        echo_err(f"current: {version}, until lists are published by hand")
        click.echo(msgspec.json.encode(announcement))


@lists.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--decisions", type=click.IntRange(min=1), help="Also screen the last N payments with B.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry.")
def lists_diff(before: str, after: str, decisions: int | None, as_json: bool) -> None:
    """Print which entries B has more, fewer or otherwise than A: versions, `current`, or NAME=PATH."""
    from holdgate.cli.console import lists_named
    from holdgate.lists.diff import diff_lists, render_diff

    with exit_on_error():
        settings = read_settings()
        old, new = lists_named(settings, before), lists_named(settings, after)
        found = diff_lists(old, new)
        for line in (
            map(msgspec.json.encode, found) if as_json else render_diff(found, old.version, new.version)
        ):
            click.echo(line)
        if decisions is not None:
            from holdgate.cli.replay import effect

            for line in effect(settings, new, decisions):
                click.echo(line)
