"""Keys for the lists that tests sign, and their files in openssl's format."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

KEY, ANOTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def private_pem(key: Ed25519PrivateKey = KEY) -> str:
    """Return the private key."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(*keys: Ed25519PrivateKey) -> str:
    """Return the public keys, concatenated."""
    return "".join(_public_pem(key.public_key()) for key in keys or (KEY,))


def signing_file(folder: Path, key: Ed25519PrivateKey = KEY) -> str:
    """Write the private key; return the path for HOLDGATE_LIST_SIGNING_KEY_FILE."""
    return _written(folder / "list-signing.pem", private_pem(key))


def verify_file(folder: Path, *keys: Ed25519PrivateKey) -> str:
    """Write the public keys; return the path for HOLDGATE_LIST_VERIFY_KEY_FILE."""
    return _written(folder / "list-verify.pem", public_pem(*keys))


def _public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
