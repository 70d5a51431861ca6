"""The probe's two payments, whose right decisions are known, and the check of the answers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from holdgate.core.model.decision import Decision
from holdgate.core.model.listed_entry import Entry

ProbeKind = Literal["listed", "clean"]

CLEAN_DEBTOR, CLEAN_CREDITOR = "Holdgate Probe Quellwasser", "Probe Tulpenfeld Vorhanden"
"""Invented names; no published list has a similar one."""

MIN_WORDS, MIN_LETTERS = 3, 4
"""Minimum words of a listed name, and letters per word: such a name must hold without further evidence."""


class KnownEntry(NamedTuple):
    """An entry of the current snapshot, with a name that must be held."""

    list: str
    entry_id: str
    name: str


def known_of(entries: Iterable[Entry]) -> list[KnownEntry]:
    """Return one entry per list with a distinctive primary name: the first by id, persons before others."""
    best: dict[str, tuple[bool, str, KnownEntry]] = {}
    for entry in entries:
        for name in entry.names:
            if name.kind != "primary" or not _is_distinctive(name.text):
                continue
            rank = (entry.type != "person", entry.id, KnownEntry(entry.list, entry.id, name.text))
            best[entry.list] = min(best.get(entry.list, rank), rank)
    return [known for _, _, known in best.values()]


def payment(kind: ProbeKind, payment_id: str, known: KnownEntry | None, now: datetime) -> dict[str, Any]:
    """Return a payment's JSON members; the listed payment is to the known entry."""
    creditor = known.name if kind == "listed" and known else CLEAN_CREDITOR
    return {
        "payment_id": payment_id,
        "rail": "internal",
        "submitted_at": now.isoformat(),
        "amount": "1.00",
        "currency": "EUR",
        "debtor": {"name": CLEAN_DEBTOR},
        "creditor": {"name": creditor},
    }


def is_right(kind: ProbeKind, decision: Decision, known: KnownEntry | None) -> bool:
    """Return whether the listed payment is held for its entry, or the clean one released."""
    if kind == "clean":
        return decision.decision == "RELEASE"
    entry_ids = {match.entry_id for match in decision.matches}
    return decision.decision == "HOLD" and known is not None and known.entry_id in entry_ids


def _is_distinctive(name: str) -> bool:
    words = [word.strip(",.") for word in name.split()]
    return len(words) >= MIN_WORDS and all(word.isalpha() and len(word) >= MIN_LETTERS for word in words)
