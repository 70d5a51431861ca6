"""F1 and ROC over labelled pairs of names: all of them, and without disputed labels."""

from collections.abc import Sequence

from holdgate.core.names.matching.comparison import compare
from holdgate.core.policy.profile import Thresholds
from holdgate.quality.intervals import area_interval, f1_interval
from holdgate.quality.report import OFFSETS, LabelledPair, PairScore

Scored = Sequence[tuple[float, bool]]
"""Score minus threshold of each pair, and whether it is labelled as one party."""

WRONG_LABELS = frozenset({"contradiction", "mislabelled"})
UNDECIDABLE_LABELS = WRONG_LABELS | {"knowledge"}
"""Why a label is doubted: another row says the opposite of the same two names; the names are of two parties;
no name tells (a nickname, an acronym), which this matcher leaves to the list's own aliases."""


def score_pairs(pairs: Sequence[LabelledPair], thresholds: Thresholds) -> tuple[PairScore, ...]:
    """Return F1 and ROC over all pairs, over those without disputed labels, and over each group."""
    scored = [
        (compare(pair.query, pair.candidate, pair.type).score - thresholds.for_kind(pair.type), pair)
        for pair in pairs
    ]
    rows = {"all": [(margin, pair.expected) for margin, pair in scored]}
    for name, doubts in (("less the mislabelled", WRONG_LABELS), ("less the unknowable", UNDECIDABLE_LABELS)):
        if any(pair.doubt in doubts for pair in pairs):
            rows[name] = [(margin, pair.expected) for margin, pair in scored if pair.doubt not in doubts]
    for group in sorted({pair.group for pair in pairs} - {""}):
        rows[group] = [(margin, pair.expected) for margin, pair in scored if pair.group == group]
    return tuple(
        PairScore(
            name,
            len(chosen),
            tuple(f1_score(chosen, offset) for offset in OFFSETS),
            roc_area(chosen),
            roc_curve(chosen) if name == "all" else (),
            f1_interval(*count_right_and_wrong(chosen)),
            area_interval(roc_area(chosen), *_count_labels(chosen)),
        )
        for name, chosen in rows.items()
        if chosen
    )


def score_doubted_pairs(pairs: Sequence[LabelledPair]) -> tuple[tuple[LabelledPair, float], ...]:
    """Return the pairs with a disputed label, each with its score."""
    return tuple((pair, compare(pair.query, pair.candidate, pair.type).score) for pair in pairs if pair.doubt)


def f1_score(scored: Scored, offset: float = 0.0) -> float:
    """Return the harmonic mean of precision and recall; margins from the offset on predict one party."""
    right, wrong = count_right_and_wrong(scored, offset)
    return 2 * right / (2 * right + wrong) if right else 0.0


def count_right_and_wrong(scored: Scored, offset: float = 0.0) -> tuple[int, int]:
    """Return the true positives and the errors of both kinds."""
    right = sum(margin >= offset and expected for margin, expected in scored)
    return right, sum((margin >= offset) != expected for margin, expected in scored)


def roc_area(scored: Scored) -> float:
    """Return the area under the ROC curve: how often true pairs score above false ones; ties count half."""
    same = [score for score, expected in scored if expected]
    other = [score for score, expected in scored if not expected]
    if not same or not other:
        return 0.0
    wins = sum((left > right) + 0.5 * (left == right) for left in same for right in other)
    return wins / (len(same) * len(other))


def roc_curve(scored: Scored) -> tuple[tuple[float, float], ...]:
    """Return the curve from (0, 0) to (1, 1): shares of false and of true pairs at or above each score."""
    same = sum(expected for _, expected in scored)
    other = len(scored) - same
    if not same or not other:
        return ()
    points = [(0.0, 0.0)]
    for threshold in sorted({score for score, _ in scored}, reverse=True):
        true = sum(score >= threshold and expected for score, expected in scored)
        false = sum(score >= threshold and not expected for score, expected in scored)
        points.append((false / other, true / same))
    return tuple(points)


def _count_labels(scored: Scored) -> tuple[int, int]:
    same = sum(expected for _, expected in scored)
    return same, len(scored) - same
