"""What other lists would change: the latest payments, screened with lists that are not current."""

from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.records.topics import SUBMITTED
from holdgate.replay.journal import Journal
from holdgate.replay.run_setup import RunRequest, new_run
from holdgate.runtime.settings import Settings


def begin_effect_run(settings: Settings, snapshot: Snapshot, payments: int) -> tuple[Journal, Screener]:
    """Open a diff run over the latest `payments` records, with these lists and the policy of the settings."""
    log = KafkaLog(settings)
    screener = Screener(snapshot, configured_policy(settings))
    request = RunRequest(start=_latest_offsets(log, payments))
    return new_run(settings, log, request, screener.versions), screener


def _latest_offsets(log: KafkaLog, records: int) -> str:
    """Return where the latest records begin, an equal share per partition, in the form that --from takes."""
    bounds = log.bounds(SUBMITTED.name)
    share = -(-records // len(bounds))
    return ",".join(f"{partition}:{max(first, end - share)}" for partition, (first, end) in bounds.items())
