"""Throw-away runtime folders: one a test session, swept by the next one if its session was killed."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.local.daemon import RUNTIME, Daemon


@contextlib.contextmanager
def sandbox(purpose: str, runtime: Path = RUNTIME) -> Iterator[Path]:
    """A new folder `.runtime/<purpose>-<pid>` for daemons, killed and removed at the end.

    Its owner holds a lock on it, which the system lets go when the owner dies, however it dies: a folder
    whose lock can be taken was left behind, so its daemons are ended and it is removed first.
    """
    runtime.mkdir(parents=True, exist_ok=True)
    claim = runtime / f"{purpose}-{os.getpid()}.lock"
    folder = claim.with_suffix("")
    with contextlib.ExitStack() as held:
        with (runtime / "sandboxes.lock").open("w") as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
            for left in sorted(runtime.glob(f"{purpose}-*.lock")):
                with left.open("w") as lock, contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(left)
            fcntl.flock(held.enter_context(claim.open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.mkdir()
        held.callback(_remove, claim)
        yield folder


def _remove(claim: Path) -> None:
    folder = claim.with_suffix("")
    for pid_file in folder.glob("**/pid"):
        daemon = Daemon(pid_file.parent)
        if daemon.pid is not None:
            daemon.kill()
    shutil.rmtree(folder, ignore_errors=True)
    claim.unlink(missing_ok=True)
