"""Mutants of review as real processes: the checker passes the unchanged one and catches the others."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from chaos import recording
from chaos.checker import Findings, check
from chaos.lists import ListFlipper
from chaos.load import CANARY, LISTED_NAME
from chaos.recording import KIND_HEADER, Recording
from chaos.review_check import find_pending
from chaos.review_mutants import REVIEW_MUTANTS
from chaos.workers import MODULES
from deploy.local.daemon import ROOT
from deploy.local.stack import HOLDGATE
from holdgate.core.review.casebook import Casebook
from tests.support.payments import payment
from tests.support.rig import Rig, Worker, closing, wait_until
from tests.support.small_list import POLICY

CAUGHT = {
    "none": "",
    "self-approval": "four_eyes",
    "one-approver": "four_eyes",
    "any-page": "four_eyes",
    "unscreened": "unscreened_releases",
    "second-disposal": "wrong_disposals",
    "overtaking": "conflicting",
}
SIMILAR_NAME = "Jan Walentinowitsch Nowikow"
"""Like the listed name with a score for which one approver is enough."""

STALE = 6
"""Payments that a stale list holds, twice: rescreening releases the first ones while review is away."""

FLIP_SECONDS = 2.5
"""A worker uses a new list within this time."""


def names(prefix: str, number: int) -> list[str]:
    """Return so many payment ids."""
    return [f"{prefix}-{one}" for one in range(number)]


class Run:
    """A gate whose review process and people have a bug."""

    def __init__(self, rig: Rig, mutant: str) -> None:
        self.rig = rig
        self.lists = ListFlipper(rig.settings.redis, rig.settings.kafka, rig.settings.topic_prefix)
        self._command = (sys.executable, "-m", "chaos.mutants", mutant)

    def start(self, what: str) -> Worker:
        """Start the review process or the people."""
        return self.rig.worker((*self._command, what))

    def pay(self, kind: str, name: str, *payment_ids: str, **changes: str) -> None:
        """Send payments of a kind to one creditor."""
        sent = [payment(one, creditor={"name": name}, **changes) for one in payment_ids]
        self.rig.pay(*sent, **{KIND_HEADER: kind.encode()})

    def hold_by_stale_list(self, prefix: str) -> None:
        """Let a list be too old while payments are sent, and fresh again afterwards."""
        before = len(self.rig.decisions())
        self.lists.flip(0, stale=True)
        time.sleep(FLIP_SECONDS)
        self.pay("clean", CANARY, *names(prefix, STALE))
        held = [one.json["reason"] for one in self.rig.await_decisions(before + STALE)[-STALE:]]
        assert "LIST_STALE" in held
        self.lists.flip(0)
        time.sleep(FLIP_SECONDS)

    def recording(self) -> Recording:
        """Return the recording so far."""
        settings = self.rig.settings
        return Recording(
            **recording.read_topics(settings.kafka, settings.topic_prefix, settings.group),
            list_windows=self.lists.list_windows,
            holds_listed_person=self.lists.holds_listed_person,
        )

    def pending(self) -> set[str]:
        """Return what is undone: `unopened`, `undisposed`."""
        return {invariant for invariant, _ in find_pending(self.recording())}

    def stages(self, prefix: str = "") -> Counter[str]:
        """Return the number of cases by stage, of the payments whose id begins like this."""
        book = Casebook()
        for record in self.recording().review_events:
            book.add_record(record.value or b"")
        return Counter(case.stage for case in book.cases.values() if case.facts.payment_id.startswith(prefix))

    def rescreen(self) -> None:
        """Rescreen with the real command."""
        environment = self.rig.environment | {"HOLDGATE_DATA": str(self.rig.folder / "rescreen")}
        command = [str(HOLDGATE), "rescreen", "--reason", "test"]
        subprocess.run(command, env=environment, capture_output=True, check=True)


def hold_payments(run: Run) -> None:
    """Hold payments for every reason; lift some holds, and let people approve these, while review is away."""
    rig = run.rig
    run.lists.flip(0)
    with rig.worker() as worker:
        worker.await_ready()
        run.pay("listed", LISTED_NAME, *names("listed", 8))
        run.pay("listed", SIMILAR_NAME, *names("similar", 10))
        run.pay("clean", CANARY, *names("changed", 6))
        run.pay("clean", CANARY, *names("changed", 6), amount="2.00")
        rig.await_decisions(30)
        run.hold_by_stale_list("lifted")
        review = run.start("review")
        wait_until(lambda: not run.pending(), "a case for each hold", lambda: review.text)
        assert review.terminate() == 0
        run.rescreen()
        run.hold_by_stale_list("stale")
        assert worker.terminate() == 0


def run_mutant(run: Run, expected: str) -> Findings:
    """Let people decide on the held payments until the expected finding, or until all is decided."""
    hold_payments(run)
    people = run.start("people")
    wait_until(lambda: run.stages("lifted")["approved"] >= 2, "approvals", lambda: people.text)
    review = run.start("review")

    def done() -> bool:
        if expected:
            return check(run.recording()).counts[expected] > 0
        stages = run.stages()
        return not run.pending() and stages["open"] + stages["proposed"] <= 3

    wait_until(done, expected or "decisions", lambda: f"{run.stages()} {review.text}")
    people.kill()
    wait_until(lambda: bool(expected) or not run.pending(), "decisions", lambda: review.text)
    return check(run.recording())


def test_every_mutant_has_an_expected_result() -> None:
    assert CAUGHT.keys() == {"none"} | REVIEW_MUTANTS.keys()


@pytest.mark.nightly  # proves the judge of fault runs, not the product: three minutes
@pytest.mark.parametrize("mutant", CAUGHT)
def test_the_checker_finds_the_bug_of_each_mutant_of_review(
    tmp_path: Path,
    kafka: str,
    redis_url: str,
    topic_prefix: str,
    mutant: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = str(ROOT / "deploy" / "review.toml")
    variables = {"HOLDGATE_POLICY": str(POLICY), "HOLDGATE_REVIEW_RULES": rules, "PYTHONPATH": MODULES}
    with closing(Rig(tmp_path, kafka, redis_url, topic_prefix, **variables)) as rig:
        rig.create_topics()
        run = Run(rig, mutant)
        findings = run_mutant(run, CAUGHT[mutant])
        stages = run.stages()
    broken = {name: count for name, count in findings.counts.items() if count}
    with capsys.disabled():
        print(f"\n  mutant {mutant:<15} {'caught' if broken else 'passes'}  {broken} {dict(stages)}", end="")
    if CAUGHT[mutant]:
        assert CAUGHT[mutant] in broken
    else:
        assert not broken, findings.examples
