"""Which dead letters were sent again or given up already: the audit is the ledger.

A topic forgets nothing by itself, so what was handled is written as positions.
"""

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import DEAD_LETTER_ACTIONS, Audit
from holdgate.core.records.offset_ranges import Position, unpack_offsets
from holdgate.core.records.topics import REDRIVEN, REPLAY


def handled_positions(log: KafkaLog, audit: AuditLog, topic: str) -> set[Position]:
    """What was handled of a dead letter topic; of a run that died, what it really sent."""
    begun: dict[str, Audit] = {}
    done: set[Position] = set()
    for found in audit.read():
        if found.action not in DEAD_LETTER_ACTIONS or found.what.get("topic") != topic:
            continue
        if found.state == "started":
            begun[found.run_id] = found
        else:
            begun.pop(found.run_id, None)
            done |= unpack_offsets(found.what["positions"])
    for died in begun.values():
        done |= sent_positions(log, died)
    return done


def sent_positions(log: KafkaLog, begun: Audit) -> set[Position]:
    """The dead letters that a run sent before it died or was refused, found where they were sent to.

    They carry their first timestamps, so no time tells where to begin: the audit says where the topic ended.
    """
    found: set[Position] = set()
    target = begun.what["to"]
    starts = dict(word.split(":") for word in begun.what["ends"].split(","))
    for partition, bounds in log.bounds(target).items():
        start = max(bounds.first, int(starts.get(str(partition), 0)))
        for chunk in log.read(target, partition, start, bounds.end):
            for record in chunk.records:
                if record.header(REPLAY) == begun.run_id:
                    _, at, offset = (record.header(REDRIVEN) or "").rsplit(":", 2)
                    found.add((int(at), int(offset)))
    return found
