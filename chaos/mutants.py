"""Workers with one bug each, which the checker must find: `python -m chaos.mutants NAME`.

With further arguments, the bug is in that `holdgate` command instead, or in the `people` who review.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from chaos.review_mutants import REVIEW_MUTANTS
from chaos.reviewers import Reviewers
from holdgate.adapters import snapshot_lookup
from holdgate.adapters.kafka.faust_app import FaustPublisher
from holdgate.adapters.redis.claim_store import ClaimStore
from holdgate.cli.main import main as cli
from holdgate.core.engine.screener import Screener
from holdgate.core.model.decision import Decision, decide
from holdgate.core.records.kafka_record import Outgoing
from holdgate.core.records.topics import DECISIONS
from holdgate.core.records.value_signer import SIGNATURE_BYTES, ValueSigner
from holdgate.lists import publication
from holdgate.replay import change_count, reissue
from holdgate.replay.superseding import supersede
from holdgate.runtime.settings import from_environ
from holdgate.screening.gate import Gate
from holdgate.screening.judge import Judge, Verdict
from holdgate.screening.list_follower import ListFollower
from holdgate.screening.worker import run

POISON = "Poisoned Ltd"
POLICY_VERSION = b'"policy_version":"'
ONE_IN = 10


def none() -> None:
    """Leave the worker unchanged."""


def drop() -> None:
    """Drop one decision of ten and acknowledge its payment."""
    _on_publish(lambda number, record: None if number % ONE_IN == 0 else record)


def alter() -> None:
    """Change one byte in one decision of ten."""

    def altered(number: int, record: Outgoing) -> Outgoing:
        value = bytearray(record.value or b"")
        if number % ONE_IN == 0:
            # Another digit of a version: the decision can still be read, and is not the one that was made.
            place = value.index(POLICY_VERSION) + len(POLICY_VERSION)
            value[place] = ord("1") if value[place] == ord("0") else ord("0")
        return record._replace(value=bytes(value))

    _on_publish(altered)


def early() -> None:
    """Acknowledge immediately and publish later."""
    decide_batch = Gate.decide
    tasks: set[asyncio.Task[None]] = set()

    async def decide_delayed(self: Gate, records: Any) -> None:
        await asyncio.sleep(2)
        await decide_batch(self, records)

    async def return_immediately(self: Gate, records: Any) -> None:
        tasks.add(asyncio.create_task(decide_delayed(self, records)))

    Gate.decide = return_immediately  # type: ignore[method-assign]


def wrong_list() -> None:
    """Screen with the first list forever."""
    refresh = ListFollower.refresh

    async def refresh_once(self: ListFollower) -> None:
        if self.screener is None:
            await refresh(self)

    ListFollower.refresh = refresh_once  # type: ignore[method-assign]


def release() -> None:
    """Release payments on which the engine fails."""
    screen = Screener.screen

    def failing(self: Screener, batch: Any, **rest: Any) -> Any:
        if any(item.payment.creditor and item.payment.creditor.name == POISON for item in batch):
            raise ArithmeticError("poisoned")
        return screen(self, batch, **rest)

    def released(self: Judge, readable: Any, _error: Exception) -> Verdict:
        record, received = readable
        screener = self._lists.screener
        assert screener is not None
        decision = decide(
            payment_id=received.payment.payment_id,
            content_hash=received.content_hash,
            versions=screener.versions,
            reason="NO_MATCH",
            status="ACCP",
        )
        return Verdict(record, decision, received.payment)

    Screener.screen = failing  # type: ignore[method-assign]
    Judge._hold_failed = released  # type: ignore[method-assign, assignment]


def old_answer() -> None:
    """Answer a payment that is sent again with the first decision that this worker claimed."""
    claim = ClaimStore.claim
    first: dict[str, bytes] = {}

    async def claim_first(self: ClaimStore, claims: Any, *rest: Any) -> list[bytes]:
        standing = await claim(self, claims, *rest)
        return [first.setdefault(key, one) for (key, _), one in zip(claims, standing, strict=True)]

    patched: Any = ClaimStore
    patched.claim = claim_first


def lift() -> None:
    """Let rescreening lift every hold."""
    modules: tuple[Any, ...] = (change_count, reissue)
    for patched in modules:
        patched.may_replace = lambda *_: True


def trust() -> None:
    """Accept every claim, whoever wrote it."""

    def verify(_self: ValueSigner, _name: str, stored: bytes) -> bytes:
        return bytes((stored[0] & 0x7F,)) + stored[1:-SIGNATURE_BYTES] if stored[:1] > b"\x7f" else stored

    patched: Any = ValueSigner
    patched.verify = verify


def unlink() -> None:
    """Let rescreening hold a payment without naming the release that is in force."""

    def unlinked(decision: Decision, superseded_id: str) -> Decision:
        return supersede(decision, superseded_id[::-1])

    modules: tuple[Any, ...] = (change_count, reissue)  # the plan and its execution
    for patched in modules:
        patched.supersede = unlinked


def unpin() -> None:
    """Let a lists service publish its own lists though a person has published others: two checks are gone."""
    modules: tuple[Any, ...] = (snapshot_lookup, publication)
    lookup, publishing = modules
    lookup.trusted_pin = lambda *_: None
    publishing._is_anothers = lambda *_: False


MUTANTS: dict[str, Callable[[], None]] = {
    "none": none,
    "drop": drop,
    "alter": alter,
    "early": early,
    "wrong-list": wrong_list,
    "release": release,
    "old-answer": old_answer,
    "lift": lift,
    "trust": trust,
    "unlink": unlink,
}


def _on_publish(change: Callable[[int, Outgoing], Outgoing | None]) -> None:
    publish = FaustPublisher.publish
    number = 0

    async def changed(self: FaustPublisher, records: Sequence[Outgoing]) -> list[int]:
        nonlocal number
        written: list[Outgoing | None] = []
        for record in records:
            number += record.topic == DECISIONS.name
            written.append(change(number, record) if record.topic == DECISIONS.name else record)
        offsets = iter(await publish(self, [record for record in written if record]))
        return [next(offsets) if record else -1 for record in written]

    FaustPublisher.publish = changed  # type: ignore[method-assign]


LISTS_MUTANTS: dict[str, Callable[[], None]] = {"none": none, "unpin": unpin}

if __name__ == "__main__":
    (MUTANTS | LISTS_MUTANTS | REVIEW_MUTANTS)[sys.argv[1]]()
    settings = from_environ(
        {name: value for name, value in os.environ.items() if name.startswith("HOLDGATE_")}
    )
    match sys.argv[2:]:
        case []:
            run(settings)
        case ["people"]:
            Reviewers(settings.kafka, settings.topic_prefix, seed=1, wrong=0.4, again=0.2).run()
        case rest:
            cli(rest)
