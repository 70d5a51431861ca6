"""The archive in a folder, which is created at the first write."""

import os
import tempfile
from pathlib import Path

from holdgate.runtime.errors import OperatorError


class FolderStore:
    """Files that are written atomically and never change; a private one is for its owner's eyes only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes, is_private: bool = False) -> None:
        """Store an object; an existing one stays unchanged."""
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
            Path(temporary).chmod(0o600 if is_private else 0o644)
            Path(temporary).rename(path)
        except OSError as error:
            raise OperatorError(
                f"{path} cannot be written ({error.strerror}): is HOLDGATE_ARCHIVE a folder with room?"
            ) from error

    def get(self, name: str) -> bytes | None:
        """Return an object, None if there is none of this name."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperatorError(f"{self._folder / name} cannot be read: {error.strerror}") from error

    def delete(self, name: str) -> None:
        """Delete an object, if there is one of this name."""
        path = self._folder / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OperatorError(f"{path} cannot be removed: {error.strerror}") from error

    def names(self, kind: str) -> list[tuple[float, str]]:
        """Return (Unix time stored, name) of each object of one kind."""
        return [
            (path.stat().st_mtime, path.name)
            for path in self._folder.glob(f"{kind}/*")
            if not path.name.startswith(".")
        ]
