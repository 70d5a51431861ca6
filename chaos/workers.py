"""Worker processes, and a supervisor that restarts those that end unexpectedly."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from deploy.local.daemon import ROOT
from deploy.local.ports import free_port

MODULES = os.pathsep.join([str(ROOT), str(ROOT / "services")])
"""PYTHONPATH of the programs of this repository that are not installed."""

RESTART_SECONDS = 0.3
EXPECTED_EXITS = ("0", "SIGKILL", "SIGTERM")
"""Stopped, killed, or stopped before the signal handler was set."""

SESSION = 10.0
"""Seconds after which the broker reassigns the partitions of a silent process."""

TERM_SECONDS = 45
"""A worker must stop within this time after SIGTERM."""


class WorkerSlot:
    """One member of the group: one process at a time, and one log file for all of them."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True)
        self.name = folder.name
        self.log = folder / "log"
        self.environment = dict(environment)
        self._folder = folder
        self._command = list(command)
        self.should_run = True
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def start(self) -> None:
        """Start the process."""
        self.port = free_port()
        environment = self.environment | {
            "HOLDGATE_HTTP": f"127.0.0.1:{self.port}",
            "HOLDGATE_HEALTH_FILE": str(self._folder / "health"),
            "HOLDGATE_DATA": str(self._folder / "data"),
            "PYTHONPATH": MODULES,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if the process runs."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def stop(self) -> None:
        """Send SIGTERM and wait; kill the process if it does not stop in time."""
        self.signal(signal.SIGTERM)
        if self.process is not None:
            try:
                self.process.wait(TERM_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the process runs."""
        return self.process.poll() if self.process else None


class Workers:
    """The group. `exit_counts` counts exits by code or signal, `slow_stops` stops that took too long."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._command = command
        self.environment = dict(environment)
        self._numbers = count(1)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self.members: list[WorkerSlot] = []
        self.exit_counts: Counter[str] = Counter()
        self.slow_stops = 0
        self._watch = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self, number: int) -> None:
        """Start this many workers and keep them running."""
        for _ in range(number):
            self.join()
        self._watch.start()

    def join(self, **environment: str) -> WorkerSlot:
        """Start one more worker."""
        folder = self.folder / f"worker-{next(self._numbers)}"
        member = WorkerSlot(folder, self._command, self.environment | environment)
        with self._lock:
            member.start()
            self.members.append(member)
        return member

    def leave(self, member: WorkerSlot) -> None:
        """Stop a worker for good."""
        member.should_run = False
        self.terminate(member)
        with self._lock:
            self.members.remove(member)

    def kill(self, member: WorkerSlot) -> None:
        """Kill a worker; the supervisor restarts it."""
        member.signal(signal.SIGKILL)

    def terminate(self, member: WorkerSlot) -> None:
        """Send SIGTERM and wait; kill the worker if it does not stop in time."""
        process = member.process
        if process is None:
            return
        member.signal(signal.SIGTERM)
        member.signal(signal.SIGCONT)
        try:
            process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            self.slow_stops += 1
            print(
                f"  {member.name} did not stop within {TERM_SECONDS} s of SIGTERM and was killed", flush=True
            )
            process.kill()
            process.wait(10)
        with self._lock:
            if not member.should_run:
                self._count_exit(member)

    def await_running(self, member: WorkerSlot, seconds: float = 10) -> None:
        """Wait until the supervisor has restarted the worker."""
        deadline = time.monotonic() + seconds
        while member.exit_code is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop all workers."""
        self._ended.set()
        if self._watch.is_alive():
            self._watch.join(10)
        for member in self.members:
            member.signal(signal.SIGKILL)
        for member in self.members:
            if member.process:
                member.process.wait(10)

    @property
    def logs(self) -> list[Path]:
        """The logs of all workers, including those that left."""
        return sorted(self.folder.glob("worker-*/log"))

    def _count_exit(self, member: WorkerSlot) -> None:
        code = member.exit_code
        name = signal.Signals(-code).name if code is not None and code < 0 else str(code)
        self.exit_counts[name] += 1
        if name not in EXPECTED_EXITS:
            print(f"  {member.name} ended with {name}: {_last_error(member.log)}", flush=True)

    def _supervise(self) -> None:
        while not self._ended.wait(RESTART_SECONDS):
            with self._lock:
                for member in self.members:
                    if member.should_run and member.exit_code is not None:
                        self._count_exit(member)
                        member.start()


def _last_error(log: Path) -> str:
    """Return the last error in a log, with the lines of code that led to it."""
    for line in reversed(log.read_text(errors="replace").splitlines()):
        if '"exception"' in line or '"code"' in line:
            entry = json.loads(line)
            return str(entry.get("why") or " < ".join(reversed(entry["exception"].split("\n")[-9:])))
    return "no error in the log"
