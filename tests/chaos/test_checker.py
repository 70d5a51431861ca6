"""The checker passes a valid recording and reports each kind of violation under its invariant."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chaos.checker import FORGED, INVARIANTS, check, expected_content
from chaos.recording import KIND_HEADER, ListWindow, OffsetSample, Recording, StoredRecord
from tests.chaos.test_review_check import VIOLATIONS

START = 1_764_000_000.0
OLD, NEW, LATER = "list-a", "list-b", "list-c"


def _submitted(offset: int, kind: str, name: str, value: bytes | None = None, **members: Any) -> StoredRecord:
    payment = {"payment_id": name, "amount": "1.00", "creditor": {"name": "Café"}} | members
    body = None if kind == "null" else value or json.dumps(payment).encode()
    return StoredRecord(0, offset, START + offset, name.encode(), body, {KIND_HEADER: kind})


def _decision(
    offset: int, of: StoredRecord, outcome: str, reason: str, version: str = OLD, follows: str | None = None
) -> StoredRecord:
    name, digest = expected_content(of)
    body = ({} if follows is None else {"follows": follows}) | {
        "decision_id": _id_of(of, follows),
        "payment_id": name,
        "decision": outcome,
        "reason": reason,
        "list_version": version,
        "content_hash": digest,
    }
    headers = {"holdgate_partition": "0", "holdgate_offset": str(of.offset)}
    value = json.dumps(body, separators=(",", ":")).encode()
    return StoredRecord(0, offset, of.timestamp + 0.5, name.encode(), value, headers)


def _id_of(of: StoredRecord, follows: str | None = None) -> str:
    text = f"{expected_content(of)}{follows}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def sound() -> Recording:
    """A recording with payments of every kind: repeated, changed, decided twice, rescreened; and with a list
    change.
    """
    sent = [
        _submitted(0, "clean", "a"),
        _submitted(1, "listed", "b"),
        _submitted(2, "broken", "c", b'{"payment_id": "c'),
        _submitted(3, "null", "d"),
        _submitted(4, "clean", "a", submitted_at="2026-01-01T00:00:00Z"),
        _submitted(5, "clean", "a", amount="2.00"),
        _submitted(100, "listed", "e"),
        _submitted(101, "listed", "f"),
        _submitted(102, "clean", "g"),
        _submitted(300, "listed", "f"),
    ]
    answers = [
        _decision(0, sent[0], "RELEASE", "NO_MATCH"),
        _decision(1, sent[1], "HOLD", "LIST_MATCH"),
        _decision(2, sent[2], "HOLD", "INVALID_EVENT", "none"),
        _decision(3, sent[1], "HOLD", "LIST_MATCH"),
        _decision(4, sent[4], "RELEASE", "NO_MATCH"),
        _decision(5, sent[5], "HOLD", "CONTENT_CHANGED"),
        _decision(6, sent[6], "RELEASE", "NO_MATCH", NEW),
        _decision(7, sent[7], "RELEASE", "NO_MATCH", NEW),
        _decision(8, sent[8], "HOLD", "LIST_STALE", NEW),
        _decision(9, sent[7], "HOLD", "LIST_MATCH", LATER, _id_of(sent[7]))._replace(timestamp=START + 210),
        _decision(10, sent[8], "RELEASE", "NO_MATCH", LATER, _id_of(sent[8]))._replace(timestamp=START + 210),
        _decision(11, sent[9], "HOLD", "LIST_MATCH", LATER, _id_of(sent[7])),
    ]
    letter = sent[2]._replace(offset=0, headers=answers[2].headers)
    return Recording(
        submitted=sent,
        decisions=answers,
        dead_letters=[letter],
        committed={0: 301},
        list_windows=[
            ListWindow(OLD, START - 9, START + 50, True),
            ListWindow(NEW, START + 50, START + 200, True),
            ListWindow(LATER, START + 200, START + 999, True),
        ],
        holds_listed_person={OLD: True, NEW: False, LATER: True},
        offset_samples=[OffsetSample({0: 2}, {0: 2}), OffsetSample({0: 6}, {0: 6})],
        acknowledged=[(0, 0), (0, 6 - 1)],
        max_swap_seconds=5,
    )


def test_a_valid_recording_passes(sound: Recording) -> None:
    findings = check(sound)
    assert (findings.examples, findings.holds) == ([], True)


def _without(place: int) -> Callable[[Recording], Recording]:
    return lambda run: replace(run, decisions=[one for one in run.decisions if one.offset != place])


def _changed(place: int, **members: Any) -> Callable[[Recording], Recording]:
    def change(run: Recording) -> Recording:
        answers = list(run.decisions)
        body = json.dumps(run.body(answers[place]) | members, separators=(",", ":")).encode()
        answers[place] = answers[place]._replace(value=body)
        return replace(run, decisions=answers, bodies={})

    return change


def _altered(run: Recording) -> Recording:
    answers = list(run.decisions)
    value = bytearray(answers[3].value or b"")
    value[20] ^= 1
    answers[3] = answers[3]._replace(value=bytes(value))
    return replace(run, decisions=answers)


def _headed(place: int, **headers: str) -> Callable[[Recording], Recording]:
    def change(run: Recording) -> Recording:
        answers = list(run.decisions)
        answers[place] = answers[place]._replace(headers={**answers[place].headers, **headers})
        return replace(run, decisions=answers)

    return change


def _stale(run: Recording) -> Recording:
    return replace(run, list_windows=[window._replace(fresh=False) for window in run.list_windows])


def _early(run: Recording) -> Recording:
    return replace(run, offset_samples=[OffsetSample({0: 3}, {0: 2})])


def _void_hold(run: Recording) -> Recording:
    return _changed(9, follows="x")(_without(11)(run))


def _republished(run: Recording) -> Recording:
    *before, last = run.decisions
    return replace(run, decisions=[*before, last._replace(value=run.decisions[7].value)])


def _in_two_steps(run: Recording) -> Recording:
    """A hold for a match becomes one for a stale list, which is lifted."""
    [payment] = [record for record in run.submitted if record.offset == 1]
    stale = _decision(12, payment, "HOLD", "LIST_STALE", NEW, _id_of(payment))
    lifted = _decision(13, payment, "RELEASE", "NO_MATCH", NEW, _id_of(payment, _id_of(payment)))
    return replace(run, decisions=[*run.decisions, stale, lifted])


def _released(place: int) -> Callable[[Recording], Recording]:
    return _changed(place, decision="RELEASE", reason="NO_MATCH", list_version=OLD)


def _swapped(run: Recording) -> Recording:
    answers = list(run.decisions)
    first, second = answers[0], answers[5]
    answers[0], answers[5] = second._replace(offset=0), first._replace(offset=5)
    return replace(run, decisions=[*answers[:4], *answers[5:]])


BROKEN: list[tuple[str, str, Callable[[Recording], Recording]]] = [
    ("nothing decided", "missing", lambda run: replace(run, decisions=[])),
    ("nothing sent", "missing", lambda run: replace(run, submitted=[], acknowledged=[])),
    ("a decision dropped", "missing", _without(6)),
    ("a repeat's answer dropped", "unaccounted", _without(4)),
    ("an acknowledged payment gone", "missing", lambda run: replace(run, acknowledged=[(0, 77)])),
    ("one byte altered", "conflicting", _altered),
    ("a changed content decided on its own", "conflicting", _changed(5, reason="LIST_MATCH")),
    ("a listed payment released", "unscreened_releases", _changed(6, list_version=OLD)),
    ("a release by a list nobody published", "unscreened_releases", _changed(0, list_version="x")),
    ("a release without a list", "unscreened_releases", _changed(0, list_version="none")),
    ("a release by a list not yet current", "unscreened_releases", _changed(0, list_version=NEW)),
    ("a release by a list too old", "unscreened_releases", _stale),
    ("a broken record released", "unscreened_releases", _released(2)),
    ("a record held for another reason", "unaccounted", _changed(2, reason="LIST_MATCH")),
    ("an offset committed before its decision", "offsets_ahead", _early),
    ("an offset committed without its decision", "offsets_ahead", _without(6)),
    ("no dead letter", "unaccounted", lambda run: replace(run, dead_letters=[])),
    (
        "a dead letter that is not the record",
        "unaccounted",
        lambda run: replace(run, dead_letters=[run.dead_letters[0]._replace(value=b"{}")]),
    ),
    (
        "a dead letter of a sound record",
        "unaccounted",
        lambda run: replace(
            run,
            dead_letters=[
                *run.dead_letters,
                run.submitted[0]._replace(headers=run.decisions[0].headers),
            ],
        ),
    ),
    ("an input that was not there", "unscreened_releases", _headed(0, holdgate_offset="50")),
    ("a decision that follows none in force", "conflicting", _changed(9, follows="x")),
    ("a first decision that follows", "conflicting", _changed(6, follows="x")),
    ("a replaced release as the answer to a resend", "republished", _republished),
    ("a hold that follows none in force, after a release", "held_releases", _void_hold),
    ("a hold for a match lifted", "lifted_holds", _changed(8, reason="LIST_MATCH")),
    ("a hold for a match lifted in two steps", "lifted_holds", _in_two_steps),
    ("a forged claim", "forged_claims", _changed(0, list_version=FORGED)),
    ("another partition", "out_of_order", _headed(0, holdgate_partition="1")),
    ("another order", "out_of_order", _swapped),
]  # fmt: skip


@pytest.mark.parametrize(("invariant", "change"), [pytest.param(*rest, id=name) for name, *rest in BROKEN])
def test_each_violation_is_found(
    sound: Recording, invariant: str, change: Callable[[Recording], Recording]
) -> None:
    findings = check(change(sound))
    assert findings.counts[invariant] > 0, findings.counts


def test_each_invariant_has_a_violation() -> None:
    found = {invariant for _, invariant, _ in BROKEN} | {invariant for _, invariant, _ in VIOLATIONS}
    assert found == set(INVARIANTS)
