"""The signed checkpoints of all trees, read from audit.checkpoints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.audit.checkpoint import CheckpointError, TreeHead, open_checkpoint
from holdgate.audit.tree_check import Difference
from holdgate.core.records.kafka_record import Outgoing, checkpoint_headers
from holdgate.core.records.topics import CHECKPOINTS
from holdgate.runtime.settings import Settings


class CheckpointLog:
    """Remembers the signed roots, and reads only what is new. `findings` are records that are not signed or
    contradict an earlier one."""

    def __init__(self, settings: Settings, keys: Sequence[Ed25519PublicKey]) -> None:
        self._settings = settings
        self._keys = keys
        self._next = 0
        self._roots: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        self.findings: list[Difference] = []

    def refresh(self) -> None:
        """Read the checkpoints that were written since the last call.

        Raises `OperatorError` if the topic does not exist, and one of `KafkaFault`.
        """
        log = KafkaLog(self._settings)
        first, end = log.bounds(CHECKPOINTS.name)[0]
        if end < self._next or first > 0:
            where = first if first > 0 else end
            text = f"{CHECKPOINTS.name} begins at {first} and ends at {end}: checkpoints were removed"
            self.findings.append(Difference("checkpoint", CHECKPOINTS.name, 0, text, where))
        for chunk in log.read(CHECKPOINTS.name, 0, max(first, self._next), end):
            for record in chunk.records:
                self._add(record.offset, record.value or b"")
        self._next = max(self._next, end)

    def _add(self, offset: int, value: bytes) -> None:
        place = f"the checkpoint {CHECKPOINTS.name}:0:{offset}"
        try:
            head = open_checkpoint(self._keys, value.decode("utf-8", "replace"))
        except CheckpointError as error:
            self.findings.append(Difference("checkpoint", CHECKPOINTS.name, 0, f"{place} is {error}", offset))
            return
        if not self.add(head):
            text = f"{place} contradicts another one of {head.origin} over {head.size} leaves"
            self.findings.append(Difference("checkpoint", CHECKPOINTS.name, 0, text, offset))

    def add(self, head: TreeHead) -> bool:
        """Add a signed root from elsewhere; return False if it contradicts a known one."""
        return self._roots[head.origin].setdefault(head.size, head.root) == head.root

    def roots(self, origin: str) -> Mapping[int, bytes]:
        """Return the signed roots of a tree by its size."""
        return self._roots[origin]

    def publish(self, notes: Sequence[tuple[TreeHead, str]]) -> None:
        """Write checkpoints; raise `OperatorError` without permission, and one of `KafkaFault`."""
        if not notes:
            return
        records = [
            Outgoing(
                CHECKPOINTS.name,
                head.origin.encode(),
                note.encode(),
                0,
                checkpoint_headers(f"{head.origin}:{head.size}", datetime.now(UTC)),
            )
            for head, note in notes
        ]
        with KafkaWriter(self._settings) as writer:
            writer.publish(records)
