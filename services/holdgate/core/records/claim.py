"""A claim: the record in Redis of the decision in force on a payment, which a resend is answered with.

The first decision makes the claim; a decision that follows the claimed one takes its place.

The claim of a HOLD has the decision's bytes. So does that of a RELEASE with notes, since another engine may
word them differently, and of any decision that follows another, since the payment does not say which: what
people decided is never made again from the payment. Any other RELEASE follows from the payment and three
versions, so its claim has only what the payment does not: 35 bytes instead of about 330.

    tag H (1) | content hash (20) | the decision's bytes
    tag R (1) | content hash (20) | deadline, Unix microseconds (8) | name of the versions (6)

The hash has twenty bytes of SHA-256: a sender who could make two contents collide could have the second
released unscreened by the claim of the first.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from holdgate.core.model import decision as contract
from holdgate.core.model.decision import Decision, Versions, decide, versions_of

_FULL, _SHORT = b"H", b"R"
_HASH_BYTES = 20
_TIME_BYTES = 8
_VERSIONS_BYTES = 6
_SHORT_BYTES = 1 + _HASH_BYTES + _TIME_BYTES + _VERSIONS_BYTES
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_DEADLINE = b"\x80" + bytes(_TIME_BYTES - 1)
"""The smallest 64-bit number, which no valid date has."""


@lru_cache(maxsize=16)
def name_versions(versions: Versions) -> bytes:
    """Return the six bytes that identify three versions."""
    return hashlib.sha256(msgspec.json.encode(versions)).digest()[:_VERSIONS_BYTES]


def claim_key(decision: Decision) -> str:
    """Return the key under which a decision is claimed: `p:` and its payment_id.

    An unreadable record, or different content under a known id, must not block the payment itself, which may
    still arrive or was decided before. These are claimed under `c:`, payment_id, `#` and content hash. What
    people decide on a held payment takes the place of the hold.
    """
    reason = decision.reason if decision.review is None else decision.review.held_for
    if reason in ("INVALID_EVENT", "CONTENT_CHANGED"):
        return f"c:{decision.payment_id}#{decision.content_hash}"
    return payment_key(decision.payment_id)


def payment_key(payment_id: str) -> str:
    """Return the key under which a payment's own decision is claimed."""
    return f"p:{payment_id}"


def hash_prefix(content_hash: str) -> bytes:
    """Return the part of a content hash that is stored in a claim."""
    return bytes.fromhex(content_hash)[:_HASH_BYTES]


def encode_claim(decision: Decision) -> bytes:
    """Return the claim of a decision."""
    start = hash_prefix(decision.content_hash)
    if decision.reason != "NO_MATCH" or decision.notes or decision.follows:
        return _FULL + start + contract.to_json(decision)
    return _SHORT + start + _time(decision.deadline) + name_versions(versions_of(decision))


def is_readable(key: str, claim: bytes) -> bool:
    """Return whether bytes found under a claim key are a claim of that payment."""
    if claim[:1] == _SHORT:
        return len(claim) == _SHORT_BYTES and key.startswith("p:") and _is_moment(claim[1 + _HASH_BYTES :])
    if claim[:1] != _FULL:
        return False
    try:
        decision = contract.from_json(claim[1 + _HASH_BYTES :])
        return claim_key(decision) == key and hash_prefix(decision.content_hash) == claim_content(claim)
    except (msgspec.DecodeError, ValueError):
        return False


def claim_content(claim: bytes) -> bytes:
    """Return the hash prefix of the content that was decided."""
    return claim[1 : 1 + _HASH_BYTES]


def versions_name(claim: bytes) -> bytes | None:
    """Return the name of the versions of a short claim; None for a claim with the decision's bytes."""
    return None if claim[:1] == _FULL else claim[1 + _HASH_BYTES + _TIME_BYTES :]


def kept_bytes(claim: bytes) -> bytes | None:
    """Return the decision's original bytes if the claim has them, possibly of an older engine; else None."""
    return claim[1 + _HASH_BYTES :] if claim[:1] == _FULL else None


def is_followed(claim: bytes, decision: Decision, versions: Versions | None) -> bool:
    """Return whether a decision follows the claimed one, and so takes its place.

    `versions` are those that `versions_name` identifies, None for a claim with the decision's bytes. A claim
    whose versions are lost is followed by nothing: nobody knows which decision it has.
    """
    if claim_content(claim) != hash_prefix(decision.content_hash):
        return False
    if versions is None and versions_name(claim) is not None:
        return False
    return decision.follows == restore_decision(claim, decision, versions).decision_id


def restore_decision(claim: bytes, same_payment: Decision, versions: Versions | None) -> Decision:
    """Return the decision of a claim.

    `same_payment` is any decision on the same payment_id and content; `versions` are those that
    `versions_name` identifies, None for a claim with the decision's bytes.
    """
    rest = claim[1 + _HASH_BYTES :]
    if versions is None:
        return contract.from_json(rest)
    return decide(
        payment_id=same_payment.payment_id,
        uetr=same_payment.uetr,
        refers_to=same_payment.refers_to,
        content_hash=same_payment.content_hash,
        versions=versions,
        reason="NO_MATCH",
        status="ACCP",
        deadline=_moment(rest[:_TIME_BYTES]),
    )


def _time(deadline: datetime | None) -> bytes:
    if deadline is None:
        return _NO_DEADLINE
    return ((deadline - _EPOCH) // timedelta(microseconds=1)).to_bytes(_TIME_BYTES, "big", signed=True)


def _is_moment(rest: bytes) -> bool:
    try:
        _moment(rest[:_TIME_BYTES])
    except OverflowError:
        return False
    return True


def _moment(time: bytes) -> datetime | None:
    if time == _NO_DEADLINE:
        return None
    return _EPOCH + timedelta(microseconds=int.from_bytes(time, "big", signed=True))
