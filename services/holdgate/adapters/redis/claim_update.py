"""Put decisions that follow claimed ones in their place: a resend is answered with what is in force."""

from collections.abc import Sequence
from typing import Any

import msgspec
import redis
from redis.retry import Retry

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_store import replacement_script
from holdgate.adapters.redis.snapshot_store import CALL_SECONDS, connection_options
from holdgate.core.model.decision import Decision, Versions
from holdgate.core.records import claim
from holdgate.runtime.settings import Settings


class ClaimUpdate:
    """An open connection for updates of claims. Each call may be repeated; it raises one of `RedisFault`."""

    def __init__(self, settings: Settings) -> None:
        self._client: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, CALL_SECONDS, Retry)
        )
        self._replace = self._client.register_script(replacement_script())
        self._seconds = max(1, int(settings.claim_hours * 3600))

    def replace(self, decisions: Sequence[Decision]) -> int:
        """Put decisions, which the log has already, in the place of the claims they follow; return how many.

        The others are left alone: a claim of another decision was made by a worker that read the log since.
        """
        claim_keys = [keys.claim(claim.claim_key(decision)) for decision in decisions]
        claimed: list[bytes | None] = self._client.mget(claim_keys) if claim_keys else []
        versions = self._versions([one for one in claimed if one is not None])
        replaced = 0
        for key, old, decision in zip(claim_keys, claimed, decisions, strict=True):
            if old is not None:
                name = claim.versions_name(old)
                if not claim.is_followed(old, decision, None if name is None else versions.get(name)):
                    continue
            args: list[bytes | int] = [old or b"", claim.encode_claim(decision), self._seconds]
            replaced += self._replace(keys=[key], args=args)
        return replaced

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _versions(self, claims: Sequence[bytes]) -> dict[bytes, Versions]:
        """Return the versions that short claims name; Redis may have lost some."""
        names = sorted({name for one in claims if (name := claim.versions_name(one)) is not None})
        stored = self._client.mget([keys.versions(name) for name in names]) if names else []
        return {
            name: msgspec.json.decode(value, type=Versions)
            for name, value in zip(names, stored, strict=True)
            if value is not None
        }
