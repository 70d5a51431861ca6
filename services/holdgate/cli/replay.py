"""`holdgate replay`: screen a range of past payments again and report which decisions would change."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
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
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import HoldReason, Outcome, ReleaseReason
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.replay import report_html
from holdgate.replay.journal import Checkpoint, Journal, read_journal, resume_journal
from holdgate.replay.report import build_report, render_text
from holdgate.replay.run_setup import RunRequest, check_request, check_versions, new_run
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

CHANGED = 1
REASONS = (*get_args(ReleaseReason), *get_args(HoldReason))
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
                check_request(request)
            journal, screener = _opened(settings, request, Path(resumed) if resumed else None, engine)
            path = journal.path
            echo_err(f"journal: {path}")
            _run(settings, journal, screener, rate)
        found = build_report(path)
        for line in _shown(path, shape):
            click.echo(line, file=target_file)
        sys.exit(CHANGED if found.counted.changed and found.run.mode == "diff" else 0)


def _opened(
    settings: Settings, request: RunRequest, resumed: Path | None, engine: str | None
) -> tuple[Journal, Screener]:
    """The journal of a new run, or of the one gone on with, and what it screens with."""
    from holdgate.adapters.kafka.log import KafkaLog

    if resumed is not None:
        journal = resume_journal(resumed)
        run = journal.run
        screener = _screener(settings, run.lists, run.list_version, run.policy)
        check_versions(run, screener)
        return journal, screener
    screener = _screener(settings, request.specs, request.list_version, request.policy_path)
    if engine is not None and engine != screener.versions.engine:
        raise OperatorError(
            f"this is engine {screener.versions.engine}, not {engine}: run the replay with that image"
        )
    return new_run(settings, KafkaLog(settings), request, screener.versions), screener


def _screener(
    settings: Settings, specs: tuple[str, ...], version: str | None, policy_path: str | None
) -> Screener:
    from holdgate.adapters import snapshot_lookup

    snapshot = build_lists(specs) if specs else snapshot_lookup.snapshot(settings, version)
    return Screener(snapshot, snapshot_lookup.policy(Path(policy_path or settings.policy)))


def _run(settings: Settings, journal: Journal, screener: Screener, rate: float | None) -> None:
    """Replay what is left, audited if it publishes."""
    from holdgate.adapters.kafka.audit_log import AuditLog
    from holdgate.adapters.kafka.log import KafkaLog
    from holdgate.replay.publication import open_publication
    from holdgate.replay.runner import run_to_end

    log, run, start = KafkaLog(settings), journal.run, journal.checkpoint
    stale = _fresh_now(settings, screener) if run.mode == "reissue" else all_fresh
    audit, what = AuditLog(settings), {"topic": run.target or "", "lists": run.list_version}
    with ExitStack() as exits, resume_hint(f"`holdgate replay --resume {journal.path}`"):
        exits.callback(journal.close)
        done = sum(start.next[partition] - first for partition, (first, _) in run.span.items())
        bar = exits.enter_context(_progress(run.offsets, done))
        target = exits.enter_context(open_publication(settings, log, run, start)) if run.target else None
        if target and not done:
            audit.write(run.run_id, "replay.publish", "started", run.why or "", what)
        try:
            end = run_to_end(journal, log, screener, stale=stale, publication=target, rate=rate, progress=bar)
        except OperatorError:
            if target:
                audit.write(run.run_id, "replay.publish", "ended", run.why or "", what, outcome="refused")
            raise
        if target:
            counts = {"published": end.counted.published}
            audit.write(run.run_id, "replay.publish", "ended", run.why or "", what, counts)


def _execute(path: Path, *, again: bool, rate: float | None) -> None:
    """Carry a plan out, with the current lists and the policy of the settings."""
    from holdgate.replay import reissue

    settings = read_settings()
    plan = reissue.read_plan(path, datetime.now(UTC))
    screener = _screener(settings, (), None, None)
    stale = _fresh_now(settings, screener)
    words = f"`holdgate replay --execute {path} --again`"
    with resume_hint(words), _progress(len(plan.follows)) as bar:
        ended = reissue.reissue(settings, plan, screener, stale, again=again, rate=rate, progress=bar)
    echo_err(f"reissued as {ended.run_id}, audited: {ended.reason}")
    click.echo(msgspec.json.encode(ended))


def _fresh_now(settings: Settings, screener: Screener) -> Stale:
    from holdgate.adapters import snapshot_lookup

    return snapshot_lookup.staleness_now(settings, screener.snapshot, screener.policy)


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
    else:
        yield from (report_html.render_html if shape == "html" else render_text)(build_report(path))


def effect(settings: Settings, snapshot: Snapshot, most: int) -> Iterator[str]:
    """What lists would do to the last payments, as lines; the policy is that of the settings."""
    from holdgate.adapters import snapshot_lookup
    from holdgate.adapters.kafka.log import KafkaLog
    from holdgate.replay.run_setup import last_payments
    from holdgate.replay.runner import run_to_end

    log = KafkaLog(settings)
    screener = Screener(snapshot, snapshot_lookup.policy(Path(settings.policy)))
    request = RunRequest(start=last_payments(log, most))
    journal = new_run(settings, log, request, screener.versions)
    with resume_hint(f"`holdgate replay --resume {journal.path}`"), closing(journal):
        run_to_end(journal, log, screener)
    yield ""
    yield from render_text(build_report(journal.path))
