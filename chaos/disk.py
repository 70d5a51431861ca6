"""A disk that can be full: a small file system in memory, for root alone to mount."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SIZE = "2g"
"""Most that it holds. A run of ten rounds writes some hundred megabytes; memory is taken as it is written."""


class Disk:
    """The file system at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """There for the block; whatever still uses it then, nobody finds it any more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _call("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "holdgate-chaos", str(self.folder))
        try:
            yield
        finally:
            _call("umount", "--lazy", str(self.folder))

    def fill(self) -> None:
        """Leave not a page, whatever others write meanwhile."""
        left = os.statvfs(self.folder)
        taken, wanted = 0, left.f_bavail * left.f_frsize
        with self._filler.open("wb") as filler:
            while wanted >= left.f_frsize:
                try:
                    os.posix_fallocate(filler.fileno(), taken, wanted)
                except OSError:
                    wanted //= 2
                else:
                    taken += wanted

    def free(self) -> None:
        """Leave what was left before."""
        self._filler.unlink()


def can_mount() -> bool:
    """Whether this process may: root in a container often may not."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Disk(Path(folder)).mounted():
                return True
        except (subprocess.CalledProcessError, OSError):
            return False


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
