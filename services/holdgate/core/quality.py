"""How well the matcher finds manipulated names, leaves ordinary ones alone, and what that costs.

Pure: names, lists, randomness and the clock come from outside, so that the same seed gives the same table.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from random import Random

from holdgate.core.entry import Entry
from holdgate.core.index import Index, build_index
from holdgate.core.matching import Matcher, Query, compare
from holdgate.core.quality_cases import MANIPULATIONS, natural
from holdgate.core.quality_report import (
    Ablation,
    AlertRate,
    ClassRecall,
    Cost,
    LabelledPair,
    Manipulated,
    Ordinary,
    PairScore,
    QualityReport,
)
from holdgate.core.terms import Technique
from holdgate.core.tokens import script_of

THRESHOLDS = (0.62, 0.66, 0.68, 0.70, 0.72, 0.74, 0.76, 0.80)
LOOSE = 0.5
"""Score from which hits are kept, so that every threshold above can be judged."""
MOST_TRIES = 200
"""Draws allowed for each case of a class before it is left short (few names have 140 characters)."""


def run_quality(
    entries: Sequence[Entry],
    ordinary: Sequence[Ordinary],
    pairs: Sequence[LabelledPair],
    *,
    clock: Callable[[], int],
    seed: int = 1,
    size: int = 200,
    threshold: float = 0.70,
) -> QualityReport:
    """Measure against the entries. `clock` counts nanoseconds of processor time, `size` is cases a class."""
    index = build_index(entries)
    matcher = Matcher(index)
    recall, misses = manipulated(matcher, entries, seed, size, threshold)
    scores = [_top(matcher, Query(item.name, item.type)) for item in ordinary]
    return QualityReport(
        seed=seed,
        threshold=threshold,
        thresholds=THRESHOLDS,
        entries=len(entries),
        names=len(index.text),
        index_bytes=len(index.to_bytes()),
        recall=recall,
        native=native_scripts(entries),
        alerts=_alerts(ordinary, scores, threshold, lambda item: item.type),
        burden=_alerts(ordinary, scores, threshold, _script)
        + _alerts(ordinary, scores, threshold, lambda item: item.origin, least=1000),
        pairs=labelled(pairs),
        costs=costs(index, ordinary, clock, threshold),
        misses=misses,
    )


def run_ablation(
    entries: Sequence[Entry],
    ordinary: Sequence[Ordinary],
    techniques: Sequence[Technique],
    *,
    seed: int = 1,
    size: int = 100,
    threshold: float = 0.70,
) -> tuple[Ablation, ...]:
    """The same measurement with each technique switched off in turn; the first row has all of them."""
    index = build_index(entries)
    at = THRESHOLDS.index(threshold)
    whole: dict[str, float] = {}
    rows: list[Ablation] = []
    for technique in (None, *techniques):
        matcher = Matcher(index, without=frozenset({technique} if technique else ()))
        recall, _ = manipulated(matcher, entries, seed, size, threshold)
        found = {item.name: item.found[at] for item in recall}
        whole = whole or found
        rates = {
            type: _rate(
                [_top(matcher, Query(item.name, type)) for item in ordinary if item.type == type], threshold
            )
            for type in ("person", "entity")
        }
        rows.append(
            Ablation(
                technique or "nothing",
                _mean(list(found.values())),
                tuple((name, found[name] - whole[name]) for name in found if found[name] < whole[name]),
                rates["person"],
                rates["entity"],
            )
        )
    return tuple(rows)


def sample(entries: Sequence[Entry], seed: int, size: int) -> Iterator[Manipulated]:
    """Up to `size` listed names of each class, manipulated: the same for the same entries and seed.

    Seven names in ten are primary, the others aliases of good quality; six in ten are written as a payer
    would (given name first).
    """
    aliases = [
        (at, name.text, entry.type)
        for at, entry in enumerate(entries)
        for name in entry.names
        if name.kind in ("primary", "strong") and entry.type != "aircraft" and len(name.text) >= 4
    ]
    primary = [item for item in aliases if item[1] == entries[item[0]].name]
    for kind, (change, _) in MANIPULATIONS.items():
        rng = Random(f"{seed}:{kind}")  # noqa: S311 - a reproducible sample, not a secret
        made = 0
        for _ in range(size * MOST_TRIES):
            if made == size or not aliases:
                break
            at, text, type = rng.choice(primary if rng.random() < 0.7 else aliases)
            changed = change(natural(text, type) if rng.random() < 0.6 else text, type, rng)
            if changed is not None:
                made += 1
                yield Manipulated(kind, at, text, changed, type)


def manipulated(
    matcher: Matcher, entries: Sequence[Entry], seed: int, size: int, threshold: float
) -> tuple[tuple[ClassRecall, ...], tuple[tuple[str, str, str], ...]]:
    """Recall by class: an entry counts as found if it is among the hits of its manipulated name.

    Also returns (class, manipulated, listed) of what was missed.
    """
    scores: dict[str, list[float]] = {kind: [] for kind in MANIPULATIONS}
    misses: list[tuple[str, str, str]] = []
    for case in sample(entries, seed, size):
        score = _score_of(matcher, Query(case.name, case.type), case.entry)
        scores[case.kind].append(score)
        if score < threshold:
            misses.append((case.kind, case.name, case.listed))
    recall = (_recall(kind, found, MANIPULATIONS[kind][1]) for kind, found in scores.items())
    return tuple(recall), tuple(misses)


def native_scripts(entries: Sequence[Entry]) -> tuple[ClassRecall, ...]:
    """Recall of names in their own script, by script: once listed, once against their romanisations alone."""
    romanised = [
        Entry(entry.id, entry.list, entry.type, tuple(name for name in entry.names if name.kind != "native"))
        for entry in entries
    ]
    if all(len(left.names) == len(right.names) for left, right in zip(entries, romanised, strict=True)):
        return ()
    rows: list[ClassRecall] = []
    for label, listed, target in (("listed", entries, 1.0), ("unlisted", romanised, 0.8)):
        matcher = Matcher(build_index(listed))
        scores: dict[str, list[float]] = defaultdict(list)
        for at, entry in enumerate(entries):
            for name in entry.names:
                if name.kind == "native" and len(listed[at].names):
                    script = script_of(name.text)
                    scores[script].append(_score_of(matcher, Query(name.text, entry.type), at))
        rows += [_recall(f"{script} {label}", found, target) for script, found in sorted(scores.items())]
    return tuple(rows)


def labelled(pairs: Sequence[LabelledPair]) -> tuple[PairScore, ...]:
    """F1 and ROC area over all pairs and over each group."""
    scored = [(compare(pair.query, pair.candidate, pair.type).score, pair) for pair in pairs]
    groups = sorted({pair.group for pair in pairs})
    rows: list[PairScore] = []
    for group in ("", *(name for name in groups if name)):
        chosen = [(score, pair.expected) for score, pair in scored if group in ("", pair.group)]
        if chosen:
            f1 = tuple(_f1(chosen, threshold) for threshold in THRESHOLDS)
            rows.append(PairScore(group or "all", len(chosen), f1, _area(chosen)))
    return tuple(rows)


def costs(
    index: Index, ordinary: Sequence[Ordinary], clock: Callable[[], int], threshold: float, size: int = 1000
) -> tuple[Cost, ...]:
    """Microseconds a name of each type: first with a fresh matcher a name, then all of them again."""
    rows: list[Cost] = []
    for type in sorted({item.type for item in ordinary}):
        queries = [Query(item.name, item.type) for item in ordinary if item.type == type][:size]
        cold = 0
        for query in queries[:200]:
            fresh = Matcher(index, cache_size=0)
            started = clock()
            fresh.match([query], min_score=threshold)
            cold += clock() - started
        warmed = Matcher(index, cache_size=0)
        warmed.match(queries, min_score=threshold)
        started = clock()
        warmed.match(queries, min_score=threshold)
        warm = clock() - started
        rows.append(Cost(type, len(queries), warm / len(queries) / 1e3, cold / len(queries[:200]) / 1e3))
    return tuple(rows)


def interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    if not total:
        return 0.0, 1.0
    z = 1.96
    share = hits / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _top(matcher: Matcher, query: Query) -> float:
    hits = matcher.match([query], min_score=LOOSE, limit=1)[0]
    return hits[0].score if hits else 0.0


def _score_of(matcher: Matcher, query: Query, entry: int) -> float:
    hits = matcher.match([query], min_score=LOOSE, limit=50)[0]
    return max((hit.score for hit in hits if hit.entry == entry), default=0.0)


def _recall(name: str, scores: Sequence[float], target: float) -> ClassRecall:
    return ClassRecall(name, len(scores), tuple(_rate(scores, threshold) for threshold in THRESHOLDS), target)


def _alerts(
    ordinary: Sequence[Ordinary],
    scores: Sequence[float],
    threshold: float,
    group_of: Callable[[Ordinary], str],
    least: int = 1,
) -> tuple[AlertRate, ...]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item, score in zip(ordinary, scores, strict=True):
        groups[group_of(item)].append(score)
    rows: list[AlertRate] = []
    for name, found in sorted(groups.items()):
        if name and len(found) >= least:
            alerted = tuple(_rate(found, limit) for limit in THRESHOLDS)
            low, high = interval(sum(score >= threshold for score in found), len(found))
            rows.append(AlertRate(name, len(found), alerted, low, high))
    return tuple(rows)


def _script(item: Ordinary) -> str:
    return f"{item.type} in {script_of(item.name)}" if item.type == "person" else ""


def _rate(scores: Sequence[float], threshold: float) -> float:
    return sum(score >= threshold for score in scores) / len(scores) if scores else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _f1(scored: Sequence[tuple[float, bool]], threshold: float) -> float:
    right = sum(score >= threshold and expected for score, expected in scored)
    wrong = sum((score >= threshold) != expected for score, expected in scored)
    return 2 * right / (2 * right + wrong) if right else 0.0


def _area(scored: Sequence[tuple[float, bool]]) -> float:
    same = [score for score, expected in scored if expected]
    other = [score for score, expected in scored if not expected]
    if not same or not other:
        return 0.0
    wins = sum((left > right) + 0.5 * (left == right) for left in same for right in other)
    return wins / (len(same) * len(other))
