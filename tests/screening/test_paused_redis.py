"""Redis is paused past a rail's deadline: late payments are held, and the worker stays responsive."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.daemon import ROOT
from deploy.local.redis_server import Redis
from holdgate.lists.building import BuiltSnapshot
from tests.support.payments import payment
from tests.support.rig import Rig, Worker, closing, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

PAUSE_SECONDS = 12.0
"""Longer than the ten seconds of SEPA Instant."""

BLOCKED_SECONDS = 1.0
"""Waiting for a paused Redis would block the loop for the whole pause; waiting for a processor of a busy
machine blocks it for less than this."""


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _longest(worker: Worker) -> dict[str, float]:
    return {
        spent: worker.metrics()[f'loop_longest_seconds{{spent="{spent}"}}'] for spent in ("cpu", "blocked")
    }


def _instant(name: str) -> dict[str, Any]:
    return payment(name, rail="sct_inst", submitted_at=_now())


def test_a_payment_that_waited_for_redis_past_its_deadline_is_held(
    tmp_path: Path, runtime_folder: Path, kafka: str, topic_prefix: str, small: BuiltSnapshot
) -> None:
    with (
        Redis(runtime_folder / "redis-stands-still") as server,
        closing(Rig(tmp_path, kafka, server.url, topic_prefix, PYTHONPATH=str(ROOT))) as rig,
    ):
        rig.create_topics()
        rig.make_current(small)
        worker = rig.worker((sys.executable, "-m", "tests.screening.loop_watch")).await_ready()
        before = [_instant(f"before-{number}") for number in range(40)]  # enough to reach every partition
        rig.pay(*before)
        rig.await_decided(*(one["payment_id"] for one in before))

        _longest(worker)
        server.pause()
        paused = time.monotonic()
        in_time = [_instant(f"instant-{number}") for number in range(40)]
        slow = [payment(f"slow-{number}", submitted_at=_now()) for number in range(40)]
        rig.pay(*in_time, *slow)
        retries = 'holdgate_retries_total{system="redis"}'
        wait_until(lambda: worker.metrics()[retries] >= 2, "retries", lambda: worker.text)
        assert worker.get("/health/ready") == (503, "waits for Redis\n")
        while time.monotonic() < paused + PAUSE_SECONDS:
            assert worker.get("/health/live")[0] == 200
            time.sleep(0.2)
        longest = _longest(worker)
        server.resume()

        wait_until(lambda: worker.get("/health/ready") == (200, "ready\n"), "a ready worker")
        late = rig.await_decided(*(one["payment_id"] for one in in_time))
        assert {one.json["reason"] for one in late} == {"DEADLINE_EXCEEDED"}
        assert {one.json["next_status"] for one in late} == {"RJCT"}
        others = rig.await_decided(*(one["payment_id"] for one in slow))
        assert {one.json["decision"] for one in others} == {"RELEASE"}
        assert len(rig.decisions()) == len(before) + len(in_time) + len(slow)
        assert longest["cpu"] <= 0.1, longest
        assert longest["blocked"] <= BLOCKED_SECONDS, longest
        assert "Traceback" not in worker.text
