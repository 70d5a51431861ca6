"""What was asked on the command line, to a run with a journal."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from holdgate.adapters.kafka.audit_log import who
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine.screener import Screener
from holdgate.core.model.decision import Outcome, Reason, Versions
from holdgate.core.records.topics import DECISIONS, SUBMITTED
from holdgate.replay import offset_range, publication
from holdgate.replay.journal import Journal, Mode, Run, begin_journal
from holdgate.replay.payment_filter import PaymentFilter
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class RunRequest(Struct, frozen=True, kw_only=True):
    """A replay as it is asked for."""

    start: str | None = None
    end: str | None = None
    last: str | None = None
    mode: Mode = "diff"
    payment_ids: tuple[str, ...] = ()
    uetrs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rails: tuple[str, ...] = ()
    decision: Outcome | None = None
    reasons: tuple[Reason, ...] = ()
    specs: tuple[str, ...] = ()
    list_version: str | None = None
    policy_path: str | None = None
    target: str = "screening.replays"
    why: str | None = None
    most: int | None = None
    journal: str | None = None

    @property
    def filter(self) -> PaymentFilter:
        """Which payments are wanted."""
        return PaymentFilter(
            self.payment_ids,
            self.uetrs,
            self.keys,
            tuple(rail.lower() for rail in self.rails),
            self.decision,
            self.reasons,
        )


def check_request(request: RunRequest) -> None:
    """Raise `NotPossibleError` for a request that contradicts itself, before anything is asked of Kafka."""
    if (request.start is None) == (request.last is None):
        raise OperatorError("say what to replay: either --from WHERE or --last DURATION")
    if request.last is not None and request.end is not None:
        raise OperatorError("--last ends now: with --to say --from")
    if request.specs and request.list_version:
        raise OperatorError("say either --lists or --list-version")
    if request.mode != "diff" and not (request.why or "").strip():
        raise OperatorError(f"--mode {request.mode} is audited: say why with --reason")
    if request.mode == "reissue" and (request.specs or request.list_version or request.policy_path):
        raise OperatorError(
            "reissued decisions are made with what is live: the current lists and HOLDGATE_POLICY."
            " Publish the lists, or roll out the policy, first"
        )


def new_run(settings: Settings, log: KafkaLog, request: RunRequest, versions: Versions) -> Journal:
    """Resolve what was asked and open its journal; raises `NotPossibleError`."""
    now = datetime.now(UTC)
    since = (
        (now - offset_range.parse_duration(request.last)).isoformat() if request.last else request.start or ""
    )
    found = offset_range.resolve_ranges(log, SUBMITTED.name, since, request.end, now)
    decisions = log.bounds(DECISIONS.name)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    target = request.target if request.mode == "publish" else None
    ends = publication.prepare_target(settings, log, target, len(decisions)) if target else {}
    run = Run(
        run_id=run_id,
        mode=request.mode,
        started_at=now,
        by=who(),
        why=request.why,
        topic=SUBMITTED.name,
        span=found,
        decisions_end={partition: bounds.end for partition, bounds in decisions.items()},
        wanted=request.filter,
        most=request.most,
        lists=request.specs,
        list_version=versions.lists,
        policy=request.policy_path,
        policy_version=versions.policy,
        engine_version=versions.engine,
        target=target,
    )
    path = Path(request.journal) if request.journal else Path(settings.data) / "replays" / f"{run_id}.jsonl"
    return begin_journal(path, run, ends)


def check_versions(run: Run, screener: Screener) -> None:
    """Raise `NotPossibleError` where a run would be gone on with by other lists, policy or engine."""
    begun = Versions(run.list_version, run.policy_version, run.engine_version)
    for name, was, now in zip(
        Versions.__struct_fields__,
        msgspec.structs.astuple(begun),
        msgspec.structs.astuple(screener.versions),
        strict=True,
    ):
        if was != now:
            raise OperatorError(
                f"this run was begun with {name} {was} and would go on with {now}: begin anew"
            )


def last_payments(log: KafkaLog, number: int) -> str:
    """Where the last so many records begin, an equal share of each partition, as `--from` takes it."""
    bounds = log.bounds(SUBMITTED.name)
    share = -(-number // len(bounds))
    return ",".join(
        f"{partition}:{max(found.first, found.end - share)}" for partition, found in bounds.items()
    )
