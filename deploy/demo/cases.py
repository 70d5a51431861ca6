"""The 200 payments of the demo: between the famous and the ordinary, of every format and some broken."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

PAYMENTS = Path(__file__).with_name("payments.jsonl")


class Case(msgspec.Struct, frozen=True):
    """A line of payments.jsonl: a payment, or a broken record with its key, and the expected decision."""

    why: str
    expect: tuple[str, str]
    payment: dict[str, Any] | None = None
    key: str | None = None
    raw: str | None = None

    @property
    def name(self) -> str:
        """Return the payment's id without the prefix of a run."""
        return str(self.payment["payment_id"]) if self.payment else str(self.key)

    def record(self, run: str) -> tuple[str, bytes]:
        """Return key and value, with ids of this run: a resent payment would only get its old decision."""
        key = f"{run}.{self.name}"
        if self.payment is None:
            return key, str(self.raw).replace(self.name, key).encode()
        now = datetime.now(UTC).isoformat()
        return key, json.dumps(self.payment | {"payment_id": key, "submitted_at": now}).encode()


def demo_cases() -> list[Case]:
    """Return the payments in the order of the demo."""
    return [msgspec.json.decode(line, type=Case) for line in PAYMENTS.read_bytes().splitlines()]


def new_run() -> str:
    """Return a prefix for the ids of a run: the time of day in UTC."""
    return datetime.now(UTC).strftime("%H%M%S")
