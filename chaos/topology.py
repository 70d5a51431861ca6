"""The parts of a run: Kafka, Redis, topics, lists, workers and load."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from kafka.errors import KafkaError

from chaos import recording
from chaos.case_pages import CasePages
from chaos.cluster import Cluster
from chaos.lists import ListFlipper
from chaos.load import Load
from chaos.publishers import Publishers
from chaos.recording import DECISIONS, SUBMITTED, OffsetSample, Recording
from chaos.redis_pair import RedisPair
from chaos.review_check import find_pending, last_disposal
from chaos.reviewers import Reviewers
from chaos.workers import Workers
from deploy.local.daemon import ROOT
from deploy.local.stack import HOLDGATE
from tests.support.claims import key_file
from tests.support.list_keys import verify_file
from tests.support.small_list import POLICY

PREFIX, GROUP, PARTITIONS = "chaos.", "chaos", 8
REVIEW_PROCESSES = 2
DISPOSED_SECONDS = 60
"""Every approved case must be decided within this time after the last fault."""

QUIET_SECONDS = 120
"""Every payment must be decided and committed within this time after the last fault."""

SCREENING = (str(HOLDGATE), "screening")
REVIEW = (str(HOLDGATE), "review")
STOCK = (sys.executable, "-m", "chaos.stock_agent")
"""The control: a stock faust agent."""


class Topology:
    """Real processes on loopback, with their files in `folder`."""

    def __init__(
        self, folder: Path, seed: int, rate: float, nodes: int = 1, command: Sequence[str] = SCREENING
    ) -> None:
        self.folder = folder
        self.kafka = Cluster(folder, nodes)
        self.redis = RedisPair(folder)
        self._seed = seed
        self._rate = rate
        self._command = command
        self.one_second_of_payments = int(rate)
        """The backlog counts as gone when at most this many payments wait."""
        self.violations: list[str] = []
        """What a fault saw that no topic shows."""
        self._samples: list[OffsetSample] = []
        self._sampling = threading.Event()

    @contextlib.contextmanager
    def running(self, workers: int) -> Iterator[None]:
        """Run everything inside the block."""
        with self.kafka.running(), self.redis.running():
            self.environment = environment = {
                "HOLDGATE_KAFKA": self.kafka.bootstrap,
                "HOLDGATE_REDIS": self.redis.url,
                "HOLDGATE_TOPIC_PREFIX": PREFIX,
                "HOLDGATE_GROUP": GROUP,
                "HOLDGATE_POLICY": str(POLICY),
                "HOLDGATE_REVIEW_RULES": str(ROOT / "deploy" / "review.toml"),
                "HOLDGATE_PARTITIONS": str(PARTITIONS),
                "HOLDGATE_REPLICATION": str(self.kafka.replication),
                "HOLDGATE_LIST_VERIFY_KEY_FILE": verify_file(self.folder),
                "HOLDGATE_CLAIM_KEY_FILE": key_file(self.folder),
            }
            subprocess.run([str(HOLDGATE), "topics", "create"], env={**os.environ, **environment}, check=True)
            self.lists = ListFlipper(self.redis.url, self.kafka.bootstrap, PREFIX)
            self.lists.flip(0)
            self.publishers = Publishers(self.folder / "publishers", environment, self.lists)
            self.pages = CasePages(self.folder / "pages", environment)
            self.workers = Workers(self.folder / "workers", self._command, environment)
            self.review = Workers(self.folder / "review", REVIEW, environment)
            self.reviewers = Reviewers(self.kafka.bootstrap, PREFIX, self._seed)
            self.load = Load(self.kafka.bootstrap, PREFIX, self._seed, self._rate)
            sampler = threading.Thread(target=self._sample, name="sampler", daemon=True)
            try:
                self.workers.start(workers)
                if self._command == SCREENING:
                    self.review.start(REVIEW_PROCESSES)
                    self.reviewers.start()
                sampler.start()
                self.load.start()
                yield
            finally:
                self._sampling.set()
                sampler.join(30)
                self.reviewers.finish()
                self.review.stop()
                self.workers.stop()

    def lag(self) -> int | None:
        """Return the number of uncommitted payments; None while the broker does not answer."""
        with contextlib.suppress(KafkaError, OSError, ValueError):
            committed = recording.committed_offsets(self.kafka.bootstrap, PREFIX, GROUP)
            ends = recording.end_offsets(self.kafka.bootstrap, PREFIX + SUBMITTED)
            return sum(end - committed.get(partition, 0) for partition, end in ends.items())
        return None

    def await_quiet(self, at_most: int = 0) -> float | None:
        """Return the seconds until at most `at_most` payments are uncommitted; None after QUIET_SECONDS."""
        started = time.monotonic()
        while time.monotonic() - started < QUIET_SECONDS:
            lag = self.lag()
            if lag is not None and lag <= at_most:
                return time.monotonic() - started
            time.sleep(0.25)
        return None

    def await_disposed(self) -> float | None:
        """Stop the reviewers; return the seconds until the last case was disposed of, by the broker's clock.

        None if a case still waits for its decision, or a hold for its case, after QUIET_SECONDS. Reading the
        topics to see that takes longer than the cases do.
        """
        self.reviewers.finish()
        finished, deadline = time.time(), time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(KafkaError, OSError, ValueError):
                seen = self.record()
                if not any(find_pending(seen)):
                    return max(0.0, last_disposal(seen) - finished)
            time.sleep(3)
        return None

    def rescreen(self, last_seconds: int) -> int:
        """Rescreen the payments of the last seconds; return the exit code."""
        options = ("--reason", "fault run", "--last", f"{last_seconds}s", "--max", "1000000")
        environment = {**os.environ, **self.environment, "HOLDGATE_DATA": str(self.folder / "rescreen")}
        command = [str(HOLDGATE), "rescreen", *options]
        return subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=300
        ).returncode

    def record(self) -> Recording:
        """Return the recording of the run, read from offset 0."""
        return Recording(
            **recording.read_topics(self.kafka.bootstrap, PREFIX, GROUP),
            list_windows=tuple(self.lists.list_windows),
            holds_listed_person=self.lists.holds_listed_person,
            offset_samples=tuple(self._samples),
            acknowledged=tuple(self.load.acknowledged),
        )

    def _sample(self) -> None:
        """Sample offsets, committed ones first: decisions written in between then cause no false alarm."""
        while not self._sampling.wait(1.0):
            with contextlib.suppress(KafkaError, OSError, ValueError):
                committed = recording.committed_offsets(self.kafka.bootstrap, PREFIX, GROUP)
                decisions_end = recording.end_offsets(self.kafka.bootstrap, PREFIX + DECISIONS)
                self._samples.append(OffsetSample(committed, decisions_end))
