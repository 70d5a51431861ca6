"""Recent payments screened with the lists that are current now, and what would be decided otherwise reissued.

A plan and its execution in one go, for when new lists are published. Run again it finds nothing to do: what
was reissued stands. What a run that died wrote stands too, so that the next one plans only the rest.
"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import Audit
from holdgate.replay import reissue
from holdgate.replay.journal import Run
from holdgate.replay.run_setup import RunRequest, check_request, live_screener, new_run
from holdgate.replay.runner import Progress, no_progress, run_to_end
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class TooManyError(OperatorError):
    """More decisions would be other ones than was thought possible; the plan is whole."""

    def __init__(self, changed: int, most: int, run: Run, plan: Path) -> None:
        super().__init__(
            f"{changed:,} decisions would be other ones, more than --max {most:,}: look at the plan with"
            f" `holdgate replay --show {plan}`, and if it is right, --execute it"
        )
        self.changed = changed
        self.run = run
        self.plan = plan


def rescreen(
    settings: Settings,
    request: RunRequest,
    most: int,
    rate: float | None = None,
    progress: Progress = no_progress,
) -> tuple[Path, Audit | None]:
    """Reissue what the current lists and policy would decide otherwise; returns the plan and its audit.

    There is no audit where nothing would. Raises `TooManyError`, and has written nothing then, where more
    than `most` decisions would be other ones: somebody should look at the plan first. `progress` is told of
    each step before the first record is written, and may raise.
    """
    check_request(request)
    log = KafkaLog(settings)
    screener = live_screener(settings)
    stale = snapshot_lookup.staleness_now(settings, screener.snapshot, screener.policy)
    journal = new_run(settings, log, request, screener.versions)
    with closing(journal):
        counted = run_to_end(journal, log, screener, stale=stale, rate=rate, progress=progress).counted
    changed = counted.changed - counted.matches
    if changed > most:
        raise TooManyError(changed, most, journal.run, journal.path)
    if not changed:
        return journal.path, None
    plan = reissue.read_plan(journal.path, datetime.now(UTC))
    audit = reissue.reissue(settings, plan, screener, stale, rate=rate, reading=progress)
    return journal.path, audit
