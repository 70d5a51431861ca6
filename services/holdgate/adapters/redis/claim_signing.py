"""The key of claims in Redis, and how signed values are read."""

import msgspec

from holdgate.adapters.redis import keys
from holdgate.core.model.decision import Versions
from holdgate.core.records.claim import is_readable, name_versions
from holdgate.core.records.value_signer import ValueSigner
from holdgate.runtime.settings import Settings, SettingsError, secret_key


def claim_signer(settings: Settings) -> ValueSigner:
    """Return the signer of claims, without keys if claims are not signed. Raises `SettingsError`."""
    key, accepted = settings.claim_key_file, settings.claim_accepted_key_file
    if accepted and not key:
        raise SettingsError("HOLDGATE_CLAIM_ACCEPTED_KEY_FILE needs HOLDGATE_CLAIM_KEY_FILE, which signs")
    files = {"claim_key_file": key, "claim_accepted_key_file": accepted}
    return ValueSigner([secret_key(field, path) for field, path in files.items() if path])


def read_claim(signer: ValueSigner, key: str, stored: bytes) -> bytes | None:
    """Return the claim that is stored under a claim key; None if it is damaged or wrongly signed."""
    claim = signer.verify(keys.claim(key), stored)
    return claim if claim is not None and is_readable(key, claim) else None


def read_versions(signer: ValueSigner, name: bytes, stored: bytes | None) -> Versions | None:
    """Return the versions that are stored under a name; None if there are none, or not those."""
    value = signer.verify(keys.versions(name), stored or b"")
    try:
        versions = msgspec.json.decode(value or b"", type=Versions)
    except msgspec.DecodeError:
        return None
    return versions if name_versions(versions) == name else None
