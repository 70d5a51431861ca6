"""Look at one payment's claim in Redis, without claiming anything."""

from typing import Any

import msgspec
import redis
from msgspec import Struct
from redis.retry import Retry

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import CALL_SECONDS, connection_options
from holdgate.core.model.decision import Decision, Versions, from_json
from holdgate.core.records import claim
from holdgate.runtime.settings import Settings


class InspectedClaim(Struct, frozen=True):
    """A claim in Redis.

    `content` is the start of the content hash, in hex. A short claim has `versions`, unless Redis lost them;
    any other claim has the whole `decision`.
    """

    content: str
    hours_left: float
    versions: Versions | None
    decision: Decision | None


def inspect_claim(settings: Settings, payment_id: str) -> InspectedClaim | None:
    """Return the claim on a payment, or None if there is none; raise one of `RedisFault`."""
    key = keys.claim(claim.payment_key(payment_id))
    client: Any = redis.Redis.from_url(settings.redis, **connection_options(settings, CALL_SECONDS, Retry))
    try:
        claimed, seconds_left = client.get(key), client.ttl(key)
        if claimed is None:
            return None
        name = claim.versions_name(claimed)
        versions = client.get(keys.versions(name)) if name is not None else None
    finally:
        client.close()
    body = claim.kept_bytes(claimed)
    return InspectedClaim(
        claim.claim_content(claimed).hex(),
        seconds_left / 3600,
        msgspec.json.decode(versions, type=Versions) if versions else None,
        from_json(body) if body is not None else None,
    )
