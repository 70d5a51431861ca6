"""Keys in the files that settings name."""

from collections.abc import Callable
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdgate.core.lists.signature import KeyFileError, signing_key, verify_keys
from holdgate.runtime.settings import Settings, SettingsError, secret, variable_name

Key = TypeVar("Key")


def list_signing_key(settings: Settings) -> Ed25519PrivateKey | None:
    """What published lists are signed with; None where they are not. Raises `SettingsError`."""
    path = settings.list_signing_key_file
    return _read("list_signing_key_file", path, signing_key) if path else None


def list_verify_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    """By which lists have to be signed, any of them; none where that is not asked. Raises `SettingsError`."""
    path = settings.list_verify_key_file
    return _read("list_verify_key_file", path, verify_keys) if path else ()


def _read(field: str, path: str, read: Callable[[str], Key]) -> Key:
    try:
        return read(secret(path))
    except KeyFileError as error:
        raise SettingsError(f"{variable_name(field)}: {path}: {error}") from error
