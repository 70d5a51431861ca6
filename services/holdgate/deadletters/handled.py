"""Which dead letters were redriven or discarded already, according to the audit.

A record cannot be removed from a topic, so the audit lists the positions of handled ones.
"""

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import DEAD_LETTER_ACTIONS, Audit
from holdgate.core.records.offset_ranges import Position, unpack_offsets
from holdgate.core.records.topics import REDRIVEN, REPLAY


def handled_positions(log: KafkaLog, audit: AuditLog, topic: str) -> set[Position]:
    """Return the handled positions of a dead letter topic; for an interrupted run, those it really sent."""
    unfinished: dict[str, Audit] = {}
    handled: set[Position] = set()
    for entry in audit.read():
        if entry.action not in DEAD_LETTER_ACTIONS or entry.what.get("topic") != topic:
            continue
        if entry.state == "started":
            unfinished[entry.run_id] = entry
        else:
            unfinished.pop(entry.run_id, None)
            handled |= unpack_offsets(entry.what["positions"])
    for started in unfinished.values():
        handled |= sent_positions(log, started)
    return handled


def sent_positions(log: KafkaLog, started: Audit) -> set[Position]:
    """Return the dead letters that a run sent before it was interrupted or refused, from its target topic.

    Redriven records keep their first timestamps, so the run cannot be found by time: its audit has the end
    offsets of the target topic.
    """
    sent: set[Position] = set()
    target = started.what["to"]
    starts = dict(word.split(":") for word in started.what["ends"].split(","))
    for partition, bounds in log.bounds(target).items():
        start = max(bounds.first, int(starts.get(str(partition), 0)))
        for chunk in log.read(target, partition, start, bounds.end):
            for record in chunk.records:
                if record.header(REPLAY) == started.run_id:
                    _, source_partition, offset = (record.header(REDRIVEN) or "").rsplit(":", 2)
                    sent.add((int(source_partition), int(offset)))
    return sent
