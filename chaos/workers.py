"""Worker processes and the supervisor that starts again whatever ended without being told to."""

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
"""PYTHONPATH of programs that stand beside the tests."""

AGAIN_SECONDS = 0.3
ORDINARY = ("0", "SIGKILL", "SIGTERM")
"""Told to end, killed, or told to end before it listened."""

TERM_SECONDS = 45
"""A worker that was asked to end has to within this time."""


class Member:
    """One place in the group: a process at a time, one log file for all of them."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True)
        self.name = folder.name
        self.log = folder / "log"
        self.environment = dict(environment)
        self._folder = folder
        self._command = list(command)
        self.wanted = True
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
        """Send a signal, if it runs."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.poll() if self.process else None


class Workers:
    """The group. `codes` counts how processes ended, `late` those that did not obey SIGTERM in time."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._command = command
        self.environment = dict(environment)
        self._numbers = count(1)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self.members: list[Member] = []
        self.codes: Counter[str] = Counter()
        self.late = 0
        self._watch = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self, number: int) -> None:
        """Start so many and keep them running."""
        for _ in range(number):
            self.join()
        self._watch.start()

    def join(self, **environment: str) -> Member:
        """One more worker."""
        folder = self.folder / f"worker-{next(self._numbers)}"
        member = Member(folder, self._command, self.environment | environment)
        with self._lock:
            member.start()
            self.members.append(member)
        return member

    def leave(self, member: Member) -> None:
        """Ask one to end for good."""
        member.wanted = False
        self.terminate(member)
        with self._lock:
            self.members.remove(member)

    def kill(self, member: Member) -> None:
        """End it as a crash would; the supervisor starts it again."""
        member.signal(signal.SIGKILL)

    def terminate(self, member: Member) -> None:
        """Ask it to end and wait; it is killed if it does not."""
        process = member.process
        if process is None:
            return
        member.signal(signal.SIGTERM)
        member.signal(signal.SIGCONT)
        try:
            process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            self.late += 1
            print(f"  {member.name} did not end within {TERM_SECONDS} s of SIGTERM: killed", flush=True)
            process.kill()
            process.wait(10)
        with self._lock:
            if not member.wanted:
                self._note(member)

    def await_running(self, member: Member, seconds: float = 10) -> None:
        """Return when the supervisor has it running."""
        deadline = time.monotonic() + seconds
        while member.code is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self) -> None:
        """End all."""
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
        """What they printed, those that left included."""
        return sorted(self.folder.glob("worker-*/log"))

    def _note(self, member: Member) -> None:
        code = member.code
        name = signal.Signals(-code).name if code is not None and code < 0 else str(code)
        self.codes[name] += 1
        if name not in ORDINARY:
            print(f"  {member.name} ended with {name}: {_why(member.log)}", flush=True)

    def _supervise(self) -> None:
        while not self._ended.wait(AGAIN_SECONDS):
            with self._lock:
                for member in self.members:
                    if member.wanted and member.code is not None:
                        self._note(member)
                        member.start()


def _why(log: Path) -> str:
    """The last error in a log, with the code lines that led to it."""
    for line in reversed(log.read_text(errors="replace").splitlines()):
        if '"exception"' in line or '"code"' in line:
            said = json.loads(line)
            return str(said.get("why") or " < ".join(reversed(said["exception"].split("\n")[-9:])))
    return "nothing said"
