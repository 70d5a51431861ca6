"""`holdgate replay`: a range of payments screened again, and what would change.

Exit codes: 0 nothing would change (or all is published), 1 some decisions would change, 2 called wrongly,
3 it cannot be done, 4 Kafka or Redis does not answer: go on with --resume.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Literal, get_args

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from holdgate.console import UNREACHABLE, ListsCommand, build_lists, fail, read_settings, say, told
from holdgate.core.decision import HoldReason, Outcome, ReleaseReason
from holdgate.core.screen import Screener
from holdgate.refusal import NotPossibleError
from holdgate.replay import html
from holdgate.replay.beginning import Request, check, check_versions, new_run
from holdgate.replay.journal import Checkpoint, Journal, Run, lines, resume
from holdgate.replay.publication import publication
from holdgate.replay.report import page, report
from holdgate.settings import Settings

CHANGED = 1
REASONS = (*get_args(ReleaseReason), *get_args(HoldReason))
FILE = click.Path(dir_okay=False)
Shape = Literal["table", "json", "html"]


@click.command(cls=ListsCommand)
@click.option("--from", "start", metavar="WHERE", help="earliest, a time, or offsets as 0:1200,1:1180.")
@click.option("--to", "end", metavar="WHERE", help="The same; without it, up to what stands there now.")
@click.option("--last", metavar="DURATION", help="Instead of --from: 90s, 30m, 2h, 7d.")
@click.option("--mode", type=click.Choice(["diff", "publish", "reissue"]), default="diff", show_default=True)
@click.option("--payment-id", "payment_ids", multiple=True, help="Only this payment; may be repeated.")
@click.option("--uetr", "uetrs", multiple=True, help="Only this UETR.")
@click.option("--key", "keys", multiple=True, help="Only records of this key.")
@click.option("--rail", "rails", multiple=True, help="Only payments of this rail.")
@click.option("--decision", type=click.Choice(get_args(Outcome)), help="Only what was decided so.")
@click.option(
    "--decided-for", "reasons", type=click.Choice(REASONS), multiple=True, help="And for this reason."
)
@click.option("--lists", "specs", multiple=True, metavar="NAME=PATH", help="Screen with these lists.")
@click.option("--list-version", metavar="VERSION", help="Screen with a snapshot of Redis or the archive.")
@click.option("--policy", "policy_path", type=FILE, help="Screen with this policy.")
@click.option("--engine", metavar="VERSION", help="Refuse unless this is the engine that runs here.")
@click.option("--topic", "target", default="screening.replays", show_default=True, help="Publish here.")
@click.option("--reason", "why", help="Why; asked for by publish and reissue, and kept in the audit.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Payments a second at most.")
@click.option("--max", "most", type=click.IntRange(min=1), help="Stop after so many payments.")
@click.option("--journal", type=FILE, help="Where the run is kept; else below HOLDGATE_DATA.")
@click.option("--resume", "resumed", type=FILE, help="Go on with the run of this journal.")
@click.option("--show", "shown", type=FILE, help="Show a journal; replay nothing.")
@click.option("--format", "shape", type=click.Choice(get_args(Shape)), default="table", show_default=True)
@click.option("-o", "--output", "target_file", type=click.File("w", encoding="utf-8"), default="-")
def replay(
    resumed: str | None,
    shown: str | None,
    engine: str | None,
    rate: float | None,
    shape: Shape,
    target_file: IO[str],
    **asked: Any,
) -> None:
    """Screen payments of Kafka again, and show which decisions would change and why.

    `diff` writes nothing to Kafka. `publish` writes every decision to a topic of its own. `reissue` writes a
    plan.
    """
    with told():
        path = Path(shown) if shown else None
        if path is None:
            settings, request = read_settings(), msgspec.convert(asked, Request)
            if resumed is None:
                check(request)
            journal, screener = _opened(settings, request, Path(resumed) if resumed else None, engine)
            path = journal.path
            say(f"journal: {path}")
            try:
                _run(settings, journal, screener, rate)
            except KeyboardInterrupt:
                fail(f"interrupted: go on with `holdgate replay --resume {path}`", 130)
        found = report(path)
        for line in _shown(path, shape):
            click.echo(line, file=target_file)
        sys.exit(CHANGED if found.counted.changed and found.run.mode == "diff" else 0)


def _opened(
    settings: Settings, request: Request, resumed: Path | None, engine: str | None
) -> tuple[Journal, Screener]:
    """The journal of a new run, or of the one gone on with, and what it screens with."""
    from holdgate.adapters.kafka_log import KafkaLog

    if resumed is not None:
        journal = resume(resumed)
        run = journal.run
        screener = _screener(settings, run.lists, run.list_version, run.policy)
        check_versions(run, screener)
        return journal, screener
    screener = _screener(settings, request.specs, request.list_version, request.policy_path)
    if engine is not None and engine != screener.versions.engine:
        raise NotPossibleError(
            f"this is engine {screener.versions.engine}, not {engine}: run the replay with that image"
        )
    return new_run(settings, KafkaLog(settings), request, screener.versions), screener


def _screener(
    settings: Settings, specs: tuple[str, ...], version: str | None, policy_path: str | None
) -> Screener:
    from holdgate.adapters import kept

    snapshot = build_lists(specs) if specs else kept.snapshot(settings, version)
    return Screener(snapshot, kept.policy(Path(policy_path or settings.policy)))


def _run(settings: Settings, journal: Journal, screener: Screener, rate: float | None) -> None:
    """Replay what is left; a fault of Kafka ends the process with the words that go on with it."""
    from holdgate.adapters.kafka import Fault
    from holdgate.adapters.kafka_log import KafkaLog
    from holdgate.replay.running import finish

    log, run = KafkaLog(settings), journal.run
    try:
        with ExitStack() as exits:
            done = exits.enter_context(_progress(run, journal.checkpoint.next))
            published = publication(settings, log, run, journal.checkpoint) if run.target else None
            target = exits.enter_context(published) if published else None
            finish(journal, log, screener, publication=target, rate=rate, progress=done)
    except NotPossibleError:
        raise
    except Fault as error:
        what = f"Kafka does not answer ({error})"
        fail(f"{what}: once it does, `holdgate replay --resume {journal.path}`", UNREACHABLE)
    finally:
        journal.close()


@contextmanager
def _progress(run: Run, at: Mapping[int, int]) -> Iterator[Callable[[int], None]]:
    """A bar on stderr with the time that is left; nothing where no terminal shows it."""
    console = Console(stderr=True)
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        done = sum(at[partition] - start for partition, (start, _) in run.span.items())
        task = bar.add_task("replaying", total=run.offsets, completed=done)
        yield lambda offsets: bar.advance(task, offsets)


def _shown(path: Path, shape: Shape) -> Iterator[str]:
    if shape == "json":
        kept = (line for line in lines(path) if not isinstance(line, Checkpoint))
        yield from (msgspec.json.encode(line).decode() for line in kept)
    else:
        yield from (html.page if shape == "html" else page)(report(path))
