"""A background program in a folder of its own; later commands find it by its process id.

The folder holds everything of the program: process id (`pid`), ports (`ports.json`), output (`log`) and data.
A process is ours only if it runs *and* its working directory is that folder. After a crash or a restart of
the machine the system may give the id to another program, which must never be signalled.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from deploy.local.ports import free_port, is_free

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".runtime"

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Child processes by folder. A child counts as running until it is reaped, even if its sockets are closed."""


class LocalRuntimeError(RuntimeError):
    """A local program failed; the message says why, and where its log is."""


class Daemon:
    """One program in `folder`. A subclass defines how to start it (`command`) and when it is ready.

    As a context manager it runs for the length of the block.
    """

    port_names: Sequence[str] = ("port",)
    ready_seconds: float = 60
    environment: Mapping[str, str] = {}
    waits_for: str = ""
    """What `ready` found missing, if the program says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.name = folder.name
        self.log = self.folder / "log"

    def command(self) -> list[str]:
        """Prepare the folder and return the command to run in it."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Return whether the program answers. Called repeatedly; must return within seconds."""
        raise NotImplementedError

    def start(self) -> bool:
        """Start the program and wait until it is ready; return False if it was running already.

        It gets its earlier ports if they are free. Raises `LocalRuntimeError` with the end of the log if it
        exits or is not ready in time.
        """
        if self.pid is not None:
            self._await_ready(self.pid)
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in (1, 2, 3):
            self._choose_ports()
            pid = self._spawn(self.command())
            try:
                self._await_ready(pid)
            except LocalRuntimeError as error:
                # Another program took a port after we chose it: choose again.
                if attempt < 3 and "address already in use" in str(error).lower():
                    continue
                raise
            break
        return True

    def reserve_ports(self) -> None:
        """Choose its ports before it starts, for a program that has to know them and is started first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._choose_ports()

    def stop(self, seconds: float = 15) -> bool:
        """Terminate the program, or kill it if it does not exit in time; return False if it did not run."""
        if (pid := self.pid) is None:
            return False
        with contextlib.suppress(ProcessLookupError):  # it may exit by itself meanwhile
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # a paused process would never read the first signal
        if not _wait_for(lambda: self.pid is None, seconds):
            self.kill()
        self._pid_file.unlink(missing_ok=True)
        return True

    def kill(self) -> None:
        """Kill the program as a crash would: nothing is flushed and the pid file remains."""
        self._signal(signal.SIGKILL)
        if not _wait_for(lambda: self.pid is None, 10):
            raise LocalRuntimeError(f"{self.name}: process {self.pid} still runs 10 s after SIGKILL")

    def pause(self) -> None:
        """Freeze the program: connections stay open, nothing answers."""
        pid = self._signal(signal.SIGSTOP)
        _wait_for(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, 5)

    def resume(self) -> None:
        """Continue a paused program."""
        self._signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """Return the process id if the program runs or is paused, else None."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        child = _children.get(self.folder)
        if child and child.pid == pid:
            return pid if child.poll() is None else None
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            # Linux appends this if the folder of a running program was removed.
            return pid if process.cwd().removesuffix(" (deleted)") == str(self.folder) else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    @property
    def rss(self) -> int:
        """Return its resident memory in bytes; 0 if it does not run."""
        pid = self.pid
        return 0 if pid is None else int(psutil.Process(pid).memory_info().rss)

    @property
    def ports(self) -> dict[str, int]:
        """Return its ports by name; empty before the first start."""
        try:
            ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return ports

    @property
    def address(self) -> str:
        """Return the host and port it listens on; raises `LocalRuntimeError` before the first start."""
        if not (ports := self.ports):
            raise LocalRuntimeError(f"{self.name} was never started in {self.folder}; start it first")
        return f"127.0.0.1:{ports['port']}"

    def log_end(self, lines: int = 20) -> str:
        """Return the last lines of its output."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def __enter__(self) -> Self:
        """Start the program."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the program, even after an error."""
        self.stop()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _signal(self, number: signal.Signals) -> int:
        if (pid := self.pid) is None:
            raise LocalRuntimeError(f"{self.name} is not running in {self.folder}")
        os.kill(pid, number)
        return pid

    def _choose_ports(self) -> None:
        ports = self.ports
        for name in self.port_names:
            # The sockets of a killed process close a moment later; clients expect the same port, so wait.
            if not (name in ports and _wait_for(partial(is_free, ports[name]), 2)):
                ports[name] = free_port(ports.values())
        _write(self.folder / "ports.json", json.dumps(ports))

    def _spawn(self, command: list[str]) -> int:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C in the terminal does not reach it
            )
        if previous := _children.get(self.folder):
            previous.poll()  # reap it: Python warns about a child that is dropped unreaped
        _children[self.folder] = child
        _write(self._pid_file, str(child.pid))
        return child.pid

    def _await_ready(self, pid: int) -> None:
        if not _wait_for(lambda: self.pid != pid or self.ready(), self.ready_seconds):
            raise LocalRuntimeError(
                f"{self.name} is not ready after {self.ready_seconds:.0f} s"
                f"{f' ({self.waits_for})' if self.waits_for else ''}; see {self.log}\n{self.log_end()}"
            )
        if self.pid != pid:
            child = _children.get(self.folder)
            code = f" with exit code {child.returncode}" if child and child.pid == pid else ""
            raise LocalRuntimeError(
                f"{self.name} exited{code} before it was ready; see {self.log}\n{self.log_end()}"
            )


def _write(path: Path, text: str) -> None:
    """Write a small file atomically."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition; return whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
