"""A few made-up listed parties, a policy and payments, for tests of decisions."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received, canonical
from holdgate.core.lists.snapshot import Edition, Snapshot, build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry, ListedId, ListedName
from holdgate.core.policy import policy as policies
from holdgate.core.policy.policy import Policy

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)

PERSON = Entry(
    id="test:1",
    list="test",
    type="person",
    names=(
        ListedName("VERZHBITSKY, Kazimir Anatolievich"),
        ListedName("Tarasbulbenko Dziedzic", kind="weak"),
    ),
    programs=("TEST-1",),
    birth_dates=("1961-03-14",),
    nationalities=("RU",),
    ids=(
        ListedId("passport", "75 1234567", "RU"),
        ListedId("wallet", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ),
)
BANK = Entry(
    id="test:2",
    list="test",
    type="entity",
    names=(ListedName("Quxvanta Kommerzbank AG"),),
    ids=(ListedId("bic", "QXVADEFF"), ListedId("lei", "5493001KJTIIGC8Y1R12", "DE")),
)
VESSEL = Entry(
    id="test:3",
    list="test",
    type="vessel",
    names=(ListedName("ZYLANDRA STAR"),),
    ids=(ListedId("imo", "IMO 9074729"),),
)
ENTRIES = (PERSON, BANK, VESSEL)

POLICY = b"""
[thresholds]
person = 0.72
entity = 0.72
vessel = 0.80
text = 0.72
[corroboration]
birth_date_agrees = 0.30
birth_date_conflicts = -0.15
country_agrees = 0.05
country_conflicts = -0.05
strong = 0.90
[freshness]
max_age_hours = 48
by_list = { slow = 240 }
exempt = ["sample-of-2023"]
[rails.default]
deadline_seconds = 3600
[rails.sct_inst]
deadline_seconds = 10
late = "RJCT"
[rails.swift]
deadline_seconds = 86400
"""


def edition(name: str = "test", label: str | None = None) -> Edition:
    """Return an edition of a made-up list."""
    return Edition(name, "made-up", "0" * 64, len(ENTRIES), len(ENTRIES), AS_OF, label)


@cache
def packed() -> bytes:
    """Return the bytes of the snapshot."""
    return build_snapshot([edition()], ENTRIES)


@cache
def snapshot() -> Snapshot:
    """Return the loaded snapshot."""
    return load_snapshot(packed())


@cache
def policy() -> Policy:
    """Return the policy above."""
    return policies.from_toml(POLICY)


@cache
def screener() -> Screener:
    """Return a screener with the snapshot and the policy."""
    return Screener(snapshot(), policy())


def payment(**members: Any) -> Received:
    """Return a payment as read; its parties are unlisted unless `members` sets others."""
    whole = {
        "payment_id": "P-1",
        "debtor": {"name": "Ulrike Sommerfeld", "kind": "person"},
        "creditor": {"name": "Almaty Grain Trading LLP", "kind": "entity"},
    }
    return canonical.read(msgspec.json.encode(whole | members))
