"""A complete local Holdgate: Kafka, Redis, the sample list, workers, the other services, and Prometheus."""

import contextlib
import fcntl
import os
import secrets
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
AUDIT_KEY = ROOT / "deploy" / "demo" / "audit.pem"
REVIEW_RULES = ROOT / "deploy" / "review.toml"
SAMPLE_POLICY = ROOT / "deploy" / "sample" / "policy.toml"


class Service(Daemon):
    """A Holdgate service with an HTTP server; `ready_page` answers 200 when it is ready."""

    arguments: Sequence[str]
    ready_page: str

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(folder)
        self._shared = environment

    def command(self) -> list[str]:
        """Return the command of the service, with its own address, health file and data folder."""
        self.environment = {
            **self._shared,
            "HOLDGATE_HTTP": self.address,
            "HOLDGATE_HEALTH_FILE": str(self.folder / "health"),
            "HOLDGATE_DATA": str(self.folder / "data"),
        }
        return [str(HOLDGATE), *self.arguments]

    @property
    def ready_url(self) -> str:
        """Return the address of `ready_page`."""
        return f"http://{self.address}{self.ready_page}"

    def ready(self) -> bool:
        """Return whether `ready_page` answers 200, and keep what it says instead."""
        try:
            with urllib.request.urlopen(self.ready_url, timeout=2) as answer:  # noqa: S310 - http, see ready_url
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            self.waits_for = error.read(500).decode(errors="replace").strip()
            return False
        except OSError as error:
            self.waits_for = f"{self.ready_url} does not answer: {error}"
            return False


class Screening(Service):
    """A screening worker; ready when it has loaded the lists and has its partitions."""

    arguments, ready_page = ("screening",), "/health/ready"


class Probe(Service):
    """The probe; ready when it serves its metrics."""

    arguments, ready_page = ("probe",), "/metrics"


class ListsService(Service):
    """The service that publishes lists; ready when it serves its metrics."""

    arguments, ready_page = ("lists", "serve"), "/metrics"


class Rescreening(Service):
    """The rescreening service; ready when it serves its metrics."""

    arguments, ready_page = ("rescreen", "--serve"), "/metrics"


class Review(Service):
    """The review process; ready when it serves its metrics."""

    arguments, ready_page = ("review",), "/metrics"


class AuditTrail(Service):
    """The audit service, with the key of the demo; ready when it serves its metrics."""

    arguments, ready_page = ("audit", "serve"), "/metrics"


class Desk(Service):
    """The desk as a demo; ready when people can sign in."""

    arguments = ("desk",)
    port_names = ("port", "pages")

    @property
    def url(self) -> str:
        """Return the address of its pages; raises `LocalRuntimeError` before the first start."""
        return f"http://{self.address.partition(':')[0]}:{self.ports['pages']}"

    @property
    def ready_url(self) -> str:
        """Return the page on which people sign in."""
        return f"{self.url}/sign-in"

    def command(self) -> list[str]:
        """Return the command of the service, with the address of its pages."""
        command = super().command()
        pages = {"HOLDGATE_DESK": self.url.removeprefix("http://"), "HOLDGATE_DESK_SIGN_IN": "demo"}
        self.environment = {**self.environment, **pages}
        return command


class Stack:
    """Kafka, Redis and `workers` screening workers in one folder; `up` and `down` can be repeated.

    `lists` are arguments of `holdgate lists publish`. `watched` adds every other service, and Prometheus with
    the alerts. As a context manager it runs for the length of the block.
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
        self._with_support = watched

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables with which `holdgate` commands find this stack, after it was started once."""
        return {
            "HOLDGATE_KAFKA": self.kafka.bootstrap,
            "HOLDGATE_REDIS": self.redis.url,
            "HOLDGATE_POLICY": str(self.policy),
            "HOLDGATE_REVIEW_RULES": str(REVIEW_RULES),
            "HOLDGATE_PROBE_KEY_FILE": str(self._probe_key_file),
            "HOLDGATE_ARCHIVE": str(self.folder / "archive"),
            "HOLDGATE_AUDIT_VERIFY_KEY_FILE": str(AUDIT_KEY.with_name("audit-public.pem")),
        }

    @property
    def _probe_key_file(self) -> Path:
        """Return the file with the key of the probe and the workers, created at the first call."""
        path = self.folder / "probe.key"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(secrets.token_hex())
        return path

    @property
    def workers(self) -> list[Screening]:
        """Return the requested screening workers, and any more that an earlier `up` started."""
        requested = {f"screening-{number}" for number in range(1, self._workers + 1)}
        started = {pid.parent.name for pid in self.folder.glob("screening-*/pid")}
        return [Screening(self.folder / name, self.environment) for name in sorted(requested | started)]

    @property
    def support_services(self) -> dict[str, Service]:
        """Return the services beside the workers, by the name of their Prometheus job."""
        environment = self.environment
        lists = environment | {"HOLDGATE_LISTS": " ".join(self.lists)}
        signing_key = {"HOLDGATE_AUDIT_SIGNING_KEY_FILE": str(AUDIT_KEY)}
        return {
            "lists": ListsService(self.folder / "lists", lists),
            "rescreen": Rescreening(self.folder / "rescreen", environment),
            "review": Review(self.folder / "review", environment),
            "desk": self.desk,
            "probe": Probe(self.folder / "probe", environment),
            "audit": AuditTrail(self.folder / "audit", environment | signing_key),
        }

    @property
    def desk(self) -> Desk:
        """Return the desk, which asks Prometheus if that was started or has its port reserved."""
        prometheus = Prometheus(self.folder / "prometheus", {})
        address = {"HOLDGATE_DESK_PROMETHEUS": f"http://{prometheus.address}"} if prometheus.ports else {}
        return Desk(self.folder / "desk", self.environment | address)

    @property
    def prometheus(self) -> Prometheus:
        """Return the Prometheus that scrapes every started service and evaluates the alerts."""
        targets = {"screening": [worker.address for worker in self.workers if worker.ports]}
        targets |= {job: [service.address] for job, service in self.support_services.items() if service.ports}
        return Prometheus(self.folder / "prometheus", targets)

    @property
    def daemons(self) -> list[Daemon]:
        """Return all programs, in starting order."""
        if not (self.kafka.ports and self.redis.ports):
            return [self.kafka, self.redis]
        support = [*self.support_services.values(), self.prometheus]
        included = [daemon for daemon in support if self._with_support or daemon.pid]
        return [self.kafka, self.redis, *self.workers, *included]

    def up(self, report: Callable[[str], None]) -> bool:
        """Start what does not run and wait until all are ready; return False if everything was running.

        `report` is called with a line for each step. Raises `LocalRuntimeError` that names every program that
        does not start or is not ready in time.
        """
        with self._locked():
            if all(daemon.pid for daemon in self.daemons) and self.redis.ports:
                _start_together(*(daemon.start for daemon in self.daemons))
                return False
            report("starting Kafka and Redis")
            started, _ = _start_together(self.redis.start, self.kafka.start)
            report("creating the topics")
            self.holdgate("topics", "create")
            if started:  # publish even if Redis kept its lists: they may have been indexed by older code
                report("publishing " + " ".join(map(_relative, self.lists)))
                self.holdgate("lists", "publish", *self.lists)
            report(f"starting {self._workers} screening workers")
            _start_together(*(worker.start for worker in self.workers))
            if self._with_support:
                report("starting the services beside them, and Prometheus")
                if self.prometheus.pid is None:
                    self.prometheus.reserve_ports()
                _start_together(*(service.start for service in self.support_services.values()))
                self.prometheus.start()
        return True

    def down(self) -> list[str]:
        """Stop all programs, workers first, and keep their data; return the names of those that ran."""
        if not self.folder.exists():
            return []
        with self._locked():
            return [daemon.name for daemon in reversed(self.daemons) if daemon.stop()]

    def holdgate(self, *arguments: str) -> str:
        """Run a `holdgate` command against this stack and return its stdout; `cases --as` is open to anybody.

        Raises `LocalRuntimeError` with its stderr if it fails.
        """
        done = subprocess.run(
            [str(HOLDGATE), *arguments],
            env={
                **os.environ,
                **self.environment,
                "HOLDGATE_DATA": str(self.folder / "commands"),
                "HOLDGATE_REVIEW_SIGN_IN": "demo",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalRuntimeError(f"holdgate {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    def __enter__(self) -> Self:
        """Start everything, without reporting the steps."""
        self.up(lambda _: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, even after an error."""
        self.down()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _relative(spec: str) -> str:
    """Return NAME=PATH with the path relative to the checkout."""
    return spec.replace(f"{ROOT}{os.sep}", "")


def _start_together(*starts: Callable[[], bool]) -> list[bool]:
    """Call the functions in parallel and return their results in order.

    Raises `LocalRuntimeError` with the messages of all that failed.
    """
    with ThreadPoolExecutor(len(starts)) as pool:
        started = [pool.submit(start) for start in starts]
    failed = [str(error) for one in started if isinstance(error := one.exception(), LocalRuntimeError)]
    if failed:
        raise LocalRuntimeError("\n".join(failed))
    return [one.result() for one in started]
