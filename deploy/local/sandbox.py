"""Temporary folders for daemons, one per test session; the next session cleans up after a killed one."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.local.daemon import RUNTIME, Daemon


@contextlib.contextmanager
def sandbox(purpose: str, runtime: Path = RUNTIME) -> Iterator[Path]:
    """Yield a new folder `.runtime/<purpose>-<pid>`; kill its daemons and remove it at the end.

    The owner holds a lock that the system releases when the owner dies. A folder whose lock is free was left
    behind, so its daemons are killed and it is removed first.
    """
    runtime.mkdir(parents=True, exist_ok=True)
    lock_file = runtime / f"{purpose}-{os.getpid()}.lock"
    folder = lock_file.with_suffix("")
    with contextlib.ExitStack() as stack:
        with (runtime / "sandboxes.lock").open("w") as sandboxes_lock:
            fcntl.flock(sandboxes_lock, fcntl.LOCK_EX)
            for other in sorted(runtime.glob(f"{purpose}-*.lock")):
                with other.open("w") as lock, contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(other)
            fcntl.flock(stack.enter_context(lock_file.open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.mkdir()
        stack.callback(_remove, lock_file)
        yield folder


def _remove(lock_file: Path) -> None:
    folder = lock_file.with_suffix("")
    for pid_file in folder.glob("**/pid"):
        daemon = Daemon(pid_file.parent)
        if daemon.pid is not None:
            daemon.kill()
    shutil.rmtree(folder, ignore_errors=True)
    lock_file.unlink(missing_ok=True)
