"""A payment system that writes known payments at a steady rate, whatever happens to brokers and workers.

Kinds are `clean`, `listed` (to a person on some of the lists), `broken` and null records. Some payments
are sent again, some of them with changed content. The name of every party contains a canary word that no log
may show.
"""

import json
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaProducer

from chaos.recording import KIND_HEADER, SUBMITTED
from holdgate.adapters.kafka.clients import open_client

CANARY = "Zwergkanarie"
ACCOUNT = "KZ86125KZT5004100100"
LISTED_NAME = "Yan Valentinovich Novikov"
RECENT = 3_000
"""Number of recent payments that may be sent again."""


class Load(threading.Thread):
    """Sends `rate` payments per second until `finish` is called."""

    def __init__(self, bootstrap: str, prefix: str, seed: int, rate: float) -> None:
        super().__init__(name="load", daemon=True)
        self._topic = prefix + SUBMITTED
        self._seed = seed
        self._chance = random.Random(f"load {seed}")
        self._rate = rate
        self._finishing = threading.Event()
        self._recent: deque[dict[str, Any]] = deque(maxlen=RECENT)
        self._old: list[dict[str, Any]] = []
        self._resent: deque[dict[str, Any]] = deque()
        self._unsettled: deque[Any] = deque()
        self.sent = 0
        self.failed = 0
        self.acknowledged: list[tuple[int, int]] = []
        self._producer: Any = open_client(
            KafkaProducer,
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            delivery_timeout_ms=180_000,
            request_timeout_ms=20_000,
            max_block_ms=180_000,
        )

    def run(self) -> None:
        """Send payments; after a pause, send at most one second's worth of the missed ones."""
        started = time.monotonic()
        due = 0.0
        while not self._finishing.wait(0.01):
            now = time.monotonic()
            due += min(now - started, 1.0) * self._rate
            started = now
            while due >= 1:
                due -= 1
                self._send()
            self._settle()
        self._producer.flush(timeout=180)
        self._settle()
        self._producer.close()

    def finish(self) -> None:
        """Stop, and wait until every payment is acknowledged or has failed."""
        self._finishing.set()
        self.join(240)
        if self.is_alive() or self._unsettled:
            raise TimeoutError(f"{len(self._unsettled)} payments are neither acknowledged nor failed")

    def recent(self) -> list[dict[str, Any]]:
        """Return recent payments, oldest first."""
        return list(self._recent)

    def resend(self, payments: Sequence[dict[str, Any]]) -> None:
        """Send these payments again, before any other."""
        self._resent.extend(payments)

    def _send(self) -> None:
        kind, key, value = self._next()
        headers = [(KIND_HEADER, kind.encode())]
        self._unsettled.append(self._producer.send(self._topic, value, key.encode(), headers))
        self.sent += 1

    def _settle(self) -> None:
        while self._unsettled and self._unsettled[0].is_done:
            future = self._unsettled.popleft()
            if future.failed():
                self.failed += 1
            else:
                self.acknowledged.append((future.value.partition, future.value.offset))

    def _next(self) -> tuple[str, str, bytes | None]:
        draw, payment_id = self._chance.random(), f"{self._seed}-{self.sent}"
        if self._resent:
            payment = self._resent.popleft()
        elif draw < 0.001:
            return "null", payment_id, None
        elif draw < 0.02:
            return "broken", payment_id, self._broken(payment_id)
        elif self._recent and draw < 0.07:
            payment = self._chance.choice(self._recent)
        elif self._old and draw < 0.09:
            payment = self._chance.choice(self._old)
        elif self._recent and draw < 0.11:
            payment = self._chance.choice(self._recent) | {"amount": f"{self.sent}.00"}
        else:
            payment = self._payment(payment_id, LISTED_NAME if draw > 0.92 else f"{CANARY} {self.sent} LLP")
            self._recent.append(payment)
            if self._chance.random() < 0.05:
                self._old.append(payment)
        is_listed = payment["creditor"]["name"] == LISTED_NAME
        return "listed" if is_listed else "clean", payment["payment_id"], json.dumps(payment).encode()

    def _payment(self, payment_id: str, creditor: str) -> dict[str, Any]:
        return {
            "payment_id": payment_id,
            "rail": self._chance.choice(["swift", "sct", "sct_inst", "internal"]),
            "submitted_at": datetime.now(UTC).isoformat(),
            "amount": "1250.00",
            "currency": "KZT",
            "debtor": {"name": f"Gulnara {CANARY}", "account": {"iban": ACCOUNT}},
            "creditor": {"name": creditor},
        }

    def _broken(self, payment_id: str) -> bytes:
        payment = json.dumps(self._payment(payment_id, f"{CANARY} {payment_id}")).encode()
        truncated = payment[: len(payment) // 2]
        without_parties = json.dumps({"payment_id": payment_id, "amount": "1.00"}).encode()
        other_id = json.dumps(self._payment(f"{payment_id}-other", f"{CANARY} {payment_id}")).encode()
        return self._chance.choice([truncated, without_parties, other_id, f"{CANARY}".encode()])
