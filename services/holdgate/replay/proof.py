"""Prove a past decision: find its inputs, decide again, and compare the bytes."""

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
    """The result of a comparison.

    `record` and `payment` are the positions of the decision and of its payment. `differs_at` is the index of
    the first byte that differs, and `now` the decision that has it. `taken` says what could not be reproduced
    and was taken from the decision itself.
    """

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
    """Decide a past payment again and compare; raise `OperatorError` naming the input that is missing."""
    log = KafkaLog(settings)
    record = _find_decision(log, decision_id, last)
    decision = from_json(record.value or b"")
    if decision.review is not None:
        review = decision.review
        raise OperatorError(
            f"people made decision {decision_id}, so screening cannot repeat it: {review.disposition} with"
            f" {review.code} in case {review.case_id}, completed by event {review.event_id}; the decision"
            f" that it follows may be reproducible: holdgate reproduce {decision.follows}"
        )
    if decision.engine_version != engine_version():
        raise OperatorError(
            f"missing: engine {decision.engine_version} (this is {engine_version()}): run this with its image"
        )
    payment = _find_payment(settings, log, record)
    policy = _find_policy(settings, decision.policy_version)
    snapshot = None
    if decision.list_version != NO_LIST:
        snapshot = load_snapshot(snapshot_lookup.snapshot_data(settings, decision.list_version))
    try:
        reproduced = reproduce_decision(decision, payment, snapshot, policy)
    except InputError as error:
        raise OperatorError(f"missing: {error}") from error
    before, after = record.value or b"", to_json(reproduced)
    identical = before == after
    return ReproductionProof(
        decision_id,
        identical,
        len(before),
        record.position,
        payment.position,
        decision.list_version,
        decision.policy_version,
        decision.engine_version,
        NOT_REPRODUCIBLE.get(decision.reason),
        None if identical else _first_difference(before, after),
        None if identical else reproduced,
    )


def _first_difference(before: bytes, after: bytes) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(before), len(after)))


def _find_decision(log: KafkaLog, decision_id: str, last: str | None) -> Record:
    bounds = log.bounds(DECISIONS.name)
    starts = (
        log.offsets_at(DECISIONS.name, datetime.now(UTC) - offset_range.parse_duration(last)) if last else {}
    )
    for partition, (first, end) in bounds.items():
        start = starts.get(partition) if last else first
        for chunk in log.read(DECISIONS.name, partition, end if start is None else start, end):
            for record in chunk.records:
                if record.header("ce_id") == decision_id:
                    return record
    raise OperatorError(
        f"missing: decision {decision_id} is not in {DECISIONS.name}"
        + (f" of the last {last}; try a larger --last" if last else ", or its retention has passed")
    )


def _find_payment(settings: Settings, log: KafkaLog, decision: Record) -> Record:
    topic = (decision.header(INPUT_TOPIC) or "").removeprefix(settings.topic_prefix)
    partition, offset = int(decision.header(INPUT_PARTITION) or 0), int(decision.header(INPUT_OFFSET) or 0)
    position = f"{topic}:{partition}:{offset}"
    bounds = log.bounds(topic).get(partition)
    if bounds is None or not bounds.first <= offset < bounds.end:
        raise OperatorError(f"missing: the payment's record {position}: its retention has passed")
    for chunk in log.read(topic, partition, offset, offset + 1):
        for record in chunk.records:
            return record
    raise OperatorError(f"missing: the payment's record {position}: it was removed by compaction")


def _find_policy(settings: Settings, version: str) -> Policy:
    archive = archive_of(settings)
    policy = archive.policy(version) if archive else None
    if policy is None:
        policy = configured_policy(settings)
    if policy.version != version:
        reason = "the archive does not have it" if archive else "HOLDGATE_ARCHIVE is not set"
        raise OperatorError(f"missing: policy {version}: {reason}, and HOLDGATE_POLICY is {policy.version}")
    return policy
