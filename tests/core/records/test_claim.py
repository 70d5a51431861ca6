"""A claim restores the bytes of the first decision."""

from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.model import decision as contract
from holdgate.core.model.decision import Decision, HoldReason, Match, Note, Versions, decide
from holdgate.core.model.evidence import Evidence, How
from holdgate.core.model.payment import Reference
from holdgate.core.model.review_outcome import REVIEW_REASONS, Disposition
from holdgate.core.records import claim
from tests.support.decisions import dispose

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
versions = st.builds(Versions, texts, texts, texts)
deadlines = st.none() | st.datetimes(
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11))]
    ),
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 - the strategy adds the time zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
).map(lambda moment: moment.astimezone(UTC))
hows = st.sampled_from(get_args(How))
evidence = st.builds(Evidence, texts, texts, hows, st.floats(allow_nan=False, allow_infinity=False))
matches = st.lists(
    st.builds(
        Match,
        field=texts,
        value=texts,
        entry_id=texts,
        entry_name=texts,
        matched_name=texts,
        list=texts,
        programs=st.lists(texts, max_size=2).map(tuple),
        rule=st.sampled_from(get_args(contract.Rule)),
        score=st.floats(0, 1),
        evidence=st.lists(evidence, max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)
references = st.none() | st.builds(Reference, uetr=st.none() | texts, end_to_end_id=st.none() | texts)
releases = st.builds(
    decide,
    payment_id=texts,
    content_hash=hashes,
    versions=versions,
    reason=st.just("NO_MATCH"),
    status=st.just("ACCP"),
    uetr=st.none() | texts,
    refers_to=references,
    deadline=deadlines,
)
notes = st.lists(
    st.builds(
        Note,
        field=texts,
        code=st.sampled_from(get_args(contract.NoteCode)),
        detail=texts,
        origin=st.none() | texts,
    ),
    min_size=1,
    max_size=3,
).map(tuple)
noted = st.builds(
    decide,
    payment_id=texts,
    content_hash=hashes,
    versions=versions,
    reason=st.just("NO_MATCH"),
    status=st.just("ACCP"),
    uetr=st.none() | texts,
    refers_to=references,
    notes=notes,
    deadline=deadlines,
)
holds = st.builds(
    decide,
    payment_id=texts,
    content_hash=hashes,
    versions=versions,
    reason=st.sampled_from(get_args(HoldReason)),
    status=st.sampled_from(["PDNG", "RJCT"]),
    uetr=st.none() | texts,
    refers_to=references,
    detail=st.none() | texts,
    matches=matches,
    notes=notes | st.just(()),
    deadline=deadlines,
)


def _versions(decision: Decision) -> Versions:
    return Versions(decision.list_version, decision.policy_version, decision.engine_version)


def _second(first: Decision, later: Versions) -> Decision:
    """Return another decision on the same payment, with other versions and another outcome."""
    return decide(
        payment_id=first.payment_id,
        content_hash=first.content_hash,
        versions=later,
        reason="INTERNAL_ERROR",
        status="PDNG",
        uetr=first.uetr,
        refers_to=first.refers_to,
        detail="made after the first one",
    )


@given(releases, versions)
def test_a_release_is_restored_to_its_bytes(first: Decision, later: Versions) -> None:
    """35 bytes and the current payment restore every byte, for any valid deadline."""
    kept = claim.encode_claim(first)
    assert len(kept) == 35
    assert claim.kept_bytes(kept) is None
    assert claim.versions_name(kept) == claim.name_versions(_versions(first))
    restored = claim.restore_decision(kept, _second(first, later), _versions(first))
    assert contract.to_json(restored) == contract.to_json(first)


@given(st.one_of(holds, noted), versions)
def test_a_hold_or_a_release_with_notes_is_restored_to_its_bytes(first: Decision, later: Versions) -> None:
    """Their claims store the bytes, which cannot be derived from the current payment."""
    kept = claim.encode_claim(first)
    assert claim.versions_name(kept) is None
    assert claim.kept_bytes(kept) == contract.to_json(first)
    assert claim.restore_decision(kept, _second(first, later), None) == first


@given(st.one_of(releases, noted, holds))
def test_a_claim_has_the_hash_of_the_decided_content(first: Decision) -> None:
    kept = claim.encode_claim(first)
    assert claim.claim_content(kept) == claim.hash_prefix(first.content_hash)
    assert len(claim.claim_content(kept)) == 20


def test_an_absent_deadline_differs_from_the_epoch() -> None:
    """Absence has a number of its own that no date has."""
    given = {
        "payment_id": "1",
        "content_hash": "0" * 64,
        "versions": Versions("a", "b", "c"),
        "reason": "NO_MATCH",
        "status": "ACCP",
    }
    epoch = decide(**given, deadline=datetime(1970, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]
    never = decide(**given)  # type: ignore[arg-type]
    assert claim.encode_claim(epoch) != claim.encode_claim(never)
    assert claim.restore_decision(claim.encode_claim(never), never, Versions("a", "b", "c")).deadline is None


@pytest.mark.parametrize("changed", range(3))
def test_the_name_of_versions_depends_on_each_of_them(changed: int) -> None:
    parts = ["a", "b", "c"]
    other = [part + "x" if at == changed else part for at, part in enumerate(parts)]
    assert claim.name_versions(Versions(*parts)) != claim.name_versions(Versions(*other))
    assert len(claim.name_versions(Versions(*parts))) == 6


def test_the_name_of_versions_is_not_their_concatenation() -> None:
    """Moving a letter from one version to the next gives another name."""
    assert claim.name_versions(Versions("ab", "c", "d")) != claim.name_versions(Versions("a", "bc", "d"))


def test_a_claim_is_followed_by_the_decision_that_names_its_own() -> None:
    versions_of_claim = Versions("lists", "policy", "engine")
    first = decide(
        payment_id="P",
        content_hash="ab" * 32,
        versions=versions_of_claim,
        reason="NO_MATCH",
        status="ACCP",
    )
    held = msgspec.structs.replace(first, decision="HOLD", reason="LIST_STALE", next_status="PDNG")
    follower = msgspec.structs.replace(held, decision_id="f" * 32, follows=first.decision_id)
    short, full = claim.encode_claim(first), claim.encode_claim(held)
    assert claim.is_followed(short, follower, versions_of_claim)
    assert claim.is_followed(full, follower, None)
    assert not claim.is_followed(short, follower, None), "its versions are lost"
    assert not claim.is_followed(short, held, versions_of_claim), "it follows nothing"
    assert not claim.is_followed(claim.encode_claim(follower), follower, None), "it is claimed already"
    other = msgspec.structs.replace(follower, content_hash="cd" * 32)
    assert not claim.is_followed(short, other, versions_of_claim)


@given(holds, st.sampled_from(sorted(REVIEW_REASONS)))
def test_what_people_decided_is_kept_whole_in_the_place_of_the_hold(
    held: Decision, disposition: Disposition
) -> None:
    """A release by people made again from the payment would be NO_MATCH, or the hold that they released."""
    decided = dispose(held, disposition)
    kept = claim.encode_claim(decided)
    assert claim.kept_bytes(kept) == contract.to_json(decided)
    assert claim.restore_decision(kept, held, None) == decided
    key = claim.claim_key(held)
    assert claim.claim_key(decided) == key
    assert claim.is_readable(key, kept)
    assert claim.is_followed(claim.encode_claim(held), decided, None)
    assert not claim.is_followed(kept, held, None)


@given(st.one_of(releases, noted, holds))
def test_a_claim_is_readable_under_its_own_key_alone(first: Decision) -> None:
    kept = claim.encode_claim(first)
    assert claim.is_readable(claim.claim_key(first), kept)
    assert not claim.is_readable(claim.claim_key(first), kept[:-1])
    assert not claim.is_readable("c:other#" + first.content_hash, kept)


@given(st.text(max_size=5), st.one_of(st.binary(max_size=80), st.binary(min_size=34, max_size=34)))
def test_any_bytes_can_be_checked(key: str, stored: bytes) -> None:
    """What passes as a short claim can be restored."""
    if claim.is_readable(f"p:{key}", b"R" + stored):
        payment = decide(
            payment_id=key,
            content_hash="0" * 64,
            versions=Versions("a", "b", "c"),
            reason="INTERNAL_ERROR",
            status="PDNG",
        )
        assert claim.restore_decision(b"R" + stored, payment, Versions("a", "b", "c")).reason == "NO_MATCH"
    assert not claim.is_readable(f"p:{key}", b"H" + stored)
    claim.is_readable(f"p:{key}", stored)
