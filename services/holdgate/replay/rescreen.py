"""Recent payments screened with the lists that are current now, and what would be decided otherwise reissued.

A plan and its execution in one go, for when new lists are published. Run again it finds nothing to do: what
was reissued stands. What a run that died wrote stands too, so that the next one plans only the rest.
"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from holdgate.adapters import kept
from holdgate.adapters.kafka_log import KafkaLog
from holdgate.core.audit import Audit
from holdgate.core.screen import Screener
from holdgate.refusal import NotPossibleError
from holdgate.replay import reissue
from holdgate.replay.beginning import Request, check, new_run
from holdgate.replay.running import finish
from holdgate.settings import Settings


def rescreen(
    settings: Settings, request: Request, most: int, rate: float | None = None
) -> tuple[Path, Audit | None]:
    """Reissue what the current lists and policy would decide otherwise; returns the plan and its audit.

    There is no audit where nothing would. Raises `NotPossibleError`, and has written nothing then, where more
    than `most` decisions would be other ones: somebody should look at the plan first.
    """
    check(request)
    log = KafkaLog(settings)
    screener = Screener(kept.snapshot(settings), kept.policy(Path(settings.policy)))
    stale = kept.staleness_now(settings, screener.snapshot, screener.policy)
    journal = new_run(settings, log, request, screener.versions)
    with closing(journal):
        counted = finish(journal, log, screener, stale=stale, rate=rate).counted
    changed = counted.changed - counted.matches
    if changed > most:
        raise NotPossibleError(
            f"{changed:,} decisions would be other ones, more than --max {most:,}: look at the plan with"
            f" `holdgate replay --show {journal.path}`, and if it is right, --execute it"
        )
    if not changed:
        return journal.path, None
    plan = reissue.read_plan(journal.path, datetime.now(UTC))
    return journal.path, reissue.execute(settings, plan, screener, stale, rate=rate)
