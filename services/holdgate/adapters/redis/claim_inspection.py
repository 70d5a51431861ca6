"""Look at one payment's claim in Redis, without claiming anything."""

from typing import Any

import redis
from msgspec import Struct
from redis.retry import Retry

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_signing import claim_signer, read_claim, read_versions
from holdgate.adapters.redis.snapshot_store import CALL_SECONDS, connection_options
from holdgate.core.model.decision import Decision, Versions, from_json
from holdgate.core.records import claim
from holdgate.runtime.settings import Settings


class InspectedClaim(Struct, frozen=True):
    """A claim in Redis.

    `content` is the start of the content hash, in hex; None if the claim is unreadable or wrongly signed. A
    short claim has `versions`, unless Redis lost them; any other claim has the whole `decision`.
    """

    hours_left: float
    content: str | None = None
    versions: Versions | None = None
    decision: Decision | None = None


def inspect_claim(settings: Settings, payment_id: str) -> InspectedClaim | None:
    """Return the claim on a payment, or None if there is none; raise one of `RedisFault`."""
    key, signer = claim.payment_key(payment_id), claim_signer(settings)
    client: Any = redis.Redis.from_url(settings.redis, **connection_options(settings, CALL_SECONDS, Retry))
    try:
        [stored], seconds_left = client.mget([keys.claim(key)]), client.ttl(keys.claim(key))
        if stored is None:
            return None
        hours_left, claimed = seconds_left / 3600, read_claim(signer, key, stored)
        if claimed is None:
            return InspectedClaim(hours_left)
        name = claim.versions_name(claimed)
        versions = None if name is None else read_versions(signer, name, client.get(keys.versions(name)))
    finally:
        client.close()
    body = claim.kept_bytes(claimed)
    return InspectedClaim(
        hours_left,
        claim.claim_content(claimed).hex(),
        versions,
        from_json(body) if body is not None else None,
    )
