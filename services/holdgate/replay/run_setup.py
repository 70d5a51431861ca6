"""From a request on the command line to a run: its versions, its range, its journal."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.policy_file import configured_policy, read_policy
from holdgate.adapters.kafka.audit_log import who
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Outcome, Reason, Versions
from holdgate.core.records.topics import DECISIONS, SUBMITTED
from holdgate.replay import offset_range, publication
from holdgate.replay.journal import Journal, Mode, Run, begin_journal, resume_journal
from holdgate.replay.payment_filter import PaymentFilter
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

BuildLists = Callable[[tuple[str, ...]], Snapshot]
"""Reads and indexes lists given as NAME=PATH; raises `ListError`."""


class RunRequest(Struct, frozen=True, kw_only=True):
    """A replay as requested: its range, its filter, its inputs and its target."""

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
        """Return the filter that selects the requested payments."""
        return PaymentFilter(
            self.payment_ids,
            self.uetrs,
            self.keys,
            tuple(rail.lower() for rail in self.rails),
            self.decision,
            self.reasons,
        )


def check_request(request: RunRequest) -> None:
    """Raise `OperatorError` for a request that contradicts itself, before Kafka is read."""
    if (request.start is None) == (request.last is None):
        raise OperatorError("give the range to replay: either --from WHERE or --last DURATION")
    if request.last is not None and request.end is not None:
        raise OperatorError("--last cannot be combined with --to; use --from")
    if request.specs and request.list_version:
        raise OperatorError("--lists cannot be combined with --list-version; give one of them")
    if request.mode != "diff" and not (request.why or "").strip():
        raise OperatorError(f"--mode {request.mode} is audited: give the reason with --reason")
    if request.mode == "reissue" and (request.specs or request.list_version or request.policy_path):
        raise OperatorError(
            "--mode reissue decides with the current lists and the policy of HOLDGATE_POLICY; publish the"
            " lists or roll out the policy first, and omit --lists, --list-version and --policy"
        )


def begin_run(
    settings: Settings, request: RunRequest, build_lists: BuildLists, engine: str | None = None
) -> tuple[Journal, Screener]:
    """Open the journal of a new run and build the screener for it.

    `engine` is the engine version that the operator expects. Raises `OperatorError` if the request
    contradicts itself, if another engine runs, or if the inputs or the range do not exist.
    """
    check_request(request)
    screener = _screener(settings, request.specs, request.list_version, request.policy_path, build_lists)
    if engine is not None and engine != screener.versions.engine:
        raise OperatorError(
            f"this is engine {screener.versions.engine}, not {engine}: run the replay with that image"
        )
    return new_run(settings, KafkaLog(settings), request, screener.versions), screener


def resume_run(settings: Settings, path: Path, build_lists: BuildLists) -> tuple[Journal, Screener]:
    """Reopen the journal of an interrupted run and build the screener for it.

    Raises `OperatorError` if the journal is complete or unreadable, or if a version has changed since.
    """
    journal = resume_journal(path)
    run = journal.run
    screener = _screener(settings, run.lists, run.list_version, run.policy, build_lists)
    check_versions(run, screener)
    return journal, screener


def live_screener(settings: Settings) -> Screener:
    """Return a screener with the current lists and the policy of the settings, as a worker has."""
    return Screener(snapshot_lookup.snapshot(settings), configured_policy(settings))


def _screener(
    settings: Settings,
    specs: tuple[str, ...],
    list_version: str | None,
    policy_path: str | None,
    build_lists: BuildLists,
) -> Screener:
    snapshot = build_lists(specs) if specs else snapshot_lookup.snapshot(settings, list_version)
    return Screener(snapshot, read_policy(policy_path) if policy_path else configured_policy(settings))


def new_run(settings: Settings, log: KafkaLog, request: RunRequest, versions: Versions) -> Journal:
    """Resolve the request's range and open a journal for it; raise `OperatorError` if that fails."""
    now = datetime.now(UTC)
    start = (
        (now - offset_range.parse_duration(request.last)).isoformat() if request.last else request.start or ""
    )
    ranges = offset_range.resolve_ranges(log, SUBMITTED.name, start, request.end, now)
    decisions = log.bounds(DECISIONS.name)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    target = request.target if request.mode == "publish" else None
    target_ends = publication.prepare_target(settings, log, target, len(decisions)) if target else {}
    run = Run(
        run_id=run_id,
        mode=request.mode,
        started_at=now,
        by=who(),
        why=request.why,
        topic=SUBMITTED.name,
        span=ranges,
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
    return begin_journal(path, run, target_ends)


def check_versions(run: Run, screener: Screener) -> None:
    """Raise `OperatorError` if the screener's lists, policy or engine are not those the run began with."""
    began_with = Versions(run.list_version, run.policy_version, run.engine_version)
    for name, before, now in zip(
        Versions.__struct_fields__,
        msgspec.structs.astuple(began_with),
        msgspec.structs.astuple(screener.versions),
        strict=True,
    ):
        if before != now:
            raise OperatorError(
                f"this run began with {name} {before} and would continue with {now}: start a new run"
            )
