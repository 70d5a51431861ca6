"""The users of deploy/security, with a real Kafka and Redis, can run a gate and do nothing more."""

import contextlib
import gc
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    NewTopic,
    ResourcePattern,
    ResourceType,
)
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from prometheus_client import CollectorRegistry
from redis import Redis as Client
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from deploy.local.stack import HOLDGATE
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.security import security
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.audit.metrics import AuditMetrics
from holdgate.audit.service import AuditService
from holdgate.cli.main import main
from holdgate.core.records.topics import (
    AUDIT,
    CHECKPOINTS,
    DEAD_LETTERS,
    DECISIONS,
    PUBLISHED,
    REVIEW_EVENTS,
    SUBMITTED,
)
from holdgate.probe.metrics import ProbeMetrics
from holdgate.probe.service import Probe
from holdgate.runtime.settings import Settings, from_environ
from tests.security.servers import EXAMPLES, SecureKafka, SecureRedis, secrets, tls_redis
from tests.support.claims import key_file
from tests.support.list_keys import signing_file, verify_file
from tests.support.payments import payment
from tests.support.rig import Worker, wait_until
from tests.support.small_list import PERSON, PERSON_NAME, SAMPLE_POLICY, write

WHY = "incident 1293"

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.redis,
    # kafka-python leaks TLS sockets that a server rejected.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.skipif(tls_redis() is None, reason="needs a redis-server of version 7 or later with TLS"),
]


class Gate(NamedTuple):
    """The servers, and the settings of each user's programs."""

    folder: Path
    kafka: SecureKafka
    redis: SecureRedis
    passwords: dict[str, str]

    def environment(self, user: str) -> dict[str, str]:
        """Return the environment variables of a user's programs."""
        return {
            "HOLDGATE_KAFKA": self.kafka.bootstrap,
            "HOLDGATE_KAFKA_CA_FILE": str(self.kafka.folder / "ca.pem"),
            "HOLDGATE_KAFKA_USER": user,
            "HOLDGATE_KAFKA_PASSWORD_FILE": self.passwords[user],
            "HOLDGATE_REDIS": f"rediss://{user}@{self.redis.address}/0",
            "HOLDGATE_REDIS_CA_FILE": str(self.redis.folder / "ca.pem"),
            "HOLDGATE_REDIS_PASSWORD_FILE": self.passwords[user],
            "HOLDGATE_POLICY": str(SAMPLE_POLICY),
            "HOLDGATE_PARTITIONS": "2",
            "HOLDGATE_CLAIM_KEY_FILE": key_file(self.folder),
            "HOLDGATE_PROBE_KEY_FILE": key_file(self.folder, "1"),
        }

    def settings(self, user: str) -> Settings:
        """Return the settings of a user's programs."""
        return from_environ(self.environment(user))

    def holdgate(self, user: str, *arguments: str, **variables: str) -> Result:
        """Run a command as the user."""
        return CliRunner(env=self.environment(user) | variables).invoke(main, arguments)


@pytest.fixture(scope="module")
def gate(runtime_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("secure")
    kafka, redis = SecureKafka(runtime_folder / "kafka-secure"), SecureRedis(runtime_folder / "redis-secure")
    with kafka, redis:
        gate = Gate(folder, kafka, redis, secrets(folder))
        wait_until(lambda: gate.holdgate("admin", "topics", "create").exit_code == 0, "the topics")
        admin = open_client(KafkaAdminClient, **security(gate.settings("admin")))
        admin.create_acls(list(acls()))
        admin.close()
        yield gate
    gc.collect()  # collect leaked sockets while their warnings are ignored


def acls() -> Iterator[ACL]:
    """Return the lines of kafka-acls.txt."""
    for line in (EXAMPLES / "kafka-acls.txt").read_text().splitlines():
        if words := line.partition("#")[0].split():
            user, operation, kind, name = words
            form = ACLResourcePatternType.PREFIXED if name.endswith("*") else ACLResourcePatternType.LITERAL
            pattern = ResourcePattern(ResourceType[kind], name.rstrip("*"), form)
            yield ACL(f"User:{user}", "*", ACLOperation[operation], ACLPermissionType.ALLOW, pattern)


def send(gate: Gate, user: str, topic: str, *values: dict[str, Any]) -> None:
    """Write records as a user. Raises the error from Kafka."""
    producer = open_client(
        KafkaProducer, **security(gate.settings(user)), max_block_ms=10_000, enable_idempotence=False
    )
    try:
        for value in values:
            key = str(value.get("payment_id")).encode()
            producer.send(topic, json.dumps(value).encode(), key).get(timeout=20)
    finally:
        producer.close(timeout=5)


def read(gate: Gate, user: str, topic: str, group: str | None = None) -> list[Any]:
    """Return all records of a topic that a user can read. Raises the error from Kafka."""
    consumer = open_client(
        KafkaConsumer,
        **security(gate.settings(user)),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not places:
            raise TopicAuthorizationFailedError(topic)
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        if group is None:
            for place in places:
                consumer.seek(place, 0)
        found: list[Any] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=1_000).values():
                found += records
        return found
    finally:
        consumer.close()


def redis(gate: Gate, user: str) -> Any:
    """Return a connection to Redis as a user."""
    password = Path(gate.passwords[user]).read_text().strip()
    return Client.from_url(
        f"rediss://{gate.redis.address}/0",
        username=user,
        password=password,
        ssl_ca_certs=str(gate.redis.folder / "ca.pem"),
    )


def test_a_gate_works_with_the_permissions_of_the_example(gate: Gate) -> None:
    """Publishing a signed list, sending, deciding and reading payments each use their own user, over TLS."""
    lists = f"ofac={write(gate.folder / 'ofac', without=frozenset({PERSON}))}"
    key = {"HOLDGATE_LIST_SIGNING_KEY_FILE": signing_file(gate.folder)}
    done = gate.holdgate("lists", "lists", "publish", lists, **key)
    assert done.exit_code == 0, done.stderr

    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HOLDGATE_")},
        **gate.environment("worker"),
        "HOLDGATE_LIST_VERIFY_KEY_FILE": verify_file(gate.folder),
    }
    with Worker(gate.folder / "worker", environment, (str(HOLDGATE), "screening")) as worker:
        worker.await_ready()
        sent = (payment("p1"), payment("p2", creditor={"name": PERSON_NAME}), {"payment_id": "p3"})
        send(gate, "payments", SUBMITTED.name, *sent)

        def decisions() -> dict[str, str]:
            records = read(gate, "payments", DECISIONS.name)
            return {record.key.decode(): json.loads(record.value)["reason"] for record in records}

        wait_until(lambda: len(decisions()) == 3, "the decisions", lambda: worker.text)
        assert decisions() == {"p1": "NO_MATCH", "p2": "NO_MATCH", "p3": "INVALID_EVENT"}
        with redis(gate, "worker") as client:
            client.set(keys.claim("p:p1"), "forged")
        send(gate, "payments", SUBMITTED.name, sent[0])
        wait_until(lambda: len(read(gate, "payments", DECISIONS.name)) == 4, "a repeat", lambda: worker.text)
        assert decisions()["p1"] == "NO_MATCH"
        assert [record.key for record in read(gate, "on-call", DEAD_LETTERS.name)] == [b"p3"]
        metrics = ProbeMetrics(CollectorRegistry())
        with contextlib.closing(Probe(gate.settings("probe"), metrics)) as probe:
            probe.look()
            probe.ask()
        worker.await_metric("holdgate_probe_decisions_total", 2)
        for kind in ("listed", "clean"):
            right = {"payment": kind, "outcome": "right", "reason": ""}
            assert metrics.registry.get_sample_value("holdgate_probe_answers_total", right) == 1, kind
        assert metrics.registry.get_sample_value("holdgate_system_up", {"system": "kafka"}) == 1
        wait_until(lambda: len(read(gate, "payments", DECISIONS.name)) >= 4, "all decisions")
        again = write(gate.folder / "again")
        done = gate.holdgate("lists", "lists", "publish", f"ofac={again}", **key)
        assert done.exit_code == 0, done.stderr
        known = {
            "HOLDGATE_DATA": str(gate.folder / "rescreen"),
            "HOLDGATE_LIST_VERIFY_KEY_FILE": verify_file(gate.folder),
        }
        done = gate.holdgate("rescreen", "rescreen", "--reason", "listed now", **known)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["counts"]["held"] == 1
        assert worker.terminate() == 0, worker.text
    for path in gate.passwords.values():
        assert Path(path).read_text().strip() not in worker.text


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("payments", DECISIONS),
        ("payments", DEAD_LETTERS),
        ("payments", PUBLISHED),
        ("worker", SUBMITTED),
        ("worker", PUBLISHED),
        ("lists", SUBMITTED),
        ("lists", DECISIONS),
        ("on-call", DECISIONS),
        ("on-call", SUBMITTED),
        ("rescreen", SUBMITTED),
        ("rescreen", DEAD_LETTERS),
        ("rescreen", PUBLISHED),
        ("probe", DECISIONS),
        ("probe", PUBLISHED),
        ("audit", AUDIT),
        ("audit", DECISIONS),
        ("audit", REVIEW_EVENTS),
        ("lists", CHECKPOINTS),
        ("on-call", CHECKPOINTS),
        ("reviewer", DECISIONS),
    ],
)
def test_a_user_cannot_write_to_the_topic_of_another(gate: Gate, user: str, topic: Any) -> None:
    """Whoever can write decisions can release payments."""
    with pytest.raises(TopicAuthorizationFailedError):
        send(gate, user, topic.name, {"payment_id": "forged"})


@pytest.mark.parametrize(
    ("user", "topic"), [("payments", DEAD_LETTERS), ("lists", DECISIONS), ("lists", SUBMITTED)]
)
def test_a_user_cannot_read_a_topic_that_it_does_not_need(gate: Gate, user: str, topic: Any) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        read(gate, user, topic.name)


def test_the_audit_signs_and_verifies(gate: Gate) -> None:
    keys = {
        "HOLDGATE_ARCHIVE": str(gate.folder / "archive"),
        "HOLDGATE_AUDIT_SIGNING_KEY_FILE": signing_file(gate.folder),
        "HOLDGATE_AUDIT_VERIFY_KEY_FILE": verify_file(gate.folder),
    }
    AuditLog(gate.settings("lists")).write("1", "lists.resume", "ended", "incident 1294")
    settings = from_environ(gate.environment("audit") | keys)
    AuditService(settings, AuditMetrics(3600, CollectorRegistry())).round()
    done = gate.holdgate("audit", "audit", "verify", **keys)
    assert done.exit_code == 0, done.output


def test_only_workers_can_commit_offsets_of_their_group(gate: Gate) -> None:
    """An offset moved forward would skip payments, which would never be screened."""
    with pytest.raises(GroupAuthorizationFailedError):
        read(gate, "payments", DECISIONS.name, "holdgate-screening")


@pytest.mark.parametrize(
    ("user", "arguments", "words"),
    [
        ("payments", ("replay", "--from", "earliest"), "no permission to read payments.submitted"),
        ("lists", ("replay", "--from", "earliest"), "topic payments.submitted does not exist"),
        (
            "on-call",
            ("replay", "--from", "earliest", "--mode", "publish", "--reason", "incident 1291"),
            "no permission to create screening.replays",
        ),
        ("payments", ("deadletters", "list"), "topic screening.dead-letters does not exist"),
        (
            "on-call",
            ("deadletters", "redrive", "--to", SUBMITTED.name, "--execute", "--reason", WHY),
            "no permission to write payments.submitted",
        ),
        ("payments", ("trace", "p1"), "no permission to read payments.submitted"),
    ],
    ids=str,
)
def test_a_missing_permission_is_reported_in_one_line(
    gate: Gate, user: str, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """The line names the permission and resource or, if Kafka hides the topic, says that this may be why."""
    send(gate, "payments", SUBMITTED.name, payment("unscreened"))
    send(gate, "worker", DEAD_LETTERS.name, payment("unreadable"))
    before = len(read(gate, "on-call", SUBMITTED.name))
    if arguments[0] == "replay":
        lists = f"ofac={write(tmp_path / 'ofac')}"
        arguments = (*arguments, "--journal", str(tmp_path / "journal.jsonl"), "--lists", lists)
    done = gate.holdgate(user, *arguments)
    assert done.exit_code == 3, done.output
    [said] = [line for line in done.stderr.splitlines() if line.startswith("holdgate: ")]
    assert words in said
    assert "this user needs" in said or "ask an administrator" in said or "lacks DESCRIBE" in said
    assert len(read(gate, "on-call", SUBMITTED.name)) == before
    if "redrive" in arguments:
        [begun, ended] = [one for one in AuditLog(gate.settings("on-call")).read() if one.reason == WHY]
        assert (begun.state, ended.state, ended.outcome) == ("started", "ended", "refused")
        assert (ended.what["positions"], ended.counts) == ("", {"redriven": 0})
        assert gate.holdgate("on-call", "deadletters", "list").stdout, "they are still open"


def test_no_user_has_admin_permissions(gate: Gate) -> None:
    for user in ("payments", "worker", "lists", "on-call", "probe", "rescreen", "audit"):
        admin = open_client(KafkaAdminClient, **security(gate.settings(user)))
        try:
            with pytest.raises(KafkaError, match=r"(?i)authoriz"):
                admin.create_topics([NewTopic("another", 1, 1)])
            with pytest.raises(KafkaError, match=r"(?i)authoriz"):
                admin.delete_topics([SUBMITTED.name])
        finally:
            admin.close()


def test_a_wrong_password_is_rejected(gate: Gate) -> None:
    wrong = gate.folder / "wrong"
    wrong.write_text("guessed")
    done = gate.holdgate("worker", "topics", "create", HOLDGATE_KAFKA_PASSWORD_FILE=str(wrong))
    assert done.exit_code != 0
    assert "guessed" not in done.output
    with pytest.raises(AuthenticationError):
        Client.from_url(
            f"rediss://worker:guessed@{gate.redis.address}/0", ssl_ca_certs=str(gate.redis.folder / "ca.pem")
        ).ping()


def test_clients_verify_the_certificates_of_servers(gate: Gate) -> None:
    """A server with a certificate of another authority receives nothing, not even a password."""
    from tests.security import certificates

    certificates.write(gate.folder / "others")
    other = str(gate.folder / "others" / "ca.pem")
    with pytest.raises(KafkaError):
        open_client(
            KafkaAdminClient,
            **security(from_environ(gate.environment("worker") | {"HOLDGATE_KAFKA_CA_FILE": other})),
        )
    store = SnapshotStore(from_environ(gate.environment("worker") | {"HOLDGATE_REDIS_CA_FILE": other}))
    with pytest.raises(RedisConnectionError, match=r"(?i)certificate"):
        store.current()
    store.close()


Call = Callable[[Any], object]
WORKER_MAY_NOT: dict[str, Call] = {
    "point to another list": lambda redis: redis.set(keys.CURRENT_SNAPSHOT, "{}"),
    "write a list": lambda redis: redis.set(keys.snapshot("x"), "x"),
    "write a list by a script": lambda redis: redis.eval(
        "return redis.call('SET', KEYS[1], '')", 1, keys.CURRENT_SNAPSHOT
    ),
    "write a list by a script's own key": lambda redis: redis.eval(
        f"return redis.call('SET', '{keys.CURRENT_SNAPSHOT}', '')", 1, keys.claim("x")
    ),
    "forget claims": lambda redis: redis.delete(keys.EPOCH),
    "flush": lambda redis: redis.flushall(),
    "configure": lambda redis: redis.config_set("maxmemory", "1"),
    "list keys": lambda redis: redis.keys("*"),
    "stop the server": lambda redis: redis.shutdown(nosave=True),
    "follow another server": lambda redis: redis.replicaof("127.0.0.1", 1),
    "make users": lambda redis: redis.acl_setuser("x", enabled=True),
}
LISTS_MAY_NOT: dict[str, Call] = {
    "read claims": lambda redis: redis.get(keys.claim("p")),
    "make claims": lambda redis: redis.set(keys.claim("p"), "x"),
    "run scripts": lambda redis: redis.eval("return 1", 0),
    "flush": lambda redis: redis.flushall(),
    "configure": lambda redis: redis.config_get("*"),
    "list keys": lambda redis: redis.keys("*"),
}


@pytest.mark.parametrize("what", WORKER_MAY_NOT)
def test_a_worker_cannot_use_redis_beyond_its_permissions(gate: Gate, what: str) -> None:
    with redis(gate, "worker") as client, pytest.raises(ResponseError, match=r"permission|can't access"):
        WORKER_MAY_NOT[what](client)


@pytest.mark.parametrize("what", LISTS_MAY_NOT)
def test_the_list_loader_cannot_use_redis_beyond_its_permissions(gate: Gate, what: str) -> None:
    with redis(gate, "lists") as client, pytest.raises(NoPermissionError):
        LISTS_MAY_NOT[what](client)


def test_access_without_a_user_is_rejected(gate: Gate) -> None:
    with (
        Client.from_url(
            f"rediss://{gate.redis.address}/0", ssl_ca_certs=str(gate.redis.folder / "ca.pem")
        ) as client,
        pytest.raises(AuthenticationError),
    ):
        client.get(keys.CURRENT_SNAPSHOT)
