"""Which dead letters were sent again or given up already: the audit is the ledger.

A topic forgets nothing by itself, so what was handled is written as positions: `0:3-17,21;2:5`.
"""

from collections import defaultdict
from collections.abc import Iterable

from holdgate.adapters.audit_log import AuditLog
from holdgate.adapters.kafka_log import KafkaLog
from holdgate.core.audit import Audit
from holdgate.flow import REDRIVEN, REPLAY

Position = tuple[int, int]
"""Partition and offset in the dead letter topic."""

ACTIONS = ("dead-letters.redrive", "dead-letters.discard")


def packed(positions: Iterable[Position]) -> str:
    """Positions as text: offsets that follow each other become one range."""
    ranges: defaultdict[int, list[list[int]]] = defaultdict(list)
    for partition, offset in sorted(positions):
        found = ranges[partition]
        if found and found[-1][1] + 1 == offset:
            found[-1][1] = offset
        else:
            found.append([offset, offset])
    return ";".join(
        f"{partition}:" + ",".join(f"{a}-{b}" if a != b else str(a) for a, b in found)
        for partition, found in ranges.items()
    )


def unpacked(text: str) -> set[Position]:
    """The positions of a text; raises ValueError for one that is none."""
    found: set[Position] = set()
    for part in filter(None, text.split(";")):
        partition, _, ranges = part.partition(":")
        for word in ranges.split(","):
            first, _, last = word.partition("-")
            found |= {(int(partition), offset) for offset in range(int(first), int(last or first) + 1)}
    return found


def handled(log: KafkaLog, audit: AuditLog, topic: str) -> set[Position]:
    """What was handled of a dead letter topic; of a run that died, what it really sent."""
    begun: dict[str, Audit] = {}
    done: set[Position] = set()
    for found in audit.read():
        if found.action not in ACTIONS or found.what.get("topic") != topic:
            continue
        if found.state == "started":
            begun[found.run_id] = found
        else:
            begun.pop(found.run_id, None)
            done |= unpacked(found.what["positions"])
    for died in begun.values():
        done |= _sent(log, died)
    return done


def _sent(log: KafkaLog, died: Audit) -> set[Position]:
    """The dead letters that a run sent before it died, found where they were sent to.

    They carry their first timestamps, so no time tells where to begin: the audit says where the topic ended.
    """
    found: set[Position] = set()
    target = died.what["to"]
    starts = dict(word.split(":") for word in died.what["ends"].split(","))
    for partition, bounds in log.bounds(target).items():
        start = max(bounds.first, int(starts.get(str(partition), 0)))
        for chunk in log.read(target, partition, start, bounds.end):
            for record in chunk.records:
                if record.header(REPLAY) == died.run_id:
                    _, at, offset = (record.header(REDRIVEN) or "").rsplit(":", 2)
                    found.add((int(at), int(offset)))
    return found
