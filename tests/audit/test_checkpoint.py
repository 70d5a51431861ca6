"""Signed notes and checkpoints: the published note of Go's sumdb, and notes that are altered or malformed."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from holdgate.audit.checkpoint import (
    MAX_SIGNATURES,
    CheckpointError,
    TreeHead,
    key_id,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
)
from tests.audit import vectors
from tests.audit.vectors import NOTE, NOTE_NAME, NOTE_TEXT, ROOTS
from tests.support.list_keys import ANOTHER, KEY

PUBLISHED = Ed25519PrivateKey.from_private_bytes(base64.b64decode(vectors.NOTE_SEED)[1:])
CHECKPOINT = TreeHead("holdgate/operations.audit/0", 8, ROOTS[8])
SIGNED = sign_checkpoint(KEY, CHECKPOINT)
KEYS = [KEY.public_key()]


def test_the_published_note_is_reproduced_byte_for_byte() -> None:
    public = PUBLISHED.public_key()
    assert public.public_bytes_raw() == base64.b64decode(vectors.NOTE_KEY)[1:]
    assert key_id(NOTE_NAME, public).hex() == vectors.NOTE_KEY_ID
    assert sign_note(NOTE_NAME, PUBLISHED, NOTE_TEXT) == NOTE
    assert open_note(NOTE_NAME, [public], NOTE) == NOTE_TEXT


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    text, _, signature = SIGNED.partition("\n\n")
    assert text.split("\n") == [CHECKPOINT.origin, "8", base64.b64encode(ROOTS[8]).decode()]
    assert signature.startswith(f"— {CHECKPOINT.origin} ")
    assert open_checkpoint(KEYS, SIGNED) == CHECKPOINT


def test_a_checkpoint_of_one_size_is_signed_alike() -> None:
    assert sign_checkpoint(KEY, CHECKPOINT) == SIGNED


def test_a_key_can_be_changed_and_a_witness_may_sign_too() -> None:
    assert open_checkpoint([ANOTHER.public_key(), KEY.public_key()], SIGNED) == CHECKPOINT
    witness = sign_note("witness.example", ANOTHER, CHECKPOINT.text).rpartition("\n\n")[2]
    assert open_checkpoint(KEYS, SIGNED + witness) == CHECKPOINT
    assert (
        open_checkpoint(KEYS, CHECKPOINT.text + "\n" + witness + SIGNED.rpartition("\n\n")[2]) == CHECKPOINT
    )


def test_an_extension_line_is_ignored() -> None:
    extended = sign_note(CHECKPOINT.origin, KEY, CHECKPOINT.text + "extension\n")
    assert open_checkpoint(KEYS, extended) == CHECKPOINT


@given(st.integers(0, len(SIGNED) - 1), st.characters(codec="utf-8"))
def test_one_other_character_is_detected(position: int, character: str) -> None:
    altered = SIGNED[:position] + character + SIGNED[position + 1 :]
    if altered != SIGNED:
        with pytest.raises(CheckpointError):
            open_checkpoint(KEYS, altered)


@given(st.text() | st.text("ab\n— +/=1", max_size=60))
def test_any_other_text_is_refused(note: str) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(KEYS, note)


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (sign_checkpoint(ANOTHER, CHECKPOINT), "not signed by a known key"),
        (SIGNED.replace("\n8\n", "\n9\n"), "signature of holdgate/operations.audit/0 is wrong"),
        (SIGNED.removesuffix("\n"), "not a signed note"),
        (SIGNED.replace("—", "-"), "malformed signature line"),
        (SIGNED + SIGNED.rpartition("\n\n")[2] * MAX_SIGNATURES, "more than 100 signatures"),
        (sign_note("a", KEY, "a\n08\n"), "not a checkpoint"),
        (sign_note("a", KEY, "a\n08\nAAAA\n"), "not a checkpoint"),
        (sign_note("a", KEY, "a\n8\nAA*A\n"), "not base64 of 32 bytes"),
        (sign_note("a", KEY, "a\n8\nAAAA\n"), "not base64 of 32 bytes"),
    ],
)
def test_a_bad_note_is_refused_and_says_why(note: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(KEYS, note)
