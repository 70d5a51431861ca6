"""The two payments whose decisions are known beforehand, and what to make of the answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from holdgate.core.model.decision import Decision
from holdgate.core.model.listed_entry import Entry

ProbeKind = Literal["listed", "clean"]

CLEAN_DEBTOR, CLEAN_CREDITOR = "Holdgate Probe Quellwasser", "Probe Tulpenfeld Vorhanden"
"""Names of nobody: no list that is published holds anything like them."""

WORDS, LETTERS = 3, 4
"""Least words of a listed name that is asked for, and letters of each: one that has to hold by itself."""


class KnownEntry(NamedTuple):
    """An entry of the current snapshot, by a name that has to hold."""

    list: str
    entry_id: str
    name: str


def known_of(entries: Iterable[Entry]) -> list[KnownEntry]:
    """Of each list one entry with a telling primary name: the first by its id, persons before others."""
    best: dict[str, tuple[bool, str, KnownEntry]] = {}
    for entry in entries:
        for name in entry.names:
            if name.kind != "primary" or not _tells(name.text):
                continue
            rank = (entry.type != "person", entry.id, KnownEntry(entry.list, entry.id, name.text))
            best[entry.list] = min(best.get(entry.list, rank), rank)
    return [known for _, _, known in best.values()]


def payment(kind: ProbeKind, payment_id: str, known: KnownEntry | None, now: datetime) -> dict[str, Any]:
    """A payment in JSON's members; the listed one is to the known entry."""
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
    """Whether a decision is what it has to be: the listed held for its entry, the clean one released."""
    if kind == "clean":
        return decision.decision == "RELEASE"
    found = {match.entry_id for match in decision.matches}
    return decision.decision == "HOLD" and known is not None and known.entry_id in found


def _tells(name: str) -> bool:
    words = [word.strip(",.") for word in name.split()]
    return len(words) >= WORDS and all(word.isalpha() and len(word) >= LETTERS for word in words)
