"""`holdgate reproduce` reproduces a past decision byte for byte, or names the input that is missing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition
from redis import Redis as Client

from deploy.local.redis_server import Redis
from holdgate.adapters.files.archive import Archive
from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.redis import keys
from holdgate.core.policy.policy import Policy
from holdgate.core.records import topics
from holdgate.runtime.errors import OperatorError
from tests.support.payments import payment
from tests.support.rig import Rig, closing
from tests.support.small_list import PERSON_NAME, write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path, kafka: str) -> Iterator[Rig]:
    """Make decisions for five reasons, archive their inputs, and delete the list from Redis."""
    folder = tmp_path_factory.mktemp("archived")
    with (
        Redis(runtime_folder / "redis-archived") as redis,
        closing(Rig(folder, kafka, redis.url, "arch.", HOLDGATE_ARCHIVE=str(folder / "archive"))) as rig,
    ):
        rig.create_topics()
        done = rig.holdgate("lists", "publish", f"ofac={write(folder / 'ofac')}")
        assert done.exit_code == 0, done.output
        with rig.worker() as worker:
            worker.await_ready()
            late = (datetime.now(UTC) - timedelta(days=3)).isoformat()
            rig.pay(
                payment("clean"),
                payment("listed", creditor={"name": PERSON_NAME}),
                payment("late", submitted_at=late, rail="sct_inst"),
                payment("changed"),
            )
            rig.await_decided("clean", "listed", "late", "changed")
            rig.pay(payment("changed", amount="2.00"))
            rig.send([(b"broken", b"{"), (None, b"{}")])
            rig.await_decisions(7)
            assert worker.terminate() == 0
        with Client.from_url(redis.url) as client:
            assert client.delete(keys.snapshot(json.loads(done.stdout)["version"]))
        yield rig


def test_every_reason_is_reproduced_from_the_archive(archived: Rig) -> None:
    """Results that depended on clock and claims are taken from the decision, and the output says so."""
    reasons = set()
    for written in archived.decisions():
        done = archived.holdgate("reproduce", written.json["decision_id"])
        assert done.exit_code == 0, done.output
        proof = json.loads(done.stdout)
        assert proof["identical"]
        assert proof["bytes"] == len(written.value or b"")
        taken = {"DEADLINE_EXCEEDED": "clock", "CONTENT_CHANGED": "claims"}.get(written.json["reason"])
        assert (taken in proof["taken"]) if taken else ("taken" not in proof)
        reasons.add(written.json["reason"])
    assert reasons == {"NO_MATCH", "LIST_MATCH", "DEADLINE_EXCEEDED", "CONTENT_CHANGED", "INVALID_EVENT"}


def test_a_missing_input_is_named(archived: Rig, tmp_path: Path) -> None:
    """The input may be the decision, the policy, the list, the engine or the record of the payment."""
    [clean] = archived.decided("clean")
    decision_id, version = clean.json["decision_id"], clean.json["list_version"]

    def refused(words: str, name: str = decision_id, **variables: str) -> None:
        done = archived.holdgate("reproduce", name, **variables)
        assert done.exit_code == 3, done.output
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1

    refused("missing: decision ffff is not in screening.decisions", "ffff")
    refused(f"no snapshot {version}: HOLDGATE_ARCHIVE is not set, and Redis holds", archive="")
    other = tmp_path / "policy.toml"
    other.write_text(Path(archived.settings.policy).read_text().replace("text = 0.", "text = 0.9"))
    kept = Path(archived.settings.archive or "") / "policies"
    aside = kept.rename(kept.with_name("aside"))
    refused(f"missing: policy {clean.json['policy_version']}", policy=str(other))
    aside.rename(kept)
    assert archived.holdgate("reproduce", decision_id, policy=str(other)).exit_code == 0

    admin = open_client(KafkaAdminClient, bootstrap_servers=archived.settings.kafka)
    place = TopicPartition(archived.settings.topic(topics.SUBMITTED.name), clean.partition)
    admin.delete_records({place: int(clean.about[topics.INPUT_OFFSET]) + 1})
    admin.close()
    refused("missing: the payment's record payments.submitted:")


def test_the_content_of_an_archive_is_verified(archived: Rig, tmp_path: Path) -> None:
    """A policy whose values do not match its version is rejected, and a version is never used as a path."""
    archive = Archive(FolderStore(tmp_path))
    assert archive.snapshot("../../etc/passwd") is None
    [policy] = (Path(archived.settings.archive or "") / "policies").iterdir()
    altered = json.loads(policy.read_bytes())
    altered["thresholds"]["text"] = 1.0
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / policy.name).write_text(json.dumps(altered))
    with pytest.raises(OperatorError, match="was altered"):
        archive.policy(policy.stem)
    found = Archive(FolderStore(Path(archived.settings.archive or ""))).policy(policy.stem)
    assert isinstance(found, Policy)
    assert [
        one.version for one in Archive(FolderStore(Path(archived.settings.archive or ""))).announcements()
    ]
