"""The control: an agent on the same topics, lists and engine, written as in faust's manual.

It has no intended bugs: it screens correctly and writes the same decisions. It lacks claims, awaited
deliveries, and acknowledgement after delivery.
"""

import os
import time
from datetime import UTC, datetime
from typing import Any

import faust

from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.kafka.faust_app import record_of
from holdgate.adapters.redis.snapshot_store import RedisFault, WorkerStore
from holdgate.core.engine import outcome
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.lists.snapshot import SnapshotError, load_snapshot
from holdgate.core.model import decision as contract
from holdgate.core.records.kafka_record import dead_letter_headers, decision_headers
from holdgate.core.records.topics import DEAD_LETTERS, DECISIONS, SUBMITTED
from holdgate.runtime.settings import from_environ

settings = from_environ({name: value for name, value in os.environ.items() if name.startswith("HOLDGATE_")})
policy = configured_policy(settings)
store = WorkerStore(settings)
screener: Screener | None = None

app = faust.App(
    settings.group,
    broker=f"kafka://{settings.kafka}",
    store="memory://",
    datadir=settings.data,
    web_port=settings.http_address[1],
    web_bind="127.0.0.1",
    topic_disable_leader=True,
    topic_allow_declare=False,
    consumer_auto_offset_reset="earliest",
    broker_session_timeout=10.0,
    broker_heartbeat_interval=3.0,
)
raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
submitted: Any = app.topic(settings.topic(SUBMITTED.name), **raw)  # type: ignore[arg-type]
dead: Any = app.topic(settings.topic(DEAD_LETTERS.name), **raw)  # type: ignore[arg-type]
decided: Any = app.topic(settings.topic(DECISIONS.name), **raw)  # type: ignore[arg-type]


@app.agent(submitted)
async def screening(stream: Any) -> None:
    """Screen and publish payments one by one."""
    async for event in stream.events():
        record = record_of(event)
        if record.value is None:
            continue
        now = datetime.now(UTC)
        try:
            payments = intake.read(record.value, record.key, record.header("content-type"))
        except InvalidEventError as error:
            name = intake.held_payment_id(record.key, error, record.position)
            decisions = [outcome.hold_unreadable(name, raw_hash(record.value), policy, str(error))]
            letter = dead_letter_headers(record, error.code, str(error), now)
            await dead.send(key=record.key, value=record.value, headers=letter)
        else:
            while screener is None:
                await follow()
            decisions = screener.screen(list(payments), now=now)
        for decision in decisions:
            await decided.send(
                key=record.key,
                value=contract.to_json(decision),
                partition=record.partition,
                headers=decision_headers(record, decision.decision_id, now),
            )


async def follow() -> None:
    """Load the current list if it changed."""
    global screener  # noqa: PLW0603 - a stock agent keeps its state where the manual's examples do
    pointer = await store.current()
    if pointer is None or (screener and screener.snapshot.version == pointer.version):
        return
    if data := await store.snapshot(pointer.version):
        screener = Screener(load_snapshot(data), policy)


@app.timer(interval=0.5)  # type: ignore[untyped-decorator]
async def check_pointer() -> None:
    """Follow the pointer to the current list; print why if that fails."""
    try:
        await follow()
    except (*RedisFault, SnapshotError) as error:
        print(f"{time.time()} cannot load the list: {type(error).__name__}")


if __name__ == "__main__":
    worker = faust.Worker(app, loglevel="info")
    worker.execute_from_commandline()
