"""The projection follows a real log: it catches up, reads back what is appended, and outlives a new topic."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from holdgate.adapters.case_follower import CaseFollower, open_cases
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.casework.actions import carry_out, note_of
from holdgate.casework.sign_in import demo_person
from holdgate.core.review import event as events
from holdgate.core.review.event_contents import Remark
from holdgate.desk.case_projection import CaseProjection
from holdgate.desk.metrics import DeskMetrics
from holdgate.runtime.health import Health
from holdgate.runtime.settings import Settings
from tests.casework.test_cases_command import Cluster
from tests.support.rig import wait_until


@pytest.fixture
def cluster(kafka: str, topic_prefix: str, tmp_path: Path) -> Cluster:
    return Cluster(kafka, topic_prefix, tmp_path)


@pytest.fixture
def projection(cluster: Cluster, tmp_path: Path) -> Iterator[CaseProjection]:
    settings = Settings(
        kafka=cluster.settings.kafka, topic_prefix=cluster.settings.topic_prefix, data=str(tmp_path)
    )
    made = CaseProjection(settings, DeskMetrics(CollectorRegistry()), Health())
    with closing(made):
        made.start()
        yield made


def test_the_log_is_followed_and_an_event_is_read_back(cluster: Cluster, projection: CaseProjection) -> None:
    wait_until(lambda: projection.lag == 0, "the end of the log", lambda: str(projection.lag))
    with projection.store() as store:
        case = store.case(cluster.log.case_id)
        assert case is not None
        ana, note = demo_person("ana"), note_of("Looked at it.")
        result = carry_out(
            projection, store, ana, case, events.NoteAdded, lambda digest: Remark(note=digest), note
        )
        assert (result.void, result.case.notes) == (None, 1)
        assert projection.counts[0].cases == 1
    # What others write is followed too.
    cluster.log.book.cases[case.case_id] = result.case
    cluster.write_events([events.encode_event(cluster.log.event(events.CaseTaken, "ana", Remark()))])

    def is_taken() -> bool:
        with projection.store() as store:
            found = store.case(case.case_id)
            return found is not None and found.owner is not None

    wait_until(is_taken, "the case is taken", lambda: str(projection.lag))


def test_a_projection_that_is_ahead_of_its_log_is_built_anew(cluster: Cluster, tmp_path: Path) -> None:
    settings = Settings(
        kafka=cluster.settings.kafka, topic_prefix=cluster.settings.topic_prefix, data=str(tmp_path)
    )
    with open_cases(settings) as store:
        store.add("review.events", 0, [], 1_000)
        with closing(CaseFollower(settings, store)) as follower:
            wait_until(lambda: not follower.step(100) and follower.lag() == 0, "the end", lambda: "")
            assert store.case(cluster.log.case_id) is not None


def test_without_topics_the_desk_waits(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    settings = Settings(kafka=kafka, topic_prefix=topic_prefix, data=str(tmp_path), partitions=1)
    metrics = DeskMetrics(CollectorRegistry())
    with closing(CaseProjection(settings, metrics, Health())) as projection:
        projection.start()
        wait_until(
            lambda: bool(metrics.registry.get_sample_value("holdgate_desk_faults_total")),
            "a fault",
            lambda: "",
        )
        assert projection.lag is None
        create_topics(settings)
        wait_until(lambda: projection.lag == 0, "the log is read", lambda: str(projection.lag))
