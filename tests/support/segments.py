"""Change records in the log segment of a stopped broker, as somebody with access to its disk could.

A segment is a sequence of record batches (format 2): base offset, length of the rest, leader epoch, magic,
CRC-32C of all that follows it.
"""

from collections.abc import Callable
from pathlib import Path

from kafka.record.util import calc_crc32c

_HEAD, _CRC, _BODY = 12, 17, 21


def edit(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Replace the batches of a partition's only segment; the broker rebuilds the indexes."""
    [segment] = folder.glob("*.log")
    segment.write_bytes(b"".join(change(_batches(segment.read_bytes()))))
    for index in (*folder.glob("*.index"), *folder.glob("*.timeindex")):
        index.unlink()


def replaced_text(batch: bytes, old: bytes, new: bytes) -> bytes:
    """Return a batch with other bytes of the same length, and the checksum of these."""
    assert len(old) == len(new)
    assert batch.count(old) == 1
    body = batch[_BODY:].replace(old, new)
    checksum: int = calc_crc32c(memoryview(body))
    return batch[:_CRC] + checksum.to_bytes(4) + body


def _batches(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = _HEAD + int.from_bytes(data[8:_HEAD])
        found.append(data[:size])
        data = data[size:]
    return found
