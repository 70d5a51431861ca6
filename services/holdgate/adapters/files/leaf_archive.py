"""The trees of the audit in the archive: leaves, and the checkpoints over them.

    audit/leaves/<topic>/<partition>/<first offset>        leaves as JSON
    audit/checkpoints/<topic>/<partition>/<size>           a signed note

Numbers have 20 digits. Stored objects never change.
"""

from holdgate.adapters.files.archive import ObjectStore

_DIGITS = 20


class LeafArchive:
    """The audit's part of the archive; each call raises `OperatorError` if the store fails."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def leaf_files(self, topic: str, partition: int) -> list[int]:
        """Return the first offsets of a partition's files of leaves, in order."""
        return self._numbers(f"audit/leaves/{topic}/{partition}")

    def put_leaves(self, topic: str, partition: int, start: int, data: bytes) -> bytes:
        """Store a file of leaves and return what is stored: an earlier file, if there is one."""
        name = f"audit/leaves/{topic}/{partition}/{start:0{_DIGITS}}"
        self._store.put(name, data)
        return self._store.get(name) or b""

    def leaves(self, topic: str, partition: int, start: int) -> bytes:
        """Return a file of leaves; empty if it is gone."""
        return self._store.get(f"audit/leaves/{topic}/{partition}/{start:0{_DIGITS}}") or b""

    def checkpoint_sizes(self, topic: str, partition: int) -> list[int]:
        """Return the sizes of a partition's checkpoints, in order."""
        return self._numbers(f"audit/checkpoints/{topic}/{partition}")

    def put_checkpoint(self, topic: str, partition: int, size: int, note: str) -> None:
        """Store a checkpoint; an existing one stays unchanged."""
        self._store.put(f"audit/checkpoints/{topic}/{partition}/{size:0{_DIGITS}}", note.encode())

    def checkpoint(self, topic: str, partition: int, size: int) -> str:
        """Return a checkpoint; empty if it is gone."""
        data = self._store.get(f"audit/checkpoints/{topic}/{partition}/{size:0{_DIGITS}}")
        return (data or b"").decode("utf-8", "replace")

    def _numbers(self, kind: str) -> list[int]:
        names = (name for _, name in self._store.names(kind))
        return sorted(int(name) for name in names if len(name) == _DIGITS and name.isdecimal())
