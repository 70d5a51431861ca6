"""`holdgate quality` measures what it reports, and the same seed gives the same result."""

from itertools import pairwise
from math import comb
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.intake import canonical
from holdgate.quality import reference_data
from holdgate.quality.fairness import alert_rates_by_group, binomial_tail
from holdgate.quality.labelled_pairs import roc_area, roc_curve
from holdgate.quality.manipulations import MANIPULATIONS, given_name_first
from holdgate.quality.measurement import measure_ablation, measure_quality
from holdgate.quality.ordinary_payments import ordinary_payments
from holdgate.quality.report import LabelledPair, OrdinaryName, QualityReport
from holdgate.quality.scripts import SCRIPTS, transliterate
from holdgate.quality.table import render_table
from tests.core.names.test_matcher import ENTRIES
from tests.core.sources.reference import REFERENCE
from tests.support.listed import policy

pytestmark = pytest.mark.slow  # measures with every technique

DATA = REFERENCE.parent


@pytest.mark.parametrize("kind", MANIPULATIONS)
def test_a_manipulation_alters_the_name_and_is_reproducible(kind: str) -> None:
    change, target = MANIPULATIONS[kind]
    name = given_name_first("ABDULLAYEV ISKANDAROV, Boris Vladimirovich", "person")
    type = "entity" if kind == "legal_form" else "person"
    long = name * 5 if kind == "truncated_140" else name
    changed = change(long, type, Random(3))
    assert changed == change(long, type, Random(3))
    assert changed is not None
    assert (changed == long) == (kind == "control")
    assert 0.9 < target <= 1.0


def test_quality_is_measured_reproducibly() -> None:
    ordinary = [OrdinaryName("Maria Lopez", "person", ("ES",)), OrdinaryName("Blue Sky Bakery Ltd", "entity")]
    pairs = [
        LabelledPair("Igor Sechin", "SECHIN, Igor", "person", True, "a"),
        LabelledPair("Igor Sechin", "Oleg Popov", "person", False, "a"),
        LabelledPair("Igor Sechin", "Rosneft", "person", True, "a", "knowledge", "what he led"),
    ]
    ticks = iter(range(0, 10**9, 1000))

    def run() -> QualityReport:
        return measure_quality(
            ENTRIES,
            ordinary,
            pairs,
            policy=policy(),
            clock=lambda: next(ticks),
            seed=5,
            size=4,
            payments=20,
            in_context=1,
            per_kind=1,
        )

    report, again = run(), run()
    assert msgspec.structs.replace(report, costs=()) == msgspec.structs.replace(again, costs=())
    assert [(row.name, round(row.f1[3], 3)) for row in report.pairs] == [
        ("all", 0.667),
        ("less the unknowable", 1.0),
        ("a", 0.667),
    ]
    assert report.payments is not None
    assert (report.payments.payments, report.payments.held) == (20, 0)
    assert report.whole_payments is not None
    assert (report.whole_payments.payments, report.whole_payments.held) == (20, 0)
    assert "what he led" in render_table(report)
    assert {row.name for row in report.alerts} == {"person", "entity"}
    (cyrillic,) = [row for row in report.native if row.name == "Cyrillic unlisted"]
    assert cyrillic.found[3] == 1.0
    assert "concatenated" in render_table(report)
    rows = measure_ablation(ENTRIES, ordinary, ["joined words"], policy=policy(), seed=5, size=4)
    assert rows[0].technique == "nothing"
    assert rows[1].mean_recall <= rows[0].mean_recall
    assert "joined words" in render_table(report, rows)


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.001, 0.999))
def test_the_chance_of_a_number_of_alerts_is_binomial(hits: int, total: int, share: float) -> None:
    exact = sum(comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(hits, total + 1))
    assert binomial_tail(hits, total, share) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize(("alerted", "unfair"), [(3, False), (40, True)])
def test_an_origin_with_more_alerts_than_chance_is_marked(alerted: int, unfair: bool) -> None:
    """A group with the common rate is not marked; one with four times that rate over thousands is."""
    ordinary = [OrdinaryName("a", "person", ("here" if i < 2000 else "there",)) for i in range(20_000)]
    margins = [0.3 if i < alerted or (i >= 2000 and i % 1000 == 0) else -0.7 for i in range(20_000)]
    rows = {row.name: row for row in alert_rates_by_group(ordinary, margins)}
    assert rows["person, here"].unfair is unfair
    assert not rows["person, there"].unfair


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.4, 0.6, 0.9]), st.booleans()), max_size=20))
def test_the_curve_encloses_the_area(scored: list[tuple[float, bool]]) -> None:
    points = roc_curve(scored)
    under = sum((b[0] - a[0]) * (b[1] + a[1]) / 2 for a, b in pairwise(points))
    assert under == pytest.approx(roc_area(scored))


def test_ordinary_payments_are_valid_and_reproducible() -> None:
    ordinary = [OrdinaryName("Maria Lopez", "person"), OrdinaryName("Blue Sky Bank Ltd", "entity")]
    first = list(ordinary_payments(ordinary, 3, 50))
    assert first == list(ordinary_payments(ordinary, 3, 50))
    assert first != list(ordinary_payments(ordinary, 4, 50))
    for received in first:
        canonical.read(msgspec.json.encode(received.payment))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_is_written_in_one_script_or_not_at_all(script: str) -> None:
    written = transliterate("Ali Hasan Karimi", script)
    assert written is not None
    assert not written.isascii()


def test_doubted_labels_have_a_kind_and_a_reason() -> None:
    doubts = reference_data.read_disputed_pairs()
    assert len(doubts) >= 10
    assert {kind for kind, _ in doubts.values()} == {"contradiction", "mislabelled", "knowledge"}
    assert all(reason for _, reason in doubts.values())


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the reference data is not at {DATA}")
def test_doubts_are_about_pairs_of_the_reference_data_and_include_contradictions() -> None:
    pairs = reference_data.read_labelled_pairs(DATA)
    assert sum(bool(pair.doubt) for pair in pairs) == len(reference_data.read_disputed_pairs())
    labels: dict[frozenset[str], set[bool]] = {}
    for pair in pairs:
        labels.setdefault(frozenset((pair.query, pair.candidate)), set()).add(pair.expected)
    for pair in pairs:
        both = labels[frozenset((pair.query, pair.candidate))] == {True, False}
        assert (pair.doubt == "contradiction") <= both, pair.query


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the reference data is not at {DATA}")
def test_ordinary_names_have_their_region() -> None:
    origins = {origin for item in reference_data.read_ordinary_names(DATA) for origin in item.origins}
    assert {"Asia", "South-eastern Asia", "Europe", "Africa"} <= origins
