"""The local runtime starts real servers, finds them again, and survives crashes."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from redis import Redis as Client

from deploy.local.daemon import ROOT, Daemon, LocalRuntimeError
from deploy.local.kafka_broker import Kafka
from deploy.local.ports import PORTS, free_port, is_free
from deploy.local.redis_server import Redis
from deploy.local.sandbox import sandbox
from holdgate.adapters.kafka.clients import open_client

pytestmark = pytest.mark.slow  # starts daemons


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Sleeper(Daemon):
    """The smallest daemon: ready as soon as it runs."""

    arguments: tuple[str, ...] = ("60",)

    def command(self) -> list[str]:
        return ["sleep", *self.arguments]

    def ready(self) -> bool:
        return True


def test_started_twice_is_started_once(tmp_path: Path) -> None:
    with Sleeper(tmp_path / "sleeper") as daemon:
        first = daemon.pid
        assert first is not None
        assert not Sleeper(tmp_path / "sleeper").start()
        assert daemon.pid == first
    assert daemon.pid is None
    assert not daemon.stop()


def test_a_process_id_given_to_another_program_is_not_ours(tmp_path: Path) -> None:
    daemon = Sleeper(tmp_path / "sleeper")
    daemon.folder.mkdir()
    (daemon.folder / "pid").write_text(str(os.getpid()))
    assert daemon.pid is None
    assert not daemon.stop()
    with daemon:
        assert daemon.pid not in (None, os.getpid())


@pytest.mark.parametrize("text", ["", "no number", "4000000"])
def test_a_useless_pid_file_is_no_process(tmp_path: Path, text: str) -> None:
    daemon = Sleeper(tmp_path)
    (tmp_path / "pid").write_text(text)
    assert daemon.pid is None


def test_a_paused_process_runs_and_can_be_stopped(tmp_path: Path) -> None:
    with Sleeper(tmp_path / "sleeper") as daemon:
        daemon.pause()
        assert daemon.pid is not None
        assert psutil.Process(daemon.pid).status() == psutil.STATUS_STOPPED
        assert daemon.stop()
        assert daemon.pid is None


def test_one_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    daemon = Sleeper(tmp_path / "sleeper")
    daemon.arguments = ("nonsense",)
    daemon.ready = lambda: False  # type: ignore[method-assign]
    with pytest.raises(LocalRuntimeError, match=r"exited with exit code 1 before it was ready.*\n.*nonsense"):
        daemon.start()


def test_free_ports_are_free_and_below_those_of_outgoing_connections() -> None:
    import socket

    with socket.create_server(("127.0.0.1", free_port())) as server:
        port = server.getsockname()[1]
        assert port in PORTS
        assert not is_free(port)
        assert free_port(taken=set(PORTS) - {PORTS[7]}) == PORTS[7] or not is_free(PORTS[7])


def test_ports_stay_unless_taken(tmp_path: Path) -> None:
    import socket

    daemon = Sleeper(tmp_path / "sleeper")
    with daemon:
        before = daemon.ports
    with daemon:
        assert daemon.ports == before
    with socket.create_server(("127.0.0.1", before["port"])), daemon:
        assert daemon.ports != before


@pytest.mark.redis
def test_redis_keeps_its_data_over_a_crash_and_refuses_to_evict(tmp_path: Path) -> None:
    server = Redis(tmp_path / "redis")
    with server:
        with Client.from_url(server.url) as client:
            client.set("claim", "kept")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            client.bgrewriteaof()
        before = server.url
    with server, Client.from_url(server.url) as client:
        assert server.url == before
        assert client.get("claim") == b"kept"
        server.kill()
        assert server.pid is None
        assert server.start()
        assert client.get("claim") == b"kept"


@pytest.mark.kafka
def test_kafka_keeps_its_topics_over_a_crash_and_a_change_of_ports(tmp_path: Path) -> None:
    def topics() -> list[str]:
        admin = open_client(KafkaAdminClient, bootstrap_servers=broker.bootstrap)
        try:
            return list(admin.list_topics())
        finally:
            admin.close()

    broker = Kafka(tmp_path / "kafka")
    half = broker.folder / "formatting"
    half.mkdir(parents=True)
    (half / "left over").write_text("by a format that was interrupted")
    with broker:
        assert not half.exists()
        admin = open_client(KafkaAdminClient, bootstrap_servers=broker.bootstrap)
        admin.create_topics([NewTopic(name="kept", num_partitions=1, replication_factor=1)])
        admin.close()
        broker.kill()
        (broker.folder / "ports.json").unlink()
        assert broker.start()
        assert "kept" in topics()


def test_what_a_killed_session_left_is_ended_and_removed(tmp_path: Path) -> None:
    session = textwrap.dedent(f"""
        import os, signal, sys
        sys.path[:0] = [{str(ROOT)!r}]
        from pathlib import Path
        from tests.deploy.test_local_runtime import Sleeper
        from deploy.local.sandbox import sandbox

        with sandbox("test", Path({str(tmp_path)!r})) as folder:
            sleeper = Sleeper(folder / "sleeper")
            sleeper.start()
            print(sleeper.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    killed = subprocess.run([sys.executable, "-c", session], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    orphan = int(killed.stdout)
    assert _runs(orphan)

    with sandbox("test", tmp_path) as folder:
        assert not _runs(orphan)
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [folder.name]
    assert not folder.exists()


def test_a_living_session_is_left_alone(tmp_path: Path) -> None:
    with sandbox("test", tmp_path) as folder, Sleeper(folder / "sleeper") as daemon:
        other = f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n" + textwrap.dedent(f"""
            from pathlib import Path
            from deploy.local.sandbox import sandbox
            with sandbox("test", Path({str(tmp_path)!r})): pass
        """)
        subprocess.run([sys.executable, "-c", other], check=True)
        assert daemon.pid is not None


@pytest.mark.kafka
@pytest.mark.redis
def test_session_servers_answer(kafka: str, redis_url: str, topic_prefix: str) -> None:
    admin = open_client(KafkaAdminClient, bootstrap_servers=kafka)
    try:
        admin.create_topics([NewTopic(name=topic_prefix + "a", num_partitions=1, replication_factor=1)])
        assert topic_prefix + "a" in admin.list_topics()
    finally:
        admin.close()
    with Client.from_url(redis_url) as client:
        assert client.dbsize() == 0
