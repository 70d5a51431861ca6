"""Claims for tests."""

from pathlib import Path

from holdgate.core.model.decision import Versions, decide
from holdgate.core.records.claim import claim_key, encode_claim

VERSIONS = Versions("lists", "policy", "engine")


def held(payment_id: str, detail: str) -> tuple[str, bytes]:
    """Return the key and the claim of a HOLD on a payment, with a detail that tells it apart."""
    decision = decide(
        payment_id=payment_id,
        content_hash="ab" * 32,
        versions=VERSIONS,
        reason="INTERNAL_ERROR",
        status="PDNG",
        detail=detail,
    )
    return claim_key(decision), encode_claim(decision)


def released(payment_id: str) -> tuple[str, bytes]:
    """Return the key and the claim of a RELEASE on a payment."""
    decision = decide(
        payment_id=payment_id, content_hash="ab" * 32, versions=VERSIONS, reason="NO_MATCH", status="ACCP"
    )
    return claim_key(decision), encode_claim(decision)


def key_file(folder: Path, digit: str = "0") -> str:
    """Write a key of 64 digits and return the file's path."""
    path = folder / f"claim-{digit}.key"
    path.write_text(digit * 64 + "\n")
    return str(path)
