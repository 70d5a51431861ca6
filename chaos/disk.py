"""A disk that can be filled: a small file system in memory, which only root can mount."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SIZE = "2g"
"""Capacity. A run of ten rounds writes some hundred megabytes; memory is used only as it is written."""


class Disk:
    """The file system at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """Mount it inside the block; afterwards it disappears even if processes still use it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _call("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "holdgate-chaos", str(self.folder))
        try:
            yield
        finally:
            _call("umount", "--lazy", str(self.folder))

    def fill(self) -> None:
        """Fill it to the last page, even while others write."""
        file_system = os.statvfs(self.folder)
        allocated, step = 0, file_system.f_bavail * file_system.f_frsize
        with self._filler.open("wb") as filler:
            while step >= file_system.f_frsize:
                try:
                    os.posix_fallocate(filler.fileno(), allocated, step)
                except OSError:
                    step //= 2
                else:
                    allocated += step

    def free(self) -> None:
        """Remove the filler."""
        self._filler.unlink()


def can_mount() -> bool:
    """Return whether this process may mount; root in a container often may not."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Disk(Path(folder)).mounted():
                return True
        except (subprocess.CalledProcessError, OSError):
            return False


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
