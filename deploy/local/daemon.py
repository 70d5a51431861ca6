"""A program that keeps running in a folder of its own, and is found there again by its process id.

A folder holds everything of one program: its process id (`pid`), its ports (`ports.json`), its output (`log`)
and its data. A process is ours only if it runs *and* its working directory is that folder: an id that the
system has given to another program since, after a crash or a restart of the machine, is never signalled.
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

_started: dict[Path, subprocess.Popen[bytes]] = {}
"""Children of this process by their folder: such a one runs until it is reaped, sockets closed and all."""


class LocalRuntimeError(RuntimeError):
    """A program of the local runtime cannot do what was asked; the message says why and where its log is."""


class Daemon:
    """One program in `folder`. A subclass says how it is started (`command`) and when it is ready.

    As a context manager it runs for the length of the block.
    """

    port_names: Sequence[str] = ("port",)
    ready_seconds: float = 60
    environment: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.name = folder.name
        self.log = self.folder / "log"

    def command(self) -> list[str]:
        """Prepare the folder and say what to run in it."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it answers. Called until it does; must return within seconds."""
        raise NotImplementedError

    def start(self) -> bool:
        """Start and wait until ready; False if it was running already. Ports stay what they were if free.

        Raises `LocalRuntimeError` with the end of the log if the program gives up or is not ready in time.
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
                # Somebody took a port between our look and the program's bind: choose again.
                if attempt < 3 and "address already in use" in str(error).lower():
                    continue
                raise
            break
        return True

    def stop(self, seconds: float = 15) -> bool:
        """Ask it to end, and end it if it has not done so in time; False if it was not running."""
        if (pid := self.pid) is None:
            return False
        with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # a paused process would never read the first signal
        if not _poll(lambda: self.pid is None, seconds):
            self.kill()
        self._pid_file.unlink(missing_ok=True)
        return True

    def kill(self) -> None:
        """End it at once, as a crash would: nothing is flushed and the pid file stays behind."""
        self._signal(signal.SIGKILL)
        if not _poll(lambda: self.pid is None, 10):
            raise LocalRuntimeError(f"{self.name}: process {self.pid} outlived SIGKILL")

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        pid = self._signal(signal.SIGSTOP)
        _poll(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, 5)

    def resume(self) -> None:
        """Let a paused process go on."""
        self._signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs (paused included), else None."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        child = _started.get(self.folder)
        if child and child.pid == pid:
            return pid if child.poll() is None else None
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            # Linux marks a folder that was removed under a running program.
            return pid if process.cwd().removesuffix(" (deleted)") == str(self.folder) else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    @property
    def rss(self) -> int:
        """Bytes of memory it holds; 0 if it does not run."""
        pid = self.pid
        return 0 if pid is None else int(psutil.Process(pid).memory_info().rss)

    @property
    def ports(self) -> dict[str, int]:
        """Its ports by name; empty before the first start."""
        try:
            ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return ports

    @property
    def address(self) -> str:
        """Host and port it listens on."""
        if not (ports := self.ports):
            raise LocalRuntimeError(f"{self.name} was never started in {self.folder}")
        return f"127.0.0.1:{ports['port']}"

    def log_end(self, lines: int = 20) -> str:
        """The last lines of its output."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, whatever happened in the block."""
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
            # A killed process is gone a moment before its sockets are: clients expect the same port.
            if not (name in ports and _poll(partial(is_free, ports[name]), 2)):
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
                start_new_session=True,  # Ctrl-C in the terminal is not meant for it
            )
        if before := _started.get(self.folder):
            before.poll()  # reap it: a child that is dropped unreaped is reported as still running
        _started[self.folder] = child
        _write(self._pid_file, str(child.pid))
        return child.pid

    def _await_ready(self, pid: int) -> None:
        if not _poll(lambda: self.pid != pid or self.ready(), self.ready_seconds):
            raise LocalRuntimeError(
                f"{self.name} is not ready after {self.ready_seconds:.0f} s; see {self.log}\n{self.log_end()}"
            )
        if self.pid != pid:
            child = _started.get(self.folder)
            code = f" with exit code {child.returncode}" if child and child.pid == pid else ""
            raise LocalRuntimeError(
                f"{self.name} ended{code} before it was ready; see {self.log}\n{self.log_end()}"
            )


def _write(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def _poll(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
