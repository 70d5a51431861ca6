"""`holdgate replay`: screen a range of past payments again and report which decisions would change."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, get_args

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from holdgate.cli.console import (
    ListsCommand,
    build_lists,
    echo_err,
    exit_on_error,
    read_settings,
    resume_hint,
)
from holdgate.core.model.decision import Outcome, Reason
from holdgate.replay import report_html
from holdgate.replay.journal import Checkpoint, read_journal
from holdgate.replay.report import build_report, render_text
from holdgate.replay.run_setup import RunRequest, begin_run, resume_run
from holdgate.replay.runner import execute_run
from holdgate.runtime.terminal_text import escape_text

CHANGED = 1
REASONS = get_args(Reason)
FILE = click.Path(dir_okay=False)
Shape = Literal["table", "json", "html"]


@click.command(cls=ListsCommand)
@click.option(
    "--from",
    "start",
    metavar="START",
    help="First record: earliest, a time, or offsets such as 0:1200,1:1180 (partition:offset).",
)
@click.option("--to", "end", metavar="END", help="End, in the same forms (default: the end of the topic).")
@click.option("--last", metavar="DURATION", help="Replay this long until now, such as 90s, 30m, 2h or 7d.")
@click.option(
    "--mode",
    type=click.Choice(["diff", "publish", "reissue"]),
    default="diff",
    show_default=True,
    help="What to do with the new decisions; see above.",
)
@click.option("--payment-id", "payment_ids", multiple=True, help="Only this payment; may be repeated.")
@click.option("--uetr", "uetrs", multiple=True, help="Only this UETR; may be repeated.")
@click.option("--key", "keys", multiple=True, help="Only records with this key; may be repeated.")
@click.option("--rail", "rails", multiple=True, help="Only payments on this rail; may be repeated.")
@click.option("--decision", type=click.Choice(get_args(Outcome)), help="Only payments with this decision.")
@click.option(
    "--decided-for",
    "reasons",
    type=click.Choice(REASONS),
    multiple=True,
    metavar="REASON",
    help="Only payments decided for this reason, such as LIST_MATCH; may be repeated.",
)
@click.option("--lists", "specs", multiple=True, metavar="NAME=PATH", help="Screen with these lists.")
@click.option("--list-version", metavar="VERSION", help="Screen with this version from Redis or the archive.")
@click.option("--policy", "policy_path", type=FILE, help="Screen with this policy file.")
@click.option("--engine", metavar="VERSION", help="Abort if the installed engine is not this version.")
@click.option(
    "--topic",
    "target",
    default="screening.replays",
    show_default=True,
    help="Topic to write to, with --mode publish.",
)
@click.option("--reason", "why", help="Why, for the audit topic. Required for publish and reissue.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Maximum payments per second.")
@click.option("--max", "most", type=click.IntRange(min=1), help="Stop after this many payments.")
@click.option("--journal", type=FILE, help="File that records the run (default: in HOLDGATE_DATA/replays).")
@click.option("--resume", "resumed", type=FILE, metavar="JOURNAL", help="Continue an interrupted run.")
@click.option("--show", "shown", type=FILE, metavar="JOURNAL", help="Only print the report of a run.")
@click.option(
    "--execute", "plan", type=FILE, metavar="JOURNAL", help="Execute the plan made by --mode reissue."
)
@click.option("--again", is_flag=True, help="With --execute: continue a plan whose execution stopped.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(get_args(Shape)),
    default="table",
    show_default=True,
    help="Format of the report.",
)
@click.option(
    "-o",
    "--output",
    "target_file",
    type=click.File("w", encoding="utf-8"),
    default="-",
    help="Output file (default: stdout).",
)
def replay(
    resumed: str | None,
    shown: str | None,
    engine: str | None,
    plan: str | None,
    again: bool,
    rate: float | None,
    shape: Shape,
    target_file: IO[str],
    **asked: Any,
) -> None:
    """Screen past payments again and report changed decisions.

    Give a range with --from or --last. By default payments are screened with the current lists and
    HOLDGATE_POLICY; other lists or another policy show what they would change.

    \b
    --mode diff     only report; write nothing to Kafka
    --mode publish  write every new decision to a topic of its own, --topic
    --mode reissue  make a plan in the journal; --execute writes its decisions
                    to the live topic, each naming the one it supersedes

    Exit codes: 0 if nothing would change (or everything is written), 1 if some decisions would change, 3 if
    it is not possible, 4 if Kafka or Redis does not answer; then continue with --resume.
    """
    with exit_on_error():
        if plan is not None:
            _execute(Path(plan), again=again, rate=rate)
            return
        path = Path(shown) if shown else None
        if path is None:
            settings, request = read_settings(), msgspec.convert(asked, RunRequest)
            if resumed is None:
                journal, screener = begin_run(settings, request, build_lists, engine)
            else:
                journal, screener = resume_run(settings, Path(resumed), build_lists)
            path = journal.path
            echo_err(f"journal: {path}")
            with (
                closing(journal),
                resume_hint(f"`holdgate replay --resume {path}`"),
                _progress(journal.run.offsets, journal.offsets_done) as progress,
            ):
                execute_run(settings, journal, screener, rate=rate, progress=progress)
        report = build_report(path)
        for line in _shown(path, shape):
            click.echo(line, file=target_file)
        sys.exit(CHANGED if report.counts.changed and report.run.mode == "diff" else 0)


def _execute(path: Path, *, again: bool, rate: float | None) -> None:
    """Execute a plan, and print its audit."""
    from holdgate.replay import reissue

    plan = reissue.read_plan(path, datetime.now(UTC))
    hint = f"`holdgate replay --execute {path} --again`"
    with resume_hint(hint), _progress(len(plan.follows)) as progress:
        audit = reissue.execute_plan(read_settings(), plan, again=again, rate=rate, progress=progress)
    echo_err(f"reissued as {audit.run_id}, audited: {audit.reason}")
    click.echo(msgspec.json.encode(audit))


@contextmanager
def _progress(total: int, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Show a progress bar with the remaining time on stderr, if it is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("replaying", total=total, completed=done)
        yield lambda count: bar.advance(task, count)


def _shown(path: Path, shape: Shape) -> Iterator[str]:
    if shape == "json":
        kept = (line for line in read_journal(path) if not isinstance(line, Checkpoint))
        yield from (msgspec.json.encode(line).decode() for line in kept)
    elif shape == "html":
        yield from report_html.render_html(build_report(path))
    else:
        yield from map(escape_text, render_text(build_report(path)))
