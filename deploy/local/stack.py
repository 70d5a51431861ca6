"""A whole Holdgate on this machine: Kafka, Redis, the sample list, workers, and what watches them."""

import contextlib
import fcntl
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.daemon import ROOT, RUNTIME, Daemon, LocalRuntimeError
from deploy.local.kafka_broker import Kafka
from deploy.local.prometheus_server import Prometheus
from deploy.local.redis_server import Redis

HOLDGATE = Path(sys.executable).with_name("holdgate")
SAMPLE_LIST = f"ofac={ROOT / 'deploy' / 'sample' / 'ofac'}"
SAMPLE_POLICY = ROOT / "deploy" / "sample" / "policy.toml"


class Service(Daemon):
    """A service of Holdgate that shows its metrics over HTTP; `page` answers 200 when it is ready."""

    words: Sequence[str]
    page: str

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(folder)
        self._shared = environment

    def command(self) -> list[str]:
        """Run the service with its own address, health file and data folder."""
        self.environment = {
            **self._shared,
            "HOLDGATE_HTTP": self.address,
            "HOLDGATE_HEALTH_FILE": str(self.folder / "health"),
            "HOLDGATE_DATA": str(self.folder / "data"),
        }
        return [str(HOLDGATE), *self.words]

    def ready(self) -> bool:
        """Whether its page says so."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{self.page}", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Screening(Service):
    """A screening worker; ready when its snapshot is loaded and its partitions are assigned."""

    words, page = ("screening",), "/health/ready"


class Probe(Service):
    """The probe; ready when it shows its metrics."""

    words, page = ("probe",), "/metrics"


class ListsService(Service):
    """Publishes the lists again and again; ready when it shows its metrics."""

    words, page = ("lists", "serve"), "/metrics"


class Rescreening(Service):
    """Screens recent payments again when lists change; ready when it shows its metrics."""

    words, page = ("rescreen", "--serve"), "/metrics"


class Stack:
    """Kafka, Redis and `workers` screening workers in one folder; `up` and `down` may be called again.

    `lists` are what `holdgate lists publish` takes. `watched` adds what stands beside the workers: the lists
    service, rescreening, the probe, and Prometheus with the alerts. As a context manager it is up for the
    block.
    """

    def __init__(
        self,
        folder: Path = RUNTIME / "dev",
        workers: int = 2,
        lists: Sequence[str] = (SAMPLE_LIST,),
        policy: Path = SAMPLE_POLICY,
        watched: bool = False,
    ) -> None:
        self.folder = folder
        self.lists = lists
        self.policy = policy
        self.kafka = Kafka(folder / "kafka")
        self.redis = Redis(folder / "redis")
        self._workers = workers
        self._watched = watched

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which any `holdgate` command finds this stack; once it was up."""
        return {
            "HOLDGATE_KAFKA": self.kafka.bootstrap,
            "HOLDGATE_REDIS": self.redis.url,
            "HOLDGATE_POLICY": str(self.policy),
        }

    @property
    def workers(self) -> list[Screening]:
        """The screening workers that are wanted, and those that an earlier `up` started beyond them."""
        wanted = {f"screening-{number}" for number in range(1, self._workers + 1)}
        there = {pid.parent.name for pid in self.folder.glob("screening-*/pid")}
        return [Screening(self.folder / name, self.environment) for name in sorted(wanted | there)]

    @property
    def beside(self) -> dict[str, Service]:
        """What stands beside the workers, by the job that Prometheus reads it as."""
        environment = self.environment
        lists = environment | {"HOLDGATE_LISTS": " ".join(self.lists)}
        return {
            "lists": ListsService(self.folder / "lists", lists),
            "rescreen": Rescreening(self.folder / "rescreen", environment),
            "probe": Probe(self.folder / "probe", environment),
        }

    @property
    def prometheus(self) -> Prometheus:
        """Reads what has started, and evaluates the alerts."""
        targets = {"screening": [worker.address for worker in self.workers if worker.ports]}
        targets |= {job: [one.address] for job, one in self.beside.items() if one.ports}
        return Prometheus(self.folder / "prometheus", targets)

    @property
    def daemons(self) -> list[Daemon]:
        """All programs, in the order they are started in."""
        if not (self.kafka.ports and self.redis.ports):
            return [self.kafka, self.redis]
        watching = [*self.beside.values(), self.prometheus]
        wanted = [daemon for daemon in watching if self._watched or daemon.pid]
        return [self.kafka, self.redis, *self.workers, *wanted]

    def up(self, say: Callable[[str], None]) -> bool:
        """Bring up what does not run, and say each step; False if everything ran already.

        Raises `LocalRuntimeError` if a program does not come up.
        """
        with self._one_at_a_time():
            if all(daemon.pid for daemon in self.daemons) and self.redis.ports:
                return False
            say("starting Kafka and Redis")
            started, _ = _all_at_once(self.redis.start, self.kafka.start)
            say("creating the topics")
            self.holdgate("topics", "create")
            if started:  # else the lists are there; an older Redis may hold those of older code
                say("publishing " + " ".join(self.lists))
                self.holdgate("lists", "publish", *self.lists)
            say(f"starting {self._workers} screening workers")
            _all_at_once(*(worker.start for worker in self.workers))
            if self._watched:
                say("starting the lists service, rescreening, the probe and Prometheus")
                _all_at_once(*(service.start for service in self.beside.values()))
                self.prometheus.start()
        return True

    def down(self) -> list[str]:
        """Stop everything, workers first; returns the names of what was running. Data stays."""
        if not self.folder.exists():
            return []
        with self._one_at_a_time():
            return [daemon.name for daemon in reversed(self.daemons) if daemon.stop()]

    def holdgate(self, *arguments: str) -> str:
        """Run a `holdgate` command against this stack; returns its stdout, raises if it fails."""
        done = subprocess.run(
            [str(HOLDGATE), *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalRuntimeError(f"holdgate {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    def __enter__(self) -> Self:
        """Bring it up without words."""
        self.up(lambda _: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, whatever happened in the block."""
        self.down()

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _all_at_once(*starts: Callable[[], bool]) -> list[bool]:
    with ThreadPoolExecutor(len(starts)) as pool:
        return [started.result() for started in [pool.submit(start) for start in starts]]
