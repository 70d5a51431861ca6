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
    # At info level these write 500 lines of settings at each start and six lines per partition.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.storage.internals.log=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.cluster=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.log=warn",
    "-Dorg.slf4j.simpleLogger.log.state.change.logger=warn",
]


class Kafka(Daemon):
    """A broker in `folder`; clients connect to `bootstrap`."""

    port_names: Sequence[str] = ("port", "controller")

    @property
    def bootstrap(self) -> str:
        """Return host and port for `bootstrap_servers`."""
        return self.address

    def command(self) -> list[str]:
        """Write the settings with the current ports, format new storage, and return the command."""
        jars, settings = kafka_jars(), self.settings()
        (self.folder / "server.properties").write_text(settings)
        if not (self.folder / "data").exists():
            self._format(jars, settings)
        # A bounded heap; the serial collector needs no threads of its own.
        heap = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC"]
        return [java(), *heap, *LOGGING, "-cp", f"{jars}/*", "kafka.Kafka", "server.properties"]

    def settings(self) -> str:
        """Return the node's properties."""
        settings = SETTINGS.read_text().replace("BROKER_PORT", str(self.ports["port"]))
        return settings.replace("CONTROLLER_PORT", str(self.ports["controller"]))

    def format_options(self) -> list[str]:
        """Return the options that format the storage for a new cluster with a random id."""
        name = base64.urlsafe_b64encode(b"holdgate" + uuid.uuid4().bytes[:8]).decode().rstrip("=")
        return ["--standalone", "-t", name]

    def ready(self) -> bool:
        """Return whether the broker is registered in the cluster; it listens before that."""
        if not is_open(self.ports["port"]):
            return False  # check first: kafka-python leaks a socket for each refused connection
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
        """Format the storage in another folder, then move it into place atomically."""
        temporary = self.folder / "formatting"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        (temporary / "server.properties").write_text(settings)
        tool = ["kafka.tools.StorageTool", "format", *self.format_options(), "-c", "server.properties"]
        done = subprocess.run(
            [java(), "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", *tool],
            cwd=temporary,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalRuntimeError(f"Kafka could not format its storage in {temporary}:\n{done.stdout}")
        (temporary / "data").rename(self.folder / "data")
        shutil.rmtree(temporary)
