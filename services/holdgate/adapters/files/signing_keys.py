"""Ed25519 keys in the files that the settings name."""

from collections.abc import Callable
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdgate.core.lists.signature import KeyFileError, signing_key, verify_keys
from holdgate.runtime.settings import Settings, SettingsError, secret, variable_name

Key = TypeVar("Key")


def list_signing_key(settings: Settings) -> Ed25519PrivateKey | None:
    """Return the key that signs published lists; None if they are not signed. Raises `SettingsError`."""
    path = settings.list_signing_key_file
    return _read("list_signing_key_file", path, signing_key) if path else None


def list_verify_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    """Return the keys that verify lists, any of which may match; empty if lists are not verified.

    Raises `SettingsError`.
    """
    path = settings.list_verify_key_file
    return _read("list_verify_key_file", path, verify_keys) if path else ()


def review_token_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    """Return the keys that sign reviewers' tokens; empty if there is none. Raises `SettingsError`."""
    path = settings.review_token_key_file
    return _read("review_token_key_file", path, verify_keys) if path else ()


def audit_signing_key(settings: Settings) -> Ed25519PrivateKey | None:
    """Return the key that signs checkpoints of the audit, if one is set. Raises `SettingsError`."""
    path = settings.audit_signing_key_file
    return _read("audit_signing_key_file", path, signing_key) if path else None


def audit_verify_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    """Return the keys whose checkpoints are accepted, empty if none is set. Raises `SettingsError`."""
    path = settings.audit_verify_key_file
    return _read("audit_verify_key_file", path, verify_keys) if path else ()


def _read(field: str, path: str, read: Callable[[str], Key]) -> Key:
    try:
        return read(secret(path))
    except KeyFileError as error:
        raise SettingsError(f"{variable_name(field)}: {path}: {error}") from error
