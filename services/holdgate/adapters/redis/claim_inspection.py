"""A claim in Redis, looked at by a person; nothing is claimed by it."""

from typing import Any

import msgspec
import redis
from msgspec import Struct
from redis.retry import Retry

from holdgate.adapters.redis.snapshot_store import CALL_SECONDS, connection_options
from holdgate.core.model.decision import Decision, Versions, from_json
from holdgate.core.records import claim
from holdgate.runtime.settings import Settings


class InspectedClaim(Struct, frozen=True):
    """A claim as it stands: `content` is the beginning of the content hash; a short claim names versions, a
    whole one is a decision."""

    content: str
    hours_left: float
    versions: Versions | None
    decision: Decision | None


def inspect_claim(settings: Settings, payment_id: str) -> InspectedClaim | None:
    """The claim on a payment, None where there is none; raises a fault of Redis."""
    client: Any = redis.Redis.from_url(settings.redis, **connection_options(settings, CALL_SECONDS, Retry))
    try:
        found, left = client.get(f"dec:p:{payment_id}"), client.ttl(f"dec:p:{payment_id}")
        if found is None:
            return None
        name = claim.versions_name(found)
        known = client.get(f"dec:versions:{name.hex()}") if name is not None else None
    finally:
        client.close()
    kept = claim.kept_bytes(found)
    return InspectedClaim(
        claim.claim_content(found).hex(),
        left / 3600,
        msgspec.json.decode(known, type=Versions) if known else None,
        from_json(kept) if kept is not None else None,
    )
