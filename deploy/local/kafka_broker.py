"""A real Apache Kafka: one KRaft node from Maven's jars."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.local.daemon import Daemon, LocalRuntimeError
from deploy.local.jars import java, kafka_jars
from deploy.local.ports import is_open
from holdgate.adapters.kafka.clients import open_client

SETTINGS = Path(__file__).with_name("kafka") / "server.properties"

LOGGING = [
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    # Five hundred lines of settings at each start, and six for each partition.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.storage.internals.log=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.cluster=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.log=warn",
    "-Dorg.slf4j.simpleLogger.log.state.change.logger=warn",
]


class Kafka(Daemon):
    """A broker in `folder`; `bootstrap` is what clients connect to."""

    port_names: Sequence[str] = ("port", "controller")

    @property
    def bootstrap(self) -> str:
        """Host and port for `bootstrap_servers`."""
        return self.address

    def command(self) -> list[str]:
        """Write the settings with this start's ports, format the storage if there is none; run the node."""
        jars, settings = kafka_jars(), self.settings()
        (self.folder / "server.properties").write_text(settings)
        if not (self.folder / "data").exists():
            self._format(jars, settings)
        # Bounded; the serial collector needs no threads of its own beside the broker's.
        heap = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC"]
        return [java(), *heap, *LOGGING, "-cp", f"{jars}/*", "kafka.Kafka", "server.properties"]

    def settings(self) -> str:
        """The node's properties."""
        settings = SETTINGS.read_text().replace("BROKER_PORT", str(self.ports["port"]))
        return settings.replace("CONTROLLER_PORT", str(self.ports["controller"]))

    def format_options(self) -> list[str]:
        """Of which cluster the storage is formatted: one of its own."""
        name = base64.urlsafe_b64encode(b"holdgate" + uuid.uuid4().bytes[:8]).decode().rstrip("=")
        return ["--standalone", "-t", name]

    def ready(self) -> bool:
        """Whether the broker answers for the cluster and counts itself in (it listens before that)."""
        if not is_open(self.ports["port"]):
            return False  # kafka-python leaves a socket open for each connection that is refused
        try:
            admin = open_client(
                KafkaAdminClient, bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=1_000
            )
        except KafkaError:
            return False
        try:
            return any(not broker["is_fenced"] for broker in admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()

    def _format(self, jars: Path, settings: str) -> None:
        """Format beside, then move into place: storage is there whole or not at all."""
        beside = self.folder / "formatting"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        (beside / "server.properties").write_text(settings)
        tool = ["kafka.tools.StorageTool", "format", *self.format_options(), "-c", "server.properties"]
        done = subprocess.run(
            [java(), "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", *tool],
            cwd=beside,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalRuntimeError(f"Kafka could not format {beside}:\n{done.stdout}")
        (beside / "data").rename(self.folder / "data")
        shutil.rmtree(beside)
