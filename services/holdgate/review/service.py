"""The review process: one is active, any number stand by.

Each reads `review.events`. The owner of its one partition in the consumer group is active; it follows
`screening.decisions` from the position that the group committed, so it may continue on another machine. Two
that are active at once are harmless: the log's order decides whose events and whose decisions count.
"""

from collections.abc import Callable
from contextlib import closing, suppress

import structlog

from holdgate.adapters import metrics_server
from holdgate.adapters.files.policy_file import read_review_rules
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.redis.snapshot_store import RedisFault
from holdgate.review.case_records import CaseRecords
from holdgate.review.last_screening import LastScreening
from holdgate.review.member import ReviewMember, StaleCasesError
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings
from holdgate.runtime.shutdown import Shutdown

log = structlog.get_logger()

RETRY_SECONDS = 5.0
"""Time until connections are opened again after a fault."""


def serve(settings: Settings) -> None:
    """Run until SIGTERM. Raises `ReviewRulesError` if the rules cannot be used."""
    configure(settings.log_level)
    shutdown = Shutdown()
    metrics = ReviewMetrics()
    health = Health(settings.health_file)
    metrics_server.serve_metrics(metrics.registry, settings)
    service = ReviewService(settings, metrics, health.progress)
    with closing(service):
        while not shutdown.requested():
            if not service.step():
                shutdown.sleep(RETRY_SECONDS)
            health.progress()


class ReviewService:
    """Reads, opens and disposes in rounds; connections are opened again after a fault.

    `keep_going` is called between the steps of a long round.
    """

    def __init__(
        self, settings: Settings, metrics: ReviewMetrics, keep_going: Callable[[], None] = lambda: None
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._keep_going = keep_going
        self._rules = read_review_rules(settings.review_rules)
        self._cases = CaseRecords(metrics)
        self._screening = LastScreening(settings)
        self._member: ReviewMember | None = None

    def step(self) -> bool:
        """Do one round; return False if Kafka or Redis did not answer."""
        try:
            if self._member is None:
                self._member = ReviewMember(
                    self._settings, self._cases, self._screening, self._metrics, self._keep_going
                )
            self._member.step(self._rules)
        except StaleCasesError:
            log.error("review.events was cut: its cases are read again")
            self._cases = CaseRecords(self._metrics)
        except (OperatorError, *topic_admin.KafkaFault, *RedisFault) as error:
            self._metrics.faults.inc()
            log.error("review waits; trying again", error=f"{type(error).__name__}: {error}"[:200])
        else:
            return True
        self.close()
        return False

    def close(self) -> None:
        """Leave the group and close all connections."""
        member, self._member = self._member, None
        self._metrics.active.set(0)
        if member is not None:
            with suppress(*topic_admin.KafkaFault, *RedisFault):
                member.close()
