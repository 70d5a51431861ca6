"""The rules of the gate, with claims, log and lists in memory."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.lists.snapshot import Snapshot, load_snapshot
from holdgate.core.model.decision import Decision, from_json, to_json
from holdgate.core.model.review_outcome import Disposition
from holdgate.core.policy import policy as policies
from holdgate.core.policy.policy import Freshness, Policy
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.core.records import claim
from holdgate.core.records.kafka_record import Outgoing, Record
from holdgate.core.records.topics import DEAD_LETTERS, DECISIONS, INPUT_OFFSET, REASON_CODE
from holdgate.lists.building import BuiltSnapshot
from holdgate.screening.gate import Gate
from holdgate.screening.metrics import Metrics
from tests.support.decisions import dispose
from tests.support.fakes import MemoryClaims, MemoryLists, MemoryLog, pointer
from tests.support.small_list import PERSON_NAME, SAMPLE_POLICY

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
POLICY = policies.from_toml(SAMPLE_POLICY.read_bytes())


PROBE_KEY = b"probe" * 8


class Scene:
    """A gate with everything it needs in memory. `lists.screener` is None until `screen_with`."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.claims = MemoryClaims()
        self.log = MemoryLog()
        self.lists = MemoryLists(policy)
        self.metrics = Metrics(policy.rails, CollectorRegistry())
        self.now = NOW
        self.gate = self.new_gate(self.log)
        self._offset = 0

    def new_gate(self, log: MemoryLog) -> Gate:
        """Return another gate with the same claims and lists, as after a restart."""
        return Gate(self.policy, self.lists, self.claims, log, self.metrics, self._clock, probe_key=PROBE_KEY)

    def _clock(self) -> float:
        return self.now.timestamp()

    def screen_with(
        self, built: BuiltSnapshot, screener: type[Screener] = Screener, **as_of: datetime
    ) -> "Scene":
        """Make a snapshot current."""
        engine = screener(_snapshot(built), self.policy)
        self.lists.make_current(engine, pointer(built, **as_of))
        asyncio.run(self.claims.remember(engine.versions))
        return self

    def record(self, value: bytes | None, key: bytes | None = b"p", partition: int = 0) -> Record:
        """Return the next record of payments.submitted."""
        self._offset += 1
        return Record("payments.submitted", partition, self._offset, NOW.timestamp() - 1, key, value, ())

    def payment(self, payment_id: str = "p", **members: Any) -> Record:
        """Return the next record, with a payment as its value."""
        parties = {"debtor": {"name": "Gulnara Canary"}, "creditor": {"name": "Annika Brandt"}}
        content = {"payment_id": payment_id} | parties | members
        return self.record(json.dumps(content).encode(), payment_id.encode())

    def decide(self, *records: Record) -> list[Decision]:
        """Decide one batch and return the published decisions."""
        before = len(self.log.all(DECISIONS.name))
        asyncio.run(self.gate.decide(records))
        return decisions(self.log)[before:]

    def count(self, name: str, **labels: str) -> float:
        """Return the value of a metric."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


_snapshots: dict[str, Snapshot] = {}


def _snapshot(built: BuiltSnapshot) -> Snapshot:
    """Load the snapshot once: loading takes longer than most tests in this file."""
    if built.header.version not in _snapshots:
        _snapshots[built.header.version] = load_snapshot(built.data)
    return _snapshots[built.header.version]


def decisions(log: MemoryLog) -> list[Decision]:
    """Return all decisions of a log."""
    return [from_json(record.value or b"") for record in log.all(DECISIONS.name)]


@pytest.fixture
def scene(small: BuiltSnapshot) -> Scene:
    """Return a gate that screens with the small list."""
    return Scene().screen_with(small)


def test_nothing_is_released_if_the_clock_is_behind_the_payments(scene: Scene) -> None:
    """With such a clock an old list looks fresh. Matches are still reported."""
    ahead = NOW.timestamp() + 25 * 3600
    listed = scene.payment("listed", creditor={"name": PERSON_NAME})
    records = [one._replace(timestamp=ahead) for one in (scene.payment("clean"), listed)]
    clean, held = scene.decide(*records)
    assert (clean.decision, clean.reason, held.reason) == ("HOLD", "LIST_STALE", "LIST_MATCH")
    assert "90000 s behind" in (clean.detail or "")


def test_the_clock_of_a_sender_may_be_an_hour_ahead(scene: Scene) -> None:
    [decision] = scene.decide(scene.payment("clean")._replace(timestamp=NOW.timestamp() + 3_600))
    assert decision.reason == "NO_MATCH"


class Stumbling(Screener):
    """An engine that fails on payments whose id begins with `poison`."""

    def screen(
        self, batch: Sequence[Received], *, now: datetime | None = None, stale: Stale = all_fresh
    ) -> list[Decision]:
        """Fail on a batch that contains such a payment."""
        if any(received.payment.payment_id.startswith("poison") for received in batch):
            raise ZeroDivisionError("while looking at Gulnara Canary")
        return super().screen(batch, now=now, stale=stale)


class AwayFor(MemoryClaims):
    """Claims whose first attempt fails and is retried after a number of seconds."""

    def __init__(self, scene: Scene, seconds: float) -> None:
        super().__init__()
        self._scene = scene
        self._seconds = seconds

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Evaluate the claims once in vain, then again after the time has passed."""
        claims()
        self._scene.now += timedelta(seconds=self._seconds)
        return await super().claim(claims)


@pytest.mark.parametrize(
    ("away", "reason", "status"), [(9, "NO_MATCH", "ACCP"), (11, "DEADLINE_EXCEEDED", "RJCT")]
)
def test_a_release_that_waits_for_its_claim_past_the_deadline_becomes_a_hold(
    small: BuiltSnapshot, away: float, reason: str, status: str
) -> None:
    scene = Scene().screen_with(small)
    scene.claims = AwayFor(scene, away)
    scene.gate = scene.new_gate(scene.log)
    asyncio.run(scene.claims.remember(scene.lists.screener.versions))  # type: ignore[union-attr]
    instant = {"rail": "sct_inst", "submitted_at": NOW.isoformat()}
    first, second, third = scene.decide(
        scene.payment("clean", **instant),
        scene.payment("listed", creditor={"name": PERSON_NAME}, **instant),
        scene.record(b"broken", b"broken"),
    )
    assert (first.reason, first.next_status) == (reason, status)
    assert (second.reason, third.reason) == ("LIST_MATCH", "INVALID_EVENT")
    assert (
        scene.count("holdgate_decisions_total", decision=first.decision, reason=reason, rail="sct_inst") == 1
    )
    [again] = scene.decide(scene.payment("clean", **instant))
    assert again == first, "the first decision stands"


def test_a_payment_released_before_the_engine_failed_on_it_is_no_dead_letter(small: BuiltSnapshot) -> None:
    """Each dead letter is also a HOLD, but here the first decision is final."""
    scene = Scene().screen_with(small)
    [released] = scene.decide(scene.payment("poison"))
    scene.screen_with(small, Stumbling)
    [again] = scene.decide(scene.payment("poison"))
    assert again == released
    assert scene.log.all(DEAD_LETTERS.name) == []


@pytest.mark.parametrize("places", [(0,), (15,), (7, 8), (0, 3, 15), tuple(range(16))])
def test_a_payment_the_engine_fails_on_is_held_and_the_rest_is_decided(
    small: BuiltSnapshot, places: Sequence[int]
) -> None:
    scene = Scene().screen_with(small, Stumbling)
    records = [scene.payment(f"poison-{n}" if n in places else f"clean-{n}") for n in range(16)]
    with capture_logs() as logs:
        found = scene.decide(*records)

    assert [decision.payment_id.encode() for decision in found] == [record.key for record in records]
    for number, decision in enumerate(found):
        wanted = ("HOLD", "INTERNAL_ERROR") if number in places else ("RELEASE", "NO_MATCH")
        assert (decision.decision, decision.reason) == wanted
        assert "Canary" not in (decision.detail or "")
    letters = scene.log.all(DEAD_LETTERS.name)
    assert [letter.value for letter in letters] == [records[number].value for number in places]
    assert {dict(letter.headers)[REASON_CODE] for letter in letters} == {b"internal_error"}
    assert scene.count("holdgate_dead_letters_total", reason="internal_error") == len(places)
    failures = [line for line in logs if line["event"].startswith("engine failed")]
    assert len(failures) == len(places)
    for failure in failures:
        assert failure["error"] == "ZeroDivisionError"
        assert re.fullmatch(r"core/engine/isolation\.py:\d+ isolate_failures", failure["frames"][0])
        assert failure["frames"][-1].endswith("Stumbling.screen")
    assert "Canary" not in repr(logs)


def test_a_hold_for_an_engine_failure_is_final_after_the_engine_is_fixed(small: BuiltSnapshot) -> None:
    """If resending released the payment, a retry loop could pass anything that was held."""
    scene = Scene().screen_with(small, Stumbling)
    record = scene.payment("poison")
    [first] = scene.decide(record)
    [again] = scene.screen_with(small).decide(record)
    assert again == first


def test_without_a_snapshot_everything_readable_is_held() -> None:
    scene = Scene()
    found = scene.decide(scene.payment("p1"), scene.payment("p2", debtor={"name": PERSON_NAME}))
    assert [(decision.decision, decision.reason) for decision in found] == [("HOLD", "LIST_UNAVAILABLE")] * 2
    assert {decision.list_version for decision in found} == {"none"}
    assert found[0].detail == scene.lists.missing()


def test_a_stale_list_holds_everything_and_matches_are_reported(small: BuiltSnapshot) -> None:
    policy = replace(POLICY, freshness=Freshness(max_age_hours=48))
    scene = Scene(policy).screen_with(small, ofac=NOW - timedelta(hours=49))
    found = scene.decide(scene.payment("p1"), scene.payment("p2", debtor={"name": PERSON_NAME}))
    assert [(decision.decision, decision.reason) for decision in found] == [
        ("HOLD", "LIST_STALE"),
        ("HOLD", "LIST_MATCH"),
    ]
    scene.screen_with(small, ofac=NOW - timedelta(hours=47))
    assert [decision.decision for decision in scene.decide(scene.payment("p3"))] == ["RELEASE"]


def test_null_values_publish_nothing(scene: Scene) -> None:
    assert scene.decide(scene.record(None), scene.record(None)) == []
    assert scene.log.all(DEAD_LETTERS.name) == []
    assert scene.count("holdgate_tombstones_total") == 2


def test_first_decisions_are_final_under_another_list(scene: Scene, smaller: BuiltSnapshot) -> None:
    """A RELEASE is rebuilt from its three versions, and a HOLD is stored: both keep their bytes."""
    records = [scene.payment("clean"), scene.payment("listed", debtor={"name": PERSON_NAME})]
    scene.decide(*records)
    scene.screen_with(smaller).decide(*records)
    first, again = scene.log.all(DECISIONS.name)[:2], scene.log.all(DECISIONS.name)[2:]
    assert [record.value for record in again] == [record.value for record in first]
    [fresh] = scene.decide(scene.payment("fresh", debtor={"name": PERSON_NAME}))
    assert (fresh.decision, fresh.list_version) == ("RELEASE", smaller.header.version)
    assert scene.count("holdgate_claims_total", outcome="again") == 2


def test_a_release_with_notes_is_repeated_byte_for_byte(small: BuiltSnapshot, smaller: BuiltSnapshot) -> None:
    """This holds under another list, and after its claim was lost and restored from the decisions topic."""
    rail = b'[rails.noting]\ndeadline_seconds = 86400\nnote_only = ["SCRIPT_NOT_COMPARED"]\n'
    scene = Scene(policies.from_toml(SAMPLE_POLICY.read_bytes() + rail)).screen_with(small)
    record = scene.payment("khmer", debtor={"name": "\u179f\u17bb\u1781\u17b6"}, rail="noting")
    [first] = scene.decide(record)
    assert (first.decision, [note.code for note in first.notes]) == ("RELEASE", ["SCRIPT_NOT_COMPARED"])
    scene.screen_with(smaller).decide(record)
    scene.claims.standing.clear()
    restored = decisions(scene.log)[0]
    asyncio.run(scene.claims.claim(lambda: [(claim.claim_key(restored), claim.encode_claim(restored))]))
    scene.decide(record)
    assert len({published.value for published in scene.log.all(DECISIONS.name)}) == 1
    assert scene.count("holdgate_notes_total", code="SCRIPT_NOT_COMPARED") == 3


@pytest.mark.parametrize("disposition", ["RELEASE", "REJECT", "BLOCK"])
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_payment_that_people_decided_is_answered_with_their_decision(
    scene: Scene, smaller: BuiltSnapshot, disposition: Disposition, is_changed: bool
) -> None:
    """This holds too if they decided on other content under a known payment_id, and under other lists."""
    if is_changed:
        scene.decide(scene.payment("known"))
    record = scene.payment("known", debtor={"name": PERSON_NAME})
    [held] = scene.decide(record)
    assert held.reason == ("CONTENT_CHANGED" if is_changed else "LIST_MATCH")
    decided = dispose(held, disposition)
    assert claim.claim_key(held) in scene.claims.standing
    scene.claims.standing[claim.claim_key(decided)] = claim.encode_claim(decided)
    assert scene.screen_with(smaller).decide(record) == [decided]
    assert scene.log.all(DECISIONS.name)[-1].value == to_json(decided)
    assert scene.count("holdgate_decisions_total", decision=disposition, reason=decided.reason, rail="other")


def test_content_changed_within_one_batch(scene: Scene) -> None:
    found = scene.decide(
        scene.payment(amount="1"),
        scene.payment(amount="2"),
        scene.payment(amount="1"),
        scene.payment(amount="2"),
    )
    assert [decision.reason for decision in found] == [
        "NO_MATCH",
        "CONTENT_CHANGED",
        "NO_MATCH",
        "CONTENT_CHANGED",
    ]
    assert (found[0], found[1]) == (found[2], found[3])
    assert scene.count("holdgate_claims_total", outcome="changed") == 2


def test_changed_content_is_held_with_its_matches(scene: Scene) -> None:
    scene.decide(scene.payment())
    [changed] = scene.decide(scene.payment(debtor={"name": PERSON_NAME}))
    assert changed.reason == "CONTENT_CHANGED"
    assert [match.rule for match in changed.matches] == ["name"]


def test_decisions_are_counted_only_after_they_are_in_the_log(small: BuiltSnapshot) -> None:
    """A failed delivery raises. The batch is unacknowledged, and the next worker publishes the same."""

    class Refusing(MemoryLog):
        async def publish(self, records: Sequence[Outgoing]) -> list[int]:
            raise ConnectionError("the broker is gone")

    scene = Scene().screen_with(small)
    records = [
        scene.payment("p1"),
        scene.payment("p2", debtor={"name": PERSON_NAME}),
        scene.record(b"{", b"p3"),
    ]
    with pytest.raises(ConnectionError):
        asyncio.run(scene.new_gate(Refusing()).decide(records))
    counted = [
        sample.value
        for family in scene.metrics.registry.collect()
        for sample in family.samples
        if sample.name in ("holdgate_decisions_total", "holdgate_dead_letters_total")
    ]
    assert counted
    assert not any(counted)
    claimed = {claim.kept_bytes(standing) for standing in scene.claims.standing.values()}
    scene.decide(*records)
    published = [record.value for record in scene.log.all(DECISIONS.name)]
    assert len(published) == 3
    assert claimed - {None} == set(published[1:])


def test_a_claim_whose_versions_are_lost_stops_the_worker(scene: Scene) -> None:
    """Redis lost part of its data; continuing could change the bytes of a published decision."""
    record = scene.payment()
    scene.decide(record)
    after_loss = Scene()
    after_loss.claims.standing = scene.claims.standing
    with pytest.raises(LookupError):
        after_loss.decide(record)
    assert decisions(after_loss.log) == []


@pytest.fixture
def list_of_day(small: BuiltSnapshot, smaller: BuiltSnapshot) -> Callable[[int], BuiltSnapshot]:
    """Return a list per day; not a fixture, since hypothesis prints the arguments of a test."""
    return lambda day: smaller if day % 2 else small


LETTERS = "abc"
CONTENTS = {
    "clean": {"debtor": {"name": "Gulnara Canary"}},
    "other": {"debtor": {"name": "Almaty Canary Bakery"}},
    "listed": {"debtor": {"name": PERSON_NAME}},
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        st.tuples(st.sampled_from(LETTERS), st.sampled_from([*CONTENTS, "broken", "null"])), max_size=24
    ),
    cuts=st.sets(st.integers(0, 24)),
    crashes=st.sets(st.integers(0, 24)),
)
def test_a_payment_has_one_decision_however_it_is_batched_and_repeated(
    list_of_day: Callable[[int], BuiltSnapshot],
    sent: list[tuple[str, str]],
    cuts: set[int],
    crashes: set[int],
) -> None:
    """Each payment_id and content has one decision's bytes, despite crashes and list updates."""
    scene = Scene().screen_with(list_of_day(0))
    records = [
        scene.record(b"{", name.encode())
        if content == "broken"
        else scene.record(None, name.encode())
        if content == "null"
        else scene.payment(name, **CONTENTS[content])
        for name, content in sent
    ]
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(records)), len(records)]
    for turn, (start, end) in enumerate(pairwise(edges)):
        scene.decide(*records[start:end])
        if (
            turn in crashes
        ):  # published but not acknowledged: redelivered to the next worker, which has a newer list
            scene.screen_with(list_of_day(turn)).decide(*records[start:end])

    readable = [record for record in records if record.value is not None]
    decided = {int(dict(record.headers)[INPUT_OFFSET]) for record in scene.log.all(DECISIONS.name)}
    assert decided == {record.offset for record in readable}
    bodies: dict[tuple[str, str], set[bytes | None]] = {}
    for record, decision in zip(scene.log.all(DECISIONS.name), decisions(scene.log), strict=True):
        bodies.setdefault((decision.payment_id, decision.content_hash), set()).add(record.value)
    assert all(len(found) == 1 for found in bodies.values())
    firsts: dict[str, str] = {}
    for decision in decisions(scene.log):
        if decision.reason in ("NO_MATCH", "LIST_MATCH"):
            assert firsts.setdefault(decision.payment_id, decision.content_hash) == decision.content_hash
