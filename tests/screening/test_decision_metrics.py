"""Each decision is counted once, late ones as late, and payments of the probe are excluded."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from holdgate.core.engine.finders import NEAR_MISS_MARGIN
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import sign_probe
from holdgate.core.records.topics import DECISIONS, PROBE, REPLAY
from holdgate.lists.building import BuiltSnapshot
from holdgate.screening.gate import Gate
from tests.screening.test_gate import NOW, POLICY, PROBE_KEY, Scene
from tests.support.small_list import PERSON_NAME


@pytest.fixture
def scene(small: BuiltSnapshot) -> Scene:
    """Return a gate that screens with the small list."""
    return Scene().screen_with(small)


def test_payments_of_the_probe_are_decided_but_excluded_from_payment_metrics(scene: Scene) -> None:
    records = [
        marked(scene.payment("probe-1", creditor={"name": PERSON_NAME})),
        marked(scene.payment("probe-2")),
        marked(scene.record(b"{", b"probe-3")),
    ]
    assert [decision.decision for decision in scene.decide(*records)] == ["HOLD", "RELEASE", "HOLD"]
    marks = [dict(record.headers)[PROBE] for record in scene.log.all(DECISIONS.name)]
    assert marks == [sign_probe(PROBE_KEY, record.value or b"") for record in records]
    about_payments = ("decision", "claims", "corridor", "currency", "dead_letters_total", "late", "held_by")
    assert not [
        sample
        for family in scene.metrics.registry.collect()
        for sample in family.samples
        if sample.name.removeprefix("holdgate_").startswith(about_payments) and sample.value
    ]
    assert scene.count("holdgate_probe_decisions_total") == 3


@pytest.mark.parametrize("name", [PROBE, PROBE.title()])
def test_the_probes_header_without_its_signature_exempts_nothing(scene: Scene, name: str) -> None:
    """Any sender can set the header, and can copy that of another payment."""
    other = sign_probe(PROBE_KEY, b"other")
    signed = marked(scene.payment("p1"))
    foreign = [
        scene.payment("p1")._replace(headers=[(name, b"1")]),
        scene.payment("p2")._replace(headers=[(name, other), ("traceparent", b"t")]),
        scene.payment("p1")._replace(headers=[*signed.headers, (name, b"1")]),
        scene.record(b"{", b"p3")._replace(headers=[(name, b"")]),
        scene.record(None, b"p4")._replace(headers=[(name, b"")]),
    ]
    scene.decide(*foreign)
    assert scene.count("holdgate_foreign_probe_marks_total") == 5
    assert scene.count("holdgate_probe_decisions_total") == 0
    assert scene.count("holdgate_claims_total", outcome="first") == 4
    assert not any(name in dict(record.headers) for record in scene.log.all(DECISIONS.name))
    assert ("traceparent", b"t") in scene.log.all(DECISIONS.name)[1].headers
    scene.gate = Gate(POLICY, scene.lists, scene.claims, scene.log, scene.metrics)
    scene.decide(signed)
    assert scene.count("holdgate_foreign_probe_marks_total") == 6, "a worker without a key knows no probe"


def marked(record: Record) -> Record:
    """Return the record as the probe sends it."""
    return record._replace(headers=[(PROBE, sign_probe(PROBE_KEY, record.value or b""))])


def test_a_decision_is_counted_with_all_its_labels(scene: Scene) -> None:
    scene.decide(
        scene.payment("p1", rail="swift", currency="EUR", debtor_agent={"bic": "DEUTDEFF"}),
        scene.payment("p2", rail="swift", currency="EUR", creditor={"name": PERSON_NAME}),
        scene.payment("p3", rail="sct", currency="HANS"),
        scene.record(b"{", b"p4"),
    )
    told = {"origin": "DE", "destination": "unknown", "decision": "RELEASE"}
    assert scene.count("holdgate_corridor_decisions_total", **told) == 1
    assert scene.count("holdgate_currency_decisions_total", currency="EUR", decision="HOLD") == 1
    assert scene.count("holdgate_currency_decisions_total", currency="other", decision="RELEASE") == 1
    assert scene.count("holdgate_held_by_total", rule="name") == 1
    assert scene.count("holdgate_decision_seconds_count", rail="swift") == 2
    assert scene.count("holdgate_decision_seconds_count", rail="other") == 1, "the record that is no payment"


def test_redriven_records_are_counted_by_outcome(scene: Scene) -> None:
    marked = [(REPLAY, b"20261124T030000-abcdef")]
    scene.decide(
        scene.payment("p1")._replace(headers=marked),
        scene.record(b"{", b"p2")._replace(headers=marked),
        scene.record(b"{", b"p3"),
    )
    assert scene.count("holdgate_redriven_total", outcome="decided") == 1
    assert scene.count("holdgate_redriven_total", outcome="dead") == 1


@pytest.mark.parametrize(
    ("rail", "age", "late"), [("sct_inst", 9, 0), ("sct_inst", 11, 1), ("swift", 11, 0), ("swift", 86_401, 1)]
)
def test_a_decision_is_late_after_its_rails_deadline(scene: Scene, rail: str, age: int, late: int) -> None:
    """The age is measured from submitted_at or, if absent, from the timestamp of the record."""
    at = NOW - timedelta(seconds=age)
    said = scene.payment("said", rail=rail, submitted_at=at.isoformat())
    unsaid = scene.payment("unsaid", rail=rail)._replace(timestamp=at.timestamp())
    scene.decide(said)
    assert scene.count("holdgate_late_decisions_total", rail=rail) == late
    scene.decide(unsaid)
    assert scene.count("holdgate_late_decisions_total", rail=rail) == 2 * late


def test_names_just_below_their_threshold_are_counted(small: BuiltSnapshot) -> None:
    """The threshold exceeds the score by less and by more than the near-miss margin."""
    misspelt = {"creditor": {"name": PERSON_NAME.replace("Novikov", "Novykow")}}
    held = Scene().screen_with(small)
    [decision] = held.decide(held.payment("p", **misspelt))
    assert held.count("holdgate_near_misses_total") == 0
    score = decision.matches[0].score
    for above, counted in ((NEAR_MISS_MARGIN / 2, 1), (NEAR_MISS_MARGIN * 1.5, 0)):
        all_types = dict.fromkeys(("person", "entity", "vessel"), score + above)
        policy = replace(POLICY, thresholds=replace(POLICY.thresholds, **all_types))
        scene = Scene(policy).screen_with(small)
        [decision] = scene.decide(scene.payment("p", **misspelt))
        assert decision.decision == "RELEASE"
        assert scene.count("holdgate_near_misses_total") == counted
