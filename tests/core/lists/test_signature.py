"""Which signed lists are accepted, and why others are rejected."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.lists.signature import (
    KeyFileError,
    SignedStatement,
    Statement,
    UntrustedError,
    sign,
    signing_key,
    verified_statement,
    verify_keys,
)
from tests.support.list_keys import ANOTHER, KEY, private_pem, public_pem

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATEMENT = Statement(
    version="0123456789abcdef",
    sha256="ab" * 32,
    published_at=NOW - HOUR,
    expires_at=NOW + HOUR,
    as_of={"ofac": NOW - 24 * HOUR},
    entries={"ofac": 17_000},
)
KEYS = (KEY.public_key(),)
PROOF = sign(KEY, STATEMENT)


def changed(**members: Any) -> Statement:
    """Return the statement with some members replaced."""
    return msgspec.structs.replace(STATEMENT, **members)


def believe(proof: SignedStatement | None, before: Statement | None = None, now: datetime = NOW) -> Statement:
    """Verify a statement with the one trusted key."""
    return verified_statement(KEYS, proof, before, now)


def test_a_signed_list_is_accepted() -> None:
    assert believe(PROOF) == STATEMENT
    assert believe(PROOF, before=STATEMENT) == STATEMENT
    assert verified_statement((ANOTHER.public_key(), *KEYS), PROOF, None, NOW) == STATEMENT


def test_a_list_older_than_the_announced_one_is_a_replay_even_for_a_new_worker() -> None:
    published = STATEMENT.published_at
    for announced in (None, published - HOUR, published):
        assert verified_statement(KEYS, PROOF, None, NOW, announced) == STATEMENT
    with pytest.raises(UntrustedError, match="it is a replay; publish the lists again"):
        verified_statement(KEYS, PROOF, None, NOW, published + timedelta(microseconds=1))


def test_keys_are_read_from_pem() -> None:
    proof = sign(signing_key(private_pem(ANOTHER)), STATEMENT)
    assert verified_statement(verify_keys(public_pem(KEY, ANOTHER)), proof, None, NOW) == STATEMENT
    with pytest.raises(UntrustedError, match="matches no key"):
        verified_statement(verify_keys(public_pem(KEY)), proof, None, NOW)


def test_an_unsigned_list_is_rejected() -> None:
    with pytest.raises(UntrustedError, match="is not signed"):
        believe(None)


@given(place=st.integers(0, len(PROOF.statement) - 1), put=st.characters(codec="utf-8"))
def test_a_change_of_any_character_of_a_statement_is_detected(place: int, put: str) -> None:
    text = PROOF.statement[:place] + put + PROOF.statement[place + 1 :]
    if text != PROOF.statement:
        with pytest.raises(UntrustedError, match="matches no key"):
            believe(SignedStatement(text, PROOF.signature))


@given(st.binary(max_size=80) | st.text(max_size=100))
def test_any_other_signature_is_rejected(signature: bytes | str) -> None:
    given_ = signature if isinstance(signature, str) else base64.b64encode(signature).decode()
    with pytest.raises(UntrustedError, match="matches no key"):
        believe(SignedStatement(PROOF.statement, given_))


def test_a_statement_with_a_lone_surrogate_is_rejected() -> None:
    with pytest.raises(UntrustedError, match="matches no key"):
        believe(SignedStatement(PROOF.statement + "\ud800", PROOF.signature))


def test_a_signature_for_another_purpose_is_rejected() -> None:
    signature = base64.b64encode(KEY.sign(PROOF.statement.encode())).decode()
    with pytest.raises(UntrustedError, match="matches no key"):
        believe(SignedStatement(PROOF.statement, signature))


def test_a_signature_expires() -> None:
    assert believe(PROOF, now=STATEMENT.expires_at - timedelta(seconds=1)) == STATEMENT
    with pytest.raises(UntrustedError, match="expired 2026-11-24 13:00 UTC"):
        believe(PROOF, now=STATEMENT.expires_at)


def test_a_list_from_the_future_is_rejected() -> None:
    """If it were accepted, every list signed before that time would be rejected."""
    with pytest.raises(UntrustedError, match="in the future"):
        believe(sign(KEY, changed(published_at=NOW + 2 * HOUR, expires_at=NOW + 50 * HOUR)))


def test_a_list_signed_before_the_newest_is_a_replay() -> None:
    """This applies to a rollback too."""
    newer = changed(published_at=NOW)
    for proof in (PROOF, sign(KEY, changed(rollback=True))):
        with pytest.raises(UntrustedError, match="before the one in use"):
            believe(proof, before=newer)


def test_an_older_list_is_accepted_only_as_a_rollback() -> None:
    older = {"published_at": NOW, "as_of": {"ofac": NOW - 48 * HOUR}}
    with pytest.raises(UntrustedError, match="list ofac is older than the one in use"):
        believe(sign(KEY, changed(**older)), before=STATEMENT)
    rollback = changed(**older, rollback=True)
    assert believe(sign(KEY, rollback), before=STATEMENT) == rollback
    another = changed(published_at=NOW, as_of={"un": NOW - 48 * HOUR})
    assert believe(sign(KEY, another), before=STATEMENT) == another


def test_signed_bytes_that_are_not_a_statement_are_rejected() -> None:
    from holdgate.core.lists.signature import PURPOSE

    for text in (b"{}", b"[1]", b"\x00"):
        signature = base64.b64encode(KEY.sign(PURPOSE + text)).decode()
        with pytest.raises(UntrustedError, match="signed statement cannot be read"):
            believe(SignedStatement(text.decode(), signature))


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PRIVATE = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
RSA_PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "pem",
    ["", "secret", public_pem(), private_pem()[:-40], RSA_PRIVATE],
    ids=["empty", "no PEM", "public", "cut", "RSA"],
)
def test_an_invalid_signing_key_is_rejected(pem: str) -> None:
    with pytest.raises(KeyFileError, match="openssl genpkey"):
        signing_key(pem)


@pytest.mark.parametrize(
    "pem",
    ["", "public", private_pem(), public_pem()[:-40], RSA_PUBLIC, public_pem() + RSA_PUBLIC],
    ids=["empty", "no PEM", "private", "cut", "RSA", "two keys"],
)
def test_an_invalid_verify_key_is_rejected(pem: str) -> None:
    with pytest.raises(KeyFileError, match="openssl pkey -pubout"):
        verify_keys(pem)
