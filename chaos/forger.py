"""Somebody who can write to Redis: forges and damages claims."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis import Redis

from chaos.checker import FORGED, content_hash
from holdgate.adapters.redis import keys
from holdgate.core.model.decision import Versions, decide
from holdgate.core.records.claim import claim_key, encode_claim, name_versions
from holdgate.core.records.value_signer import ValueSigner

VERSIONS = Versions(FORGED, FORGED, FORGED)
SIGNER = ValueSigner([b"the key of another gate".ljust(32)])


def forge_claims(redis_url: str, payments: Sequence[Mapping[str, Any]], chance: random.Random) -> None:
    """Replace the claims on these payments by releases, unsigned or signed with another key, and garbage."""
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.versions(name_versions(VERSIONS)), msgspec.json.encode(VERSIONS))
        for payment in payments:
            decision = decide(
                payment_id=payment["payment_id"],
                content_hash=content_hash(payment),
                versions=VERSIONS,
                reason="NO_MATCH",
                status="ACCP",
            )
            name, claim = keys.claim(claim_key(decision)), encode_claim(decision)
            redis.set(name, chance.choice([claim, claim, SIGNER.sign(name, claim), b"garbage"]))
