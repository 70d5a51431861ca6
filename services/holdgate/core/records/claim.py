"""A claim: what Redis remembers of a decision, so that the first one stands.

A HOLD keeps its bytes, and so does a RELEASE with notes, as an engine of today may write other ones, and one
that follows another decision, as the payment at hand does not tell which. Any other RELEASE follows from the
payment and three versions, so its claim keeps only what the payment at hand could not tell: 35 bytes instead
of some 330.

    tag H (1) | content hash (20) | the decision's bytes
    tag R (1) | content hash (20) | deadline, Unix microseconds (8) | name of the versions (6)

Twenty bytes of SHA-256, since a sender who could make two contents collide could have the second
released unscreened by the first one's claim.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from holdgate.core.model import decision as contract
from holdgate.core.model.decision import Decision, Versions, decide, versions_of

_WHOLE, _SHORT = b"H", b"R"
_HASH_BYTES = 20
_TIME_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_DEADLINE = b"\x80" + bytes(_TIME_BYTES - 1)
"""The smallest 64-bit number: no date that can be written has it."""


def name_versions(versions: Versions) -> bytes:
    """The six bytes that name three versions."""
    return hashlib.sha256(msgspec.json.encode(versions)).digest()[:6]


def claim_key(decision: Decision) -> str:
    """What a decision is claimed under: `p:` and its payment_id.

    A broken record, or other content under a known id, must not take the place of the payment itself, which
    may still be sent, or was decided before: these are claimed under `c:`, payment_id, `#`, content hash.
    """
    if decision.reason in ("INVALID_EVENT", "CONTENT_CHANGED"):
        return f"c:{decision.payment_id}#{decision.content_hash}"
    return payment_key(decision.payment_id)


def payment_key(payment_id: str) -> str:
    """Return the key under which a payment's own decision is claimed."""
    return f"p:{payment_id}"


def hash_prefix(content_hash: str) -> bytes:
    """The part of a content hash that a claim keeps."""
    return bytes.fromhex(content_hash)[:_HASH_BYTES]


def encode_claim(decision: Decision) -> bytes:
    """The claim of a decision."""
    start = hash_prefix(decision.content_hash)
    if decision.decision == "HOLD" or decision.notes or decision.follows:
        return _WHOLE + start + contract.to_json(decision)
    return _SHORT + start + _time(decision.deadline) + name_versions(versions_of(decision))


def claim_content(claim: bytes) -> bytes:
    """The hash prefix of the content that was decided."""
    return claim[1 : 1 + _HASH_BYTES]


def versions_name(claim: bytes) -> bytes | None:
    """What a short claim calls the versions it was made with; None for one with its bytes."""
    return None if claim[:1] == _WHOLE else claim[1 + _HASH_BYTES + _TIME_BYTES :]


def kept_bytes(claim: bytes) -> bytes | None:
    """The decision's very bytes, where the claim keeps them: they may be an older engine's."""
    return claim[1 + _HASH_BYTES :] if claim[:1] == _WHOLE else None


def restore_decision(claim: bytes, same_payment: Decision, versions: Versions | None) -> Decision:
    """The decision that a claim stands for.

    `same_payment` is any decision of the same payment_id and content, `versions` what `versions_name`
    stands for.
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


def _moment(time: bytes) -> datetime | None:
    if time == _NO_DEADLINE:
        return None
    return _EPOCH + timedelta(microseconds=int.from_bytes(time, "big", signed=True))
