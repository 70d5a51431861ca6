"""Measure recall, or the share alerted, of each kind of spelling."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice

import msgspec

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received, reader
from holdgate.core.names.matching.matcher import Query
from holdgate.quality.report import ManipulatedName, SpellingRate
from holdgate.quality.spellings.tables import kinds

_PAYMENT = {"payment_id": "spelling", "amount": "1250.00", "currency": "EUR"}
_DEBTOR = {"name": "Ulrike Sommerfeld"}

MIN_KEPT_SCORE = 0.5
"""Minimum score of hits that are kept, below every threshold."""
BATCH = 200
EXAMPLES = 60
"""Names per kind that are reported: missed, or alerted though they are nobody's."""


def measure_spellings(screener: Screener, names: Iterable[ManipulatedName]) -> tuple[SpellingRate, ...]:
    """Return, per kind, how many names hold: against their entry, or of names that are nobody's at all.

    Each is matched alone, and screened in a payment: as the creditor, or as a vessel.
    """
    held: dict[str, list[bool]] = defaultdict(list)
    paid: dict[str, int] = defaultdict(int)
    examples: dict[str, list[str]] = defaultdict(list)
    nobody = {kind.name for kind in kinds() if kind.expects == "nobody"}
    first: dict[str, int] = defaultdict(int)
    remaining = iter(names)
    while batch := list(islice(remaining, BATCH)):
        queries = [Query(case.name, case.type) for case in batch]
        hits = screener.matcher.match(queries, min_score=MIN_KEPT_SCORE, limit=50)
        decisions = screener.screen([_payment(case) for case in batch])
        for case, found, decision in zip(batch, hits, decisions, strict=True):
            holding = [
                hit
                for hit in found
                if (case.kind in nobody or hit.entry == case.entry) and screener.judge(hit, case.type).holds
            ]
            held[case.kind].append(bool(holding))
            matched = case.kind in nobody or screener.snapshot.entries[case.entry].id in {
                match.entry_id for match in decision.matches
            }
            paid[case.kind] += decision.decision == "HOLD" and matched
            best = max((hit.score for hit in found), default=0.0)
            first[case.kind] += any(hit.entry == case.entry and hit.score >= best for hit in found)
            if bool(holding) == (case.kind in nobody):
                listed = holding[0].matched_name if holding else case.listed
                examples[case.kind].append(f"{case.name} = {listed}")
    return tuple(
        SpellingRate(
            kind.name,
            kind.group,
            kind.expects,
            len(held[kind.name]),
            sum(held[kind.name]),
            paid[kind.name],
            first[kind.name],
            tuple(examples[kind.name][:EXAMPLES]),
        )
        for kind in kinds()
        if kind.name in held
    )


def _payment(case: ManipulatedName) -> Received:
    party = {"name": case.name, "kind": "person" if case.type == "person" else "entity"}
    members: dict[str, object] = {"debtor": _DEBTOR, "creditor": party}
    if case.type == "vessel":
        members = {"debtor": _DEBTOR, "vessels": [{"name": case.name}]}
    (received,) = reader.read_file(msgspec.json.encode({**_PAYMENT, **members}))
    return received
