"""Measure recall on manipulated names, false alerts on ordinary names, and processor time.

Pure: names, lists, seed and clock are arguments, so the same seed gives the same table.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from random import Random
from statistics import fmean

from holdgate.core.engine.screener import Screener
from holdgate.core.identifiers.listed_keys import key_identifiers
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.matcher import Matcher, Query
from holdgate.core.names.matching.variant_finder import Technique
from holdgate.core.names.words.tokens import script_of
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.profile import Thresholds
from holdgate.quality.contexts import measure_contexts, whole_payments
from holdgate.quality.fairness import alert_rates_by_group, alert_rates_by_type, pass_rate
from holdgate.quality.intervals import mean_interval
from holdgate.quality.labelled_pairs import score_doubted_pairs, score_pairs
from holdgate.quality.manipulations import MANIPULATIONS, given_name_first
from holdgate.quality.name_judge import NameJudge
from holdgate.quality.ordinary_payments import measure_held_payments, ordinary_payments
from holdgate.quality.report import (
    OFFSETS,
    POLICY_COLUMN,
    Ablation,
    ClassRecall,
    Cost,
    LabelledPair,
    ManipulatedName,
    OrdinaryName,
    QualityReport,
)
from holdgate.quality.scripts import SCRIPTS, transliterate
from holdgate.quality.spellings.changes import NO_ENTRY, spelt_names
from holdgate.quality.spellings.spelling_rates import measure_spellings
from holdgate.quality.spellings.strangers import NO_COMMON_NAMES, CommonNames

MIN_KIND_FALL = 0.15
"""Fall of a kind of spelling that an ablation reports: with a dozen names, two of them."""
TIMED_PARTS = 20
"""Parts in which warm names are timed, for an interval."""
MAX_TRIES = 200
"""Maximum draws per case of a class; a class may stay short (few names have 140 characters)."""


def measure_quality(
    entries: Sequence[Entry],
    ordinary: Sequence[OrdinaryName],
    pairs: Sequence[LabelledPair],
    *,
    policy: Policy,
    clock: Callable[[], int],
    seed: int = 1,
    size: int = 200,
    payments: int = 5000,
    in_context: int = 25,
    common: CommonNames = NO_COMMON_NAMES,
    per_kind: int = 60,
) -> QualityReport:
    """Measure against the entries. `clock` counts nanoseconds of processor time, `size` is cases a class,
    `payments` how many between ordinary parties the policy judges, `in_context` how many names of a type are
    put into each context, `per_kind` how many are spelt in each way; `common` names are what thousands of
    people are called."""
    index = build_index(entries)
    limits = policy.thresholds
    judge = NameJudge(Matcher(index), entries, policy)
    recall, misses = measure_manipulations(judge, entries, seed, size)
    margins = [judge.margin(item.name, item.type) for item in ordinary]
    screener = _screener(entries, index, policy)
    return QualityReport(
        seed=seed,
        thresholds=limits,
        offsets=OFFSETS,
        entries=len(entries),
        names=len(index.text),
        index_bytes=len(index.to_bytes()),
        recall=recall,
        native=measure_native_scripts(entries, policy),
        written=measure_other_scripts(judge, entries, seed, size),
        alerts=alert_rates_by_type(ordinary, margins),
        burden=alert_rates_by_group(ordinary, margins),
        payments=measure_held_payments(screener, list(ordinary_payments(ordinary, seed, payments))),
        whole_payments=measure_held_payments(screener, list(whole_payments(ordinary, seed, payments))),
        pairs=score_pairs(pairs, limits),
        doubted=score_doubted_pairs(pairs),
        costs=measure_costs(index, ordinary, clock, limits),
        misses=misses,
        contexts=measure_contexts(screener, entries, ordinary, seed, in_context),
        spellings=measure_spellings(screener, spelt_names(entries, common, seed, per_kind)),
    )


def measure_ablation(
    entries: Sequence[Entry],
    ordinary: Sequence[OrdinaryName],
    techniques: Sequence[Technique],
    *,
    policy: Policy,
    seed: int = 1,
    size: int = 100,
    per_kind: int = 12,
) -> tuple[Ablation, ...]:
    """Measure with each technique switched off in turn; the first row has all techniques.

    `per_kind` names of each kind of spelling are measured too.
    """
    index = build_index(entries)
    baseline: dict[str, float] = {}
    spelt = [case for case in spelt_names(entries, NO_COMMON_NAMES, seed, per_kind) if case.entry != NO_ENTRY]
    rows: list[Ablation] = []
    for technique in (None, *techniques):
        matcher = Matcher(index, without=frozenset({technique} if technique else ()))
        judge = NameJudge(matcher, entries, policy)
        recall, _ = measure_manipulations(judge, entries, seed, size)
        recall_by_class = {item.name: item.found[POLICY_COLUMN] for item in recall}
        recall_by_kind = _recall_by_kind(judge, spelt)
        found = {**recall_by_class, **recall_by_kind}
        baseline = baseline or found
        rates = {
            type: pass_rate([judge.margin(item.name, item.type) for item in ordinary if item.type == type])
            for type in ("person", "entity")
        }
        rows.append(
            Ablation(
                technique or "nothing",
                _mean(list(recall_by_class.values())),
                tuple(
                    (name, found[name] - baseline[name])
                    for name in found
                    if baseline[name] - found[name] > (0.0 if name in recall_by_class else MIN_KIND_FALL)
                ),
                rates["person"],
                rates["entity"],
                _mean(list(recall_by_kind.values())),
            )
        )
    return tuple(rows)


def _recall_by_kind(judge: NameJudge, cases: Sequence[ManipulatedName]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        margin = judge.entry_margin(case.name, case.type, case.entry)
        found[case.kind].append(float(margin >= 0))
    return {kind: _mean(values) for kind, values in found.items()}


def sample_names(entries: Sequence[Entry], seed: int, size: int) -> Iterator[ManipulatedName]:
    """Up to `size` listed names of each class, manipulated: the same for the same entries and seed.

    Seven names in ten are primary, the others aliases of good quality; six in ten are written as a payer
    would (given name first).
    """
    aliases = [
        (position, name.text, entry.type)
        for position, entry in enumerate(entries)
        for name in entry.names
        if name.kind in ("primary", "strong") and entry.type != "aircraft" and len(name.text) >= 4
    ]
    primary = [item for item in aliases if item[1] == entries[item[0]].name]
    for kind, (change, _) in MANIPULATIONS.items():
        rng = Random(f"{seed}:{kind}")  # noqa: S311 - a reproducible sample, not a secret
        count = 0
        for _ in range(size * MAX_TRIES):
            if count == size or not aliases:
                break
            at, text, type = rng.choice(primary if rng.random() < 0.7 else aliases)
            changed = change(given_name_first(text, type) if rng.random() < 0.6 else text, type, rng)
            if changed is not None:
                count += 1
                yield ManipulatedName(kind, at, text, changed, type)


def measure_manipulations(
    judge: NameJudge, entries: Sequence[Entry], seed: int, size: int
) -> tuple[tuple[ClassRecall, ...], tuple[tuple[str, str, str], ...]]:
    """Recall by class: an entry counts as found if it is among the hits of its manipulated name.

    Also returns (class, manipulated, listed) of what was missed.
    """
    margins: dict[str, list[float]] = {kind: [] for kind in MANIPULATIONS}
    misses: list[tuple[str, str, str]] = []
    for case in sample_names(entries, seed, size):
        margin = judge.entry_margin(case.name, case.type, case.entry)
        margins[case.kind].append(margin)
        if margin < 0:
            misses.append((case.kind, case.name, case.listed))
    recall = (_recall(kind, found, MANIPULATIONS[kind][1]) for kind, found in margins.items())
    return tuple(recall), tuple(misses)


def measure_native_scripts(entries: Sequence[Entry], policy: Policy) -> tuple[ClassRecall, ...]:
    """Recall of names in their own script, by script: once listed, once against their romanisations alone."""
    romanised = [
        Entry(entry.id, entry.list, entry.type, tuple(name for name in entry.names if name.kind != "native"))
        for entry in entries
    ]
    if all(len(left.names) == len(right.names) for left, right in zip(entries, romanised, strict=True)):
        return ()
    rows: list[ClassRecall] = []
    for label, listed, target in (("listed", entries, 1.0), ("unlisted", romanised, 0.8)):
        judge = NameJudge(Matcher(build_index(listed)), listed, policy)
        margins: dict[str, list[float]] = defaultdict(list)
        for at, entry in enumerate(entries):
            for name in entry.names:
                if name.kind == "native" and len(listed[at].names):
                    script = script_of(name.text)
                    margins[script].append(judge.entry_margin(name.text, entry.type, at))
        rows += [_recall(f"{script} {label}", found, target) for script, found in sorted(margins.items())]
    return tuple(rows)


def measure_other_scripts(
    judge: NameJudge, entries: Sequence[Entry], seed: int, size: int
) -> tuple[ClassRecall, ...]:
    """Recall of listed persons whose name is written in another script, by script: a script whose ordinary
    names never alert may simply not be seen."""
    persons = [(at, entry.name) for at, entry in enumerate(entries) if entry.type == "person"]
    rows: list[ClassRecall] = []
    for script in SCRIPTS:
        rng = Random(f"{seed}:{script}")  # noqa: S311 - a reproducible sample, not a secret
        margins: list[float] = []
        for at, name in rng.sample(persons, min(size, len(persons))):
            written = transliterate(given_name_first(name, "person"), script)
            if written is not None:
                margins.append(judge.entry_margin(written, "person", at))
        if margins:
            rows.append(_recall(f"in {script}", margins, 0.0))
    return tuple(rows)


def measure_costs(
    index: Index,
    ordinary: Sequence[OrdinaryName],
    clock: Callable[[], int],
    thresholds: Thresholds,
    size: int = 1000,
) -> tuple[Cost, ...]:
    """Microseconds a name of each type: with a fresh matcher per name, then all of them again.

    The intervals are of 95 %: of cold names one by one, of warm ones in TIMED_PARTS parts.
    """
    rows: list[Cost] = []
    for type in sorted({item.type for item in ordinary}):
        queries = [Query(item.name, item.type) for item in ordinary if item.type == type][:size]
        threshold, cold = thresholds.for_kind(type), list[float]()
        for query in queries[:200]:
            fresh = Matcher(index, cache_size=0)
            started = clock()
            fresh.match([query], min_score=threshold)
            cold.append((clock() - started) / 1e3)
        warmed = Matcher(index, cache_size=0)
        warmed.match(queries, min_score=threshold)
        warm: list[float] = []
        for part in (queries[n::TIMED_PARTS] for n in range(min(TIMED_PARTS, len(queries)))):
            started = clock()
            warmed.match(part, min_score=threshold)
            warm.append((clock() - started) / len(part) / 1e3)
        rows.append(
            Cost(type, len(queries), fmean(warm), fmean(cold), mean_interval(warm), mean_interval(cold))
        )
    return tuple(rows)


def _screener(entries: Sequence[Entry], index: Index, policy: Policy) -> Screener:
    return Screener(Snapshot("measured", (), tuple(entries), index, key_identifiers(entries)), policy)


def _recall(name: str, margins: Sequence[float], target: float) -> ClassRecall:
    return ClassRecall(name, len(margins), tuple(pass_rate(margins, offset) for offset in OFFSETS), target)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
