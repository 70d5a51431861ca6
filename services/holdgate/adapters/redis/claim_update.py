"""Put decisions that follow claimed ones in their place: a resend is answered with what is in force."""

from collections.abc import Sequence
from typing import Any

import redis
import structlog
from redis.retry import Retry

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_signing import claim_signer, read_claim, read_versions
from holdgate.adapters.redis.claim_store import UNREADABLE_SECONDS, replacement_script
from holdgate.adapters.redis.snapshot_store import CALL_SECONDS, connection_options, translated_refusals
from holdgate.core.model.decision import Decision, Versions
from holdgate.core.records import claim
from holdgate.runtime.settings import Settings

log = structlog.get_logger()


class ClaimUpdate:
    """An open connection for updates of claims. Each call may be repeated; it raises one of `RedisFault`."""

    def __init__(self, settings: Settings) -> None:
        self._client: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, CALL_SECONDS, Retry)
        )
        self._replace = self._client.register_script(replacement_script())
        self._signer = claim_signer(settings)
        self.unreadable = 0
        """How many unreadable or wrongly signed claims were moved aside."""
        self._seconds = max(1, int(settings.claim_hours * 3600))

    @translated_refusals()
    def replace(self, decisions: Sequence[Decision]) -> int:
        """Put decisions, which the log has already, in the place of the claims they follow; return how many.

        Unreadable claims are moved aside. The others are left alone: a claim of another decision was made by
        a worker that read the log since.
        """
        claim_keys = [claim.claim_key(decision) for decision in decisions]
        stored: list[bytes | None] = self._client.mget(map(keys.claim, claim_keys)) if claim_keys else []
        claims = [
            None if value is None else read_claim(self._signer, key, value)
            for key, value in zip(claim_keys, stored, strict=True)
        ]
        versions = self._read_versions([one for one in claims if one is not None])
        replaced = 0
        for key, old, existing, decision in zip(claim_keys, stored, claims, decisions, strict=True):
            script_keys = [keys.claim(key)]
            name = None if existing is None else claim.versions_name(existing)
            if old is not None and (existing is None or (name is not None and name not in versions)):
                log.error("unreadable or wrongly signed claim: moved aside", key=keys.claim(key))
                script_keys.append(keys.unreadable_claim(key))
                self.unreadable += 1
            elif existing is not None and not claim.is_followed(
                existing, decision, None if name is None else versions[name]
            ):
                continue
            new = self._signer.sign(keys.claim(key), claim.encode_claim(decision))
            args: list[bytes | int] = [old or b"", new, self._seconds, UNREADABLE_SECONDS]
            replaced += self._replace(keys=script_keys, args=args)
        return replaced

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _read_versions(self, claims: Sequence[bytes]) -> dict[bytes, Versions]:
        """Return the versions that short claims name; Redis may have lost some."""
        names = sorted({name for one in claims if (name := claim.versions_name(one)) is not None})
        stored = self._client.mget([keys.versions(name) for name in names]) if names else []
        found = {
            name: read_versions(self._signer, name, value) for name, value in zip(names, stored, strict=True)
        }
        return {name: versions for name, versions in found.items() if versions is not None}
