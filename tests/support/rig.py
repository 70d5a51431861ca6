"""A gate under test: its own topics and database, real workers, and a reader of their records."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from click.testing import CliRunner, Result
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from deploy.local.ports import free_port
from deploy.local.stack import HOLDGATE
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.cli.main import main
from holdgate.core.records.topics import (
    DEAD_LETTERS,
    DECISIONS,
    INPUT_OFFSET,
    INPUT_PARTITION,
    QUARANTINED,
    SUBMITTED,
    Topic,
)
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.settings import Settings, from_environ
from tests.support.fakes import pointer
from tests.support.small_list import SAMPLE_POLICY

PATIENCE = 60.0
"""Seconds that a test waits for a condition; far more than it takes, for busy machines."""

PARTITIONS = 4

SCREENING = (str(HOLDGATE), "screening")
"""The command that starts a worker."""


def wait_until(
    condition: Callable[[], bool],
    what: str,
    on_failure: Callable[[], str] = str,
    patience: float = PATIENCE,
) -> None:
    """Return once the condition holds; after `patience` seconds fail the test and name the condition."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {patience:.0f} s\n{on_failure()}"
        time.sleep(0.05)


class Written(NamedTuple):
    """A record read from a topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def about(self) -> dict[str, str]:
        """Return the headers as text, the last one of each name."""
        return {name: value.decode("utf-8", "replace") for name, value in self.headers}

    @property
    def json(self) -> dict[str, Any]:
        """Return the decoded value."""
        assert self.value is not None
        value: dict[str, Any] = json.loads(self.value)
        return value


class Worker:
    """A screening process with its own address and log file; killed at the end of the block."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        command: Sequence[str] = SCREENING,
    ) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        self.log_file = folder / "log"
        self.health_file = folder / "health"
        self.environment = {
            **environment,
            "HOLDGATE_HTTP": f"127.0.0.1:{self.port}",
            "HOLDGATE_HEALTH_FILE": str(self.health_file),
            "HOLDGATE_DATA": str(folder / "data"),
        }
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        """Return the running worker."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the process."""
        self.kill()

    @property
    def text(self) -> str:
        """Return everything it printed."""
        return self.log_file.read_text(errors="replace")

    @property
    def log(self) -> list[dict[str, Any]]:
        """Return its log, one JSON object per line; any other output fails the test."""
        return [json.loads(line) for line in self.text.splitlines()]

    def said(self, words: str) -> bool:
        """Return whether its log contains the words; fail if the process has ended."""
        assert self.process.poll() is None, f"the worker ended with {self.process.poll()}\n{self.text}"
        return words in self.text

    def await_words(self, words: str) -> None:
        """Return once its log contains the words."""
        wait_until(lambda: self.said(words), f"{words!r} in the log", lambda: self.text)

    def await_ready(self) -> Self:
        """Return once it is ready for payments."""

        def ready() -> bool:
            assert self.process.poll() is None, f"the worker ended with {self.process.poll()}\n{self.text}"
            return self.get("/health/ready")[0] == 200

        wait_until(ready, "a ready worker", lambda: self.text)
        return self

    def get(self, page: str) -> tuple[int, str]:
        """Return status and text of a page; status 0 if nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{page}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metrics(self) -> dict[str, float]:
        """Return every sample of /metrics by `name{label="value",...}`, labels sorted by name."""
        samples = {}
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                samples[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
        return samples

    def await_metric(self, name: str, value: float) -> None:
        """Return once the metric has the value: a worker counts a decision after it has written it."""
        wait_until(
            lambda: self.metrics().get(name) == value,
            f"{name} of {value}",
            lambda: f"it is {self.metrics().get(name)}\n{self.text}",
        )

    def terminate(self) -> int:
        """Send SIGTERM; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Send SIGKILL, as a crash."""
        self.process.kill()
        self.process.wait(PATIENCE)


class Rig:
    """One gate's topics and database. `close` ends everything that it started."""

    def __init__(self, folder: Path, kafka: str, redis: str, prefix: str, **variables: str) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOLDGATE_")},
            "HOLDGATE_KAFKA": kafka,
            "HOLDGATE_REDIS": redis,
            "HOLDGATE_TOPIC_PREFIX": prefix,
            "HOLDGATE_GROUP": f"{prefix}group",
            "HOLDGATE_POLICY": str(SAMPLE_POLICY),
            "HOLDGATE_PARTITIONS": str(PARTITIONS),
            "HOLDGATE_PROBE_KEY_FILE": str(folder / "probe.key"),
            **variables,
        }
        (folder / "probe.key").write_text("probe" * 8)
        self._numbers = count(1)
        self._exits = contextlib.ExitStack()
        self._read: dict[Topic, list[Written]] = {}
        self._consumers: dict[Topic, KafkaConsumer] = {}

    @property
    def settings(self) -> Settings:
        """Return the workers' settings."""
        return from_environ(
            {name: value for name, value in self.environment.items() if name.startswith("HOLDGATE_")}
        )

    def close(self) -> None:
        """Kill the workers and close the clients."""
        self._exits.close()

    def create_topics(self) -> None:
        """Create the gate's topics."""
        assert create_topics(self.settings)

    def make_current(self, built: BuiltSnapshot, lose: bool = False, **as_of: datetime) -> None:
        """Store a snapshot in Redis and make it current; with `lose`, only point to it.

        `as_of` overrides when a list was last confirmed.
        """
        store = SnapshotStore(self.settings)
        try:
            if lose:
                with Redis.from_url(self.settings.redis) as redis:
                    redis.delete(keys.snapshot(built.header.version))
            else:
                store.put(built.header.version, built.data)
            store.set_current(pointer(built, **as_of))
        finally:
            store.close()

    def worker(self, command: Sequence[str] = SCREENING, /, **variables: str) -> Worker:
        """Start a worker; further settings are named without `HOLDGATE_`."""
        extra = {f"HOLDGATE_{name.upper()}": value for name, value in variables.items()}
        folder = self.folder / f"worker-{next(self._numbers)}"
        return self._exits.enter_context(Worker(folder, self.environment | extra, command))

    def holdgate(self, *arguments: str, **variables: str) -> Result:
        """Run a `holdgate` command in this process; further settings are named without `HOLDGATE_`."""
        extra = {f"HOLDGATE_{name.upper()}": value for name, value in variables.items()}
        return CliRunner(env=self.environment | extra).invoke(main, arguments)

    def send(
        self,
        records: Iterable[tuple[bytes | None, bytes | None]],
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> list[Any]:
        """Write records to payments.submitted; return their metadata.

        Without a partition the key decides.
        """
        topic = self.settings.topic(SUBMITTED.name)
        sent = [self._producer().send(topic, value, key, list(headers), partition) for key, value in records]
        return [future.get(timeout=PATIENCE) for future in sent]

    def pay(self, *payments: Mapping[str, Any], **headers: bytes) -> list[Any]:
        """Write payments, each with its payment_id as key."""
        return self.send(
            ((payment["payment_id"].encode(), json.dumps(payment).encode()) for payment in payments),
            tuple(headers.items()),
        )

    def committed(self) -> dict[int, int]:
        """Return the committed offset of the workers' group, by partition."""
        admin = open_client(KafkaAdminClient, bootstrap_servers=self.settings.kafka)
        try:
            [offsets] = admin.list_group_offsets({self.settings.group: None}).values()
        finally:
            admin.close()
        return {place.partition: found.offset for place, found in offsets.items() if found.offset >= 0}

    def decisions(self) -> list[Written]:
        """Return every decision so far, in order within each partition."""
        return self._all(DECISIONS)

    def dead_letters(self) -> list[Written]:
        """Return every dead letter so far."""
        return self._all(DEAD_LETTERS)

    def quarantined(self) -> list[Written]:
        """Return every quarantined record so far."""
        return self._all(QUARANTINED)

    def decided(self, payment_id: str) -> list[Written]:
        """Return every decision on a payment."""
        return [decision for decision in self.decisions() if decision.json["payment_id"] == payment_id]

    def await_decisions(self, number: int) -> list[Written]:
        """Return the decisions once there are this many."""
        wait_until(lambda: len(self.decisions()) >= number, f"{number} decisions", self._situation)
        return self.decisions()

    def await_input_decided(self, number: int) -> None:
        """Return once this many input records have a decision, however many decisions each has."""

        def decided() -> bool:
            places = {(one.about[INPUT_PARTITION], one.about[INPUT_OFFSET]) for one in self.decisions()}
            return len(places) >= number

        wait_until(decided, f"decisions on {number} records", self._situation)

    def settle(self) -> None:
        """Read until every decision in the log has been read."""
        self.decisions()
        consumer = self._consumers[DECISIONS]
        ends = consumer.end_offsets(consumer.assignment())

        def read() -> bool:
            self.decisions()
            return all(consumer.position(place) >= end for place, end in ends.items())

        wait_until(read, "the end of the decisions")

    def await_decided(self, *payment_ids: str, times: int = 1) -> list[Written]:
        """Return the last decision on each payment, once each has `times` decisions."""
        for payment_id in payment_ids:
            wait_until(
                lambda name=payment_id: len(self.decided(name)) >= times,  # type: ignore[misc]
                f"{times} decisions on {payment_id}",
                self._situation,
            )
        return [self.decided(payment_id)[-1] for payment_id in payment_ids]

    def _situation(self) -> str:
        logs = "\n".join(
            f"--- {log}\n" + log.read_text(errors="replace")[-4000:]
            for log in self.folder.glob("worker-*/log")
        )
        return f"{len(self.decisions())} decisions, {len(self.dead_letters())} dead letters\n{logs}"

    def _producer(self) -> Any:
        if not hasattr(self, "_writer"):
            self._writer = open_client(
                KafkaProducer,
                bootstrap_servers=self.settings.kafka,
                acks="all",
                linger_ms=5,
                max_request_size=9_000_000,
            )
            self._exits.callback(self._writer.close)
        return self._writer

    def _all(self, topic: Topic) -> list[Written]:
        name = self.settings.topic(topic.name)
        if topic not in self._consumers:
            consumer = open_client(
                KafkaConsumer,
                bootstrap_servers=self.settings.kafka,
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                max_partition_fetch_bytes=10_000_000,
            )
            self._exits.callback(consumer.close)
            places = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            self._consumers[topic] = consumer
        found = self._read.setdefault(topic, [])
        for records in self._consumers[topic].poll(timeout_ms=50).values():
            found += [
                Written(record.partition, record.offset, record.key, record.value, tuple(record.headers))
                for record in records
            ]
        return found


@contextlib.contextmanager
def closing(rig: Rig) -> Iterator[Rig]:
    """Close a rig at the end of the block."""
    try:
        yield rig
    finally:
        rig.close()
