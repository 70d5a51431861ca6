"""Mutants of the worker as real processes: the checker passes the unchanged one and catches the others."""

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from chaos import recording
from chaos.checker import Findings, check
from chaos.forger import forge_claims
from chaos.in_force import ANSWER_SECONDS
from chaos.lists import ListFlipper
from chaos.load import CANARY, LISTED_NAME
from chaos.mutants import MUTANTS, POISON
from chaos.recording import DECISIONS, KIND_HEADER, SUBMITTED, OffsetSample, Recording
from chaos.workers import MODULES
from tests.support.claims import key_file
from tests.support.payments import payment
from tests.support.rig import Rig, Worker, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

CAUGHT = {
    "none": "",
    "drop": "missing",
    "alter": "conflicting",
    "early": "offsets_ahead",
    "wrong-list": "unscreened_releases",
    "release": "unscreened_releases",
    "old-answer": "republished",
    "lift": "lifted_holds",
    "trust": "forged_claims",
    "unlink": "held_releases",
}
FLIP_SECONDS = 2.0


def _payments(seed: int, poisoned: bool) -> list[tuple[str, dict[str, Any]]]:
    """Return sixty payments, each sent twice."""
    chance = random.Random(seed)
    sent = []
    for number in range(60):
        kind = "listed" if number % 6 == 0 else "poison" if poisoned and number % 20 == 7 else "clean"
        name = {"listed": LISTED_NAME, "poison": POISON}.get(kind, f"{CANARY} {number}")
        sent.append((kind, payment(f"{seed}-{number}", creditor={"name": name})))
    return sent + chance.sample(sent, len(sent))


def _send(rig: Rig, payments: list[tuple[str, dict[str, Any]]]) -> None:
    for kind, one in payments:
        rig.pay(one, **{KIND_HEADER: kind.encode()})


def _rescreen(rig: Rig, mutant: str) -> None:
    command = [sys.executable, "-m", "chaos.mutants", mutant, "rescreen", "--reason", "test"]
    environment = rig.environment | {"PYTHONPATH": MODULES, "HOLDGATE_DATA": str(rig.folder / "rescreen")}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr


def run_mutant(rig: Rig, mutant: str) -> Findings:
    """Run a worker, send payments, change the list, send payments again; return the findings."""
    lists = ListFlipper(rig.settings.redis, rig.settings.kafka, rig.settings.topic_prefix)
    lists.flip(0)
    command = [sys.executable, "-m", "chaos.mutants", mutant]
    environment = rig.environment | {"PYTHONPATH": MODULES}
    with Worker(rig.folder / mutant, environment, command) as worker:
        worker.await_ready()
        _send(rig, _payments(1, poisoned=mutant == "release"))
        samples: list[OffsetSample] = []

        def settled() -> bool:
            now = recording.committed_offsets(
                rig.settings.kafka, rig.settings.topic_prefix, rig.settings.group
            )
            samples.append(
                OffsetSample(now, recording.end_offsets(rig.settings.kafka, rig.settings.topic(DECISIONS)))
            )
            ends = recording.end_offsets(rig.settings.kafka, rig.settings.topic(SUBMITTED))
            return all(now.get(partition, 0) == end for partition, end in ends.items())

        wait_until(settled, "everything committed", lambda: worker.text)
        lists.flip(1)
        lists.flip(3)
        time.sleep(FLIP_SECONDS + 0.5)
        _send(rig, _payments(2, poisoned=False))
        wait_until(settled, "everything committed", lambda: worker.text)
        _rescreen(rig, mutant)  # may not lift the holds of the first payments
        lists.flip(0)
        time.sleep(FLIP_SECONDS)
        _rescreen(rig, mutant)  # holds the listed ones among the second payments
        forge_claims(
            rig.settings.redis, [one for _, one in _payments(1, poisoned=False)[:20]], random.Random(1)
        )
        time.sleep(ANSWER_SECONDS)
        _send(rig, _payments(1, poisoned=mutant == "release"))
        _send(rig, _payments(2, poisoned=False))
        wait_until(settled, "everything committed", lambda: worker.text)
        left = recording.read_topics(rig.settings.kafka, rig.settings.topic_prefix, rig.settings.group)
        return check(
            Recording(
                **left,
                list_windows=lists.list_windows,
                holds_listed_person=lists.holds_listed_person,
                offset_samples=samples,
                max_swap_seconds=FLIP_SECONDS,
            )
        )


def test_every_mutant_has_an_expected_result() -> None:
    assert CAUGHT.keys() == MUTANTS.keys()


@pytest.mark.nightly  # proves the judge of fault runs, not the product: two minutes for six workers
@pytest.mark.parametrize("mutant", CAUGHT)
def test_the_checker_finds_the_bug_of_each_mutant(
    tmp_path: Path,
    kafka: str,
    redis_url: str,
    topic_prefix: str,
    mutant: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rig = Rig(tmp_path, kafka, redis_url, topic_prefix, HOLDGATE_CLAIM_KEY_FILE=key_file(tmp_path))
    try:
        rig.create_topics()
        findings = run_mutant(rig, mutant)
    finally:
        rig.close()
    broken = {name: count for name, count in findings.counts.items() if count}
    with capsys.disabled():
        print(f"\n  mutant {mutant:<11} {'caught' if broken else 'passes'}  {broken}", end="")
    if CAUGHT[mutant]:
        assert CAUGHT[mutant] in broken
    else:
        assert not broken, findings.examples
