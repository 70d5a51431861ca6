"""Who acts is said by a signed token, and in demos only by the person."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from holdgate.casework.sign_in import DEMO_PEOPLE, sign_in
from holdgate.cli.main import main
from holdgate.core.review.identity import IdentityError, ReviewerToken, pseudonym, read_token, sign_token
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOKEN = ReviewerToken("bank", "4711", ("analyst",), NOW, NOW + timedelta(hours=8))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with keys, and a token that the command line signed."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "pseudonyms").write_text("0123456789abcdef" * 2)
    arguments = ["cases", "token", "--key", str(private), "--issuer", "bank", "--subject", "4711"]
    result = CliRunner().invoke(main, [*arguments, "--role", "analyst", "--role", "approver"])
    assert result.exit_code == 0, result.output
    (tmp_path / "token").write_text(result.stdout)
    return Settings(
        review_token_file=str(tmp_path / "token"),
        review_token_key_file=str(public),
        pseudonym_key_file=str(tmp_path / "pseudonyms"),
    )


def test_a_signed_token_says_who_acts(settings: Settings) -> None:
    actor = sign_in(settings)
    assert actor.user == pseudonym(b"0123456789abcdef" * 2, "bank", "4711")
    assert (actor.roles, actor.method) == (("analyst", "approver"), "token")
    assert actor.auth_time is not None


def test_nobody_chooses_who_they_are_outside_a_demo(settings: Settings) -> None:
    with pytest.raises(OperatorError, match="--as is for demos"):
        sign_in(settings, "ben")
    with pytest.raises(OperatorError, match="HOLDGATE_REVIEW_TOKEN_FILE"):
        sign_in(Settings())


def test_the_people_of_a_demo_are_different_people() -> None:
    demo = Settings(review_sign_in="demo")
    people = [sign_in(demo, name) for name in (None, *DEMO_PEOPLE)]
    assert len({actor.user for actor in people}) == len(people)
    assert {actor.method for actor in people} == {"demo"}
    with pytest.raises(OperatorError, match="people of the demo"):
        sign_in(demo, "eve")


def test_a_token_is_valid_for_its_time_and_its_key_only() -> None:
    line, keys = sign_token(KEY, TOKEN), [KEY.public_key()]
    assert read_token(keys, line + "\n", NOW) == TOKEN
    for moment in (NOW - timedelta(seconds=1), TOKEN.expires_at):
        with pytest.raises(IdentityError, match="is valid from"):
            read_token(keys, line, moment)
    for other in ([], [Ed25519PrivateKey.generate().public_key()]):
        with pytest.raises(IdentityError, match="not signed"):
            read_token(other, line, NOW)
    statement, signature = line.split(".")
    promoted = base64.urlsafe_b64decode(statement).replace(b"analyst", b"approver")
    with pytest.raises(IdentityError, match="not signed"):
        read_token(keys, f"{base64.urlsafe_b64encode(promoted).decode()}.{signature}", NOW)


@given(st.text() | st.text(alphabet="abc=._-").map(lambda text: f"{text}.{text}"))
def test_any_text_is_no_token(text: str) -> None:
    with pytest.raises(IdentityError):
        read_token([KEY.public_key()], text, NOW)


def test_issuer_and_subject_cannot_be_shifted_into_each_other() -> None:
    key = b"k" * 32
    assert pseudonym(key, "a", "b c") != pseudonym(key, "a b", "c")
    assert pseudonym(key, 'a","b', "c") != pseudonym(key, "a", 'b","c')


def test_nobody_is_the_review_process() -> None:
    with pytest.raises(ValueError, match="review"):
        ReviewerToken("bank", "4711", ("review",), NOW, NOW)
