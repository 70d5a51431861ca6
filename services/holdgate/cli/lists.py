"""`holdgate lists ...`: check, publish, compare and roll back sanctions lists."""

from collections import defaultdict
from contextlib import closing

import click
import msgspec

from holdgate.cli.console import (
    REFUSED,
    choose_policy,
    die,
    echo_err,
    exit_on_error,
    read_settings,
    resume_hint,
)
from holdgate.core.lists.snapshot import load_snapshot, read_header
from holdgate.core.model.listed_entry import Entry


@click.group()
def lists() -> None:
    """Check, publish, compare and roll back sanctions lists."""


@lists.command("publish")
@click.argument("specs", nargs=-1, required=True, metavar="NAME=PATH...")
@click.option(
    "--accept-change",
    "accepted",
    multiple=True,
    metavar="NAME",
    help="Publish this list even if it changes more than the policy allows, or is left out.",
)
@click.option("--reason", "why", help="Why, for the audit topic. Required with --accept-change.")
@click.option("--rollback", is_flag=True, help="Allow signed lists that are older than the current ones.")
def lists_publish(specs: tuple[str, ...], accepted: tuple[str, ...], why: str | None, rollback: bool) -> None:
    """Read and index lists, and make them current.

    Give every list that payments are screened with, each as a file, folder or URL. The switch is one step in
    Redis; workers follow within seconds. It also ends a rollback.

    While a lists service serves other sources, the publication is pinned: the service keeps it, and reads
    none of its sources, until `lists resume`.

    A list that changes more in one step than the policy allows ([list_changes]: entries or names removed, ids
    that are new) is refused: the file may be cut or another one.

    Exit codes: 3 if a list is refused; the current lists stay. 4 if Redis or Kafka does not answer.
    """
    from holdgate.adapters.files.list_download import DownloadOptions
    from holdgate.lists import building
    from holdgate.lists.by_hand import publish_by_hand

    if accepted and not why:
        raise click.UsageError("--reason is required with --accept-change: it is audited")
    with exit_on_error():
        parsed = building.parse_specs(specs)
        settings = read_settings()
        built = building.build_lists(parsed, echo_err, DownloadOptions(settings.fetch_agent))
        done = publish_by_hand(
            settings, built, parsed, accepted=accepted, reason=why or "", rollback=rollback
        )
        announcement = done.announcement
        echo_err(
            f"current: {announcement.version}, {announcement.entries:,} entries, {len(built.data):,} bytes"
        )
        if done.served:
            echo_err(
                f"pinned: the lists service has other sources for {', '.join(done.served)}. It keeps this"
                " version and reads none of them, so the lists grow older, until"
                " `holdgate lists resume --reason WHY`"
            )
        click.echo(msgspec.json.encode(announcement))


@lists.command("resume")
@click.option("--reason", "why", required=True, help="Why, for the audit topic.")
def lists_resume(why: str) -> None:
    """Let the lists service publish its sources again.

    Ends a rollback, a pinned publication by hand, and a conflict between publishers. The service replaces the
    current lists within seconds.

    Exit codes: 3 if nothing keeps the current lists.
    """
    from holdgate.lists.by_hand import resume

    with exit_on_error():
        version = resume(read_settings(), why)
        echo_err(f"the lists service may replace {version}")


@lists.command("serve")
def lists_serve() -> None:
    """Run the service that keeps lists up to date.

    Reads the lists of HOLDGATE_LISTS every HOLDGATE_LISTS_REFRESH seconds and publishes them.
    """
    from holdgate.lists.service import serve
    from holdgate.runtime.logs import configure

    with exit_on_error():
        settings = read_settings()
        configure(settings.log_level)
        serve(settings)


@lists.command("status")
def lists_status() -> None:
    """Print the current version and the ages of its lists, as JSON.

    `pinned` is the version that a rollback or a publication by hand keeps current.
    """
    from holdgate.adapters.redis.snapshot_store import SnapshotStore

    with exit_on_error():
        with closing(SnapshotStore(read_settings())) as store:
            pointer = store.current()
            if pointer is None:
                die("no lists have been published; run `holdgate lists publish NAME=PATH...`", REFUSED)
            shown = {"current": pointer, "kept": store.versions(), "pinned": store.pinned()}
        click.echo(msgspec.json.encode(shown))


@lists.command("show")
@click.argument("version")
def lists_show(version: str) -> None:
    """Print a version from Redis: its header and entries, as JSON lines."""
    from holdgate.adapters.redis.snapshot_store import SnapshotStore

    with exit_on_error():
        store = SnapshotStore(read_settings())
        data = store.get(version)
        if data is None:
            die(
                f"version {version} is not in Redis; available: {', '.join(store.versions()) or 'none'}",
                REFUSED,
            )
            return
        click.echo(msgspec.json.encode(read_header(data)))
        for entry in load_snapshot(data).entries:
            click.echo(msgspec.json.encode(entry))


@lists.command("check")
@click.argument("specs", nargs=-1, required=True, metavar="NAME=PATH...")
@click.option(
    "--against",
    metavar="BEFORE",
    help='Also compare with a version, "current" or NAME=PATH: ids kept, removed and new, names lost.',
)
def lists_check(specs: tuple[str, ...], against: str | None) -> None:
    """Check lists without publishing them.

    Reads and counts them, and looks up every listed name: each has to find its own entry. With --against it
    says how each list changes, and whether the policy allows that in one step.

    Exit codes: 3 if a list cannot be read or a name does not find its entry.
    """
    from holdgate.adapters.files.list_download import DownloadOptions
    from holdgate.core.engine.canary import check_listed_names
    from holdgate.core.engine.screener import Screener
    from holdgate.core.lists.list_change import exceeded_limits, measure_change
    from holdgate.lists import building

    with exit_on_error():
        missed, options = 0, DownloadOptions(read_settings().fetch_agent)
        before = {} if against is None else _listed_before(against)
        for name, place in building.parse_specs(specs).items():
            built = building.build_lists({name: place}, echo_err, options)
            lists_read, policy = load_snapshot(built.data), choose_policy(None)
            found = check_listed_names(Screener(lists_read, policy))
            missed += len(found.missed)
            shown: dict[str, object] = {"edition": built.header.editions[0], "canary": found}
            if name in before:
                change = measure_change(name, before[name], lists_read.entries)
                limits = policy.list_changes.limits(name)
                shown["change"] = {"kept": change.common_ids, **msgspec.structs.asdict(change)}
                shown["exceeds"] = list(exceeded_limits(change, limits))
            click.echo(msgspec.json.encode(shown))
        if missed:
            die(f'{missed} listed names do not find their own entry; see "missed" in the output', REFUSED)


def _listed_before(against: str) -> dict[str, list[Entry]]:
    """Return the entries to compare with, by list."""
    from holdgate.cli.console import lists_named

    by_list: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in lists_named(read_settings(), against).entries:
        by_list[entry.list].append(entry)
    return by_list


@lists.command("rollback")
@click.argument("version")
@click.option("--reason", "why", required=True, help="Why, for the audit topic.")
def lists_rollback(version: str, why: str) -> None:
    """Make an earlier version current again.

    The lists service keeps it current until `lists resume` or the next `lists publish`.
    """
    from holdgate.lists.by_hand import roll_back

    with exit_on_error():
        announcement = roll_back(read_settings(), version, why)
        echo_err(f"current: {version}, until `holdgate lists resume` or `lists publish`")
        click.echo(msgspec.json.encode(announcement))


@lists.command("diff")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@click.option(
    "--decisions", type=click.IntRange(min=1), help="Also show how AFTER would change the last N decisions."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per entry.")
def lists_diff(before: str, after: str, decisions: int | None, as_json: bool) -> None:
    """Compare two versions of the lists entry by entry.

    BEFORE and AFTER are each a version, "current", or NAME=PATH.
    """
    from holdgate.cli.console import echo_text, lists_named
    from holdgate.lists.diff import diff_lists, render_diff

    with exit_on_error():
        settings = read_settings()
        old, new = lists_named(settings, before), lists_named(settings, after)
        found = diff_lists(old, new)
        if as_json:
            for change in found:
                click.echo(msgspec.json.encode(change))
        else:
            for line in render_diff(found, old.version, new.version):
                echo_text(line)
        if decisions is not None:
            from holdgate.replay.list_effect import begin_effect_run
            from holdgate.replay.report import build_report, render_text
            from holdgate.replay.runner import execute_run

            journal, screener = begin_effect_run(settings, new, decisions)
            with closing(journal), resume_hint(f"`holdgate replay --resume {journal.path}`"):
                execute_run(settings, journal, screener)
            click.echo()
            for line in render_text(build_report(journal.path)):
                echo_text(line)
