"""Which matches of the last screening nobody judged as they are."""

from typing import Any

import pytest
from msgspec.structs import replace

from holdgate.core.model.decision import Decision, Match, Versions, decide
from holdgate.core.model.evidence import Evidence
from holdgate.core.review.disposition import find_unjudged

JUDGED = Match(
    field="creditor.name",
    value="Ivan Petrov",
    entry_id="ofac:1",
    entry_name="PETROV, Ivan",
    matched_name="Ivan Petrov",
    list="ofac",
    programs=("SDGT",),
    rule="name",
    score=0.9,
    evidence=(Evidence("ivan", "ivan", "exact", 2.0), Evidence("petrov", "petrov", "exact", 6.0)),
)


def held(*matches: Match) -> Decision:
    """Return a hold with these matches."""
    return decide(
        payment_id="P-1",
        content_hash="0" * 64,
        versions=Versions("lists", "policy", "engine"),
        reason="LIST_MATCH",
        status="PDNG",
        matches=matches,
    )


def test_other_weights_and_scores_are_the_same_match() -> None:
    """Every list update changes how rare words are."""
    evidence = tuple(replace(part, weight=part.weight + 0.1) for part in JUDGED.evidence)
    again = replace(JUDGED, score=0.91, evidence=evidence)
    assert find_unjudged(held(JUDGED), held(again)) == ()
    assert find_unjudged(held(JUDGED), held()) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"field": "debtor.name"},
        {"entry_id": "ofac:2"},
        {"rule": "identifier"},
        {"entry_name": "PETROV, Ivan Ivanovich"},
        {"matched_name": "Ivan Petroff"},
        {"programs": ("SDGT", "IRAN")},
        {"evidence": (*JUDGED.evidence, Evidence("1970", "1970", "agrees", 1.0))},
        {"evidence": JUDGED.evidence[:1]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changed_was_not_judged(change: dict[str, Any]) -> None:
    again = replace(JUDGED, **change)
    assert find_unjudged(held(JUDGED), held(again)) == (again,)
    assert find_unjudged(held(JUDGED), held(JUDGED, again)) == (again,)
