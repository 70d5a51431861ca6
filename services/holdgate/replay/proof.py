"""A past decision's inputs found again, wherever they are kept, and what they give now."""

from datetime import UTC, datetime

from msgspec import Struct

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.engine_version import engine_version
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.decision import NO_LIST, Decision, from_json, to_json
from holdgate.core.policy.policy import Policy
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import DECISIONS, INPUT_OFFSET, INPUT_PARTITION, INPUT_TOPIC
from holdgate.replay import offset_range
from holdgate.replay.reproduction import NOT_REPRODUCIBLE, InputError, reproduce_decision
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class ReproductionProof(Struct, frozen=True, omit_defaults=True):
    """What came out: `differs_at` is the first byte that is another one; `taken` is what was not made again
    but taken from the decision."""

    decision_id: str
    identical: bool
    bytes: int
    record: str
    payment: str
    list_version: str
    policy_version: str
    engine_version: str
    taken: str | None = None
    differs_at: int | None = None
    now: Decision | None = None


def prove(settings: Settings, decision_id: str, last: str | None) -> ReproductionProof:
    """Make a decision again; raises `NotPossibleError` naming the input that is missing."""
    log = KafkaLog(settings)
    record = _find(log, decision_id, last)
    decision = from_json(record.value or b"")
    if decision.engine_version != engine_version():
        raise OperatorError(
            f"missing: engine {decision.engine_version} (this is {engine_version()}): run this with its image"
        )
    payment = _payment(settings, log, record)
    policy = _policy(settings, decision.policy_version)
    snapshot = None
    if decision.list_version != NO_LIST:
        snapshot = load_snapshot(snapshot_lookup.snapshot_data(settings, decision.list_version))
    try:
        again = reproduce_decision(decision, payment, snapshot, policy)
    except InputError as error:
        raise OperatorError(f"missing: {error}") from error
    was, now = record.value or b"", to_json(again)
    same = was == now
    return ReproductionProof(
        decision_id,
        same,
        len(was),
        record.position,
        payment.position,
        decision.list_version,
        decision.policy_version,
        decision.engine_version,
        NOT_REPRODUCIBLE.get(decision.reason),
        None
        if same
        else next((at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), len(was)),
        None if same else again,
    )


def _find(log: KafkaLog, decision_id: str, last: str | None) -> Record:
    bounds = log.bounds(DECISIONS.name)
    since = (
        log.offsets_at(DECISIONS.name, datetime.now(UTC) - offset_range.parse_duration(last)) if last else {}
    )
    for partition, found in bounds.items():
        start = since.get(partition) if last else found.first
        for chunk in log.read(DECISIONS.name, partition, found.end if start is None else start, found.end):
            for record in chunk.records:
                if record.header("ce_id") == decision_id:
                    return record
    raise OperatorError(
        f"missing: decision {decision_id} is not in {DECISIONS.name}"
        + (f" of the last {last}" if last else ", which keeps decisions as long as its retention says")
    )


def _payment(settings: Settings, log: KafkaLog, decided: Record) -> Record:
    topic = (decided.header(INPUT_TOPIC) or "").removeprefix(settings.topic_prefix)
    partition, offset = int(decided.header(INPUT_PARTITION) or 0), int(decided.header(INPUT_OFFSET) or 0)
    where = f"{topic}:{partition}:{offset}"
    found = log.bounds(topic).get(partition)
    if found is None or not found.first <= offset < found.end:
        raise OperatorError(f"missing: the payment's record {where}: retention has passed over it")
    for chunk in log.read(topic, partition, offset, offset + 1):
        for record in chunk.records:
            return record
    raise OperatorError(f"missing: the payment's record {where}: compaction took it")


def _policy(settings: Settings, version: str) -> Policy:
    archive = archive_of(settings)
    found = archive.policy(version) if archive else None
    if found is None:
        found = configured_policy(settings)
    if found.version != version:
        where = "the archive lacks it" if archive else "HOLDGATE_ARCHIVE names no archive"
        raise OperatorError(f"missing: policy {version}: {where}, and HOLDGATE_POLICY is {found.version}")
    return found
