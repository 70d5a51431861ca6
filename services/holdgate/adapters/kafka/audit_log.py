"""The audit topic: operations write an audit before they report success, and commands read it back."""

import getpass
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.audit import Action, Audit, AuditOutcome, State
from holdgate.core.records.kafka_record import audit_headers
from holdgate.core.records.topics import AUDIT
from holdgate.runtime.settings import Settings


class AuditLog:
    """The topic `operations.audit`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def write(
        self,
        run_id: str,
        action: Action,
        state: State,
        reason: str,
        what: Mapping[str, str] | None = None,
        counts: Mapping[str, int] | None = None,
        outcome: AuditOutcome = "done",
        by: str | None = None,
    ) -> Audit:
        """Write an audit and return it once it is in the log; raise one of `KafkaFault`.

        `by` is who did it: a reviewer's pseudonym, by default the user and host of this process.
        """
        now = datetime.now(UTC)
        audit = Audit(
            run_id=run_id,
            action=action,
            state=state,
            at=now,
            by=by or who(),
            reason=reason,
            what=dict(what or {}),
            counts=dict(counts or {}),
            outcome=outcome,
        )
        topic_admin.write(
            self._settings,
            AUDIT.name,
            run_id.encode(),
            msgspec.json.encode(audit),
            audit_headers(run_id, now),
        )
        return audit

    def read(self) -> Iterator[Audit]:
        """Yield every audit, oldest first."""
        log = KafkaLog(self._settings)
        for partition, bounds in log.bounds(AUDIT.name).items():
            for chunk in log.read(AUDIT.name, partition, *bounds):
                for record in chunk.records:
                    yield msgspec.json.decode(record.value or b"", type=Audit)


def who() -> str:
    """Return the user and host of this process, as user@host."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
