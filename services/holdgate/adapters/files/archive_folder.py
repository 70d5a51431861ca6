"""The archive's things in a folder, which is made when something is first put into it."""

import os
import tempfile
from pathlib import Path

from holdgate.runtime.errors import OperatorError


class FolderStore:
    """Files that appear whole or not at all, and are never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes) -> None:
        """Keep something; what is there already stays as it is."""
        path = self._folder / name
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).rename(path)
        except OSError as error:
            raise OperatorError(
                f"{path} cannot be written ({error.strerror}): is HOLDGATE_ARCHIVE a folder with room?"
            ) from error

    def get(self, name: str) -> bytes | None:
        """What was kept, None where it never was."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperatorError(f"{self._folder / name} cannot be read: {error.strerror}") from error

    def names(self, kind: str) -> list[tuple[float, str]]:
        """The names of one kind, each with the Unix time it was kept at."""
        return [
            (path.stat().st_mtime, path.name)
            for path in self._folder.glob(f"{kind}/*")
            if not path.name.startswith(".")
        ]
