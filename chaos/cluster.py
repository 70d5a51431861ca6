"""One broker, or three with replication 3 and `min.insync.replicas` 2."""

import contextlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kafka import KafkaAdminClient

from chaos.disk import Disk, can_mount
from deploy.local.kafka_broker import Kafka
from deploy.local.ports import free_port
from holdgate.adapters.kafka.clients import open_client

CLUSTER = "aG9sZGdhdGVjaGFvc18xMQ"
REPLICATED = {
    "offsets.topic.replication.factor": 3,
    "transaction.state.log.replication.factor": 3,
    "transaction.state.log.min.isr": 2,
    "share.coordinator.state.topic.replication.factor": 3,
    "share.coordinator.state.topic.min.isr": 2,
    "min.insync.replicas": 2,
}


class Node(Kafka):
    """One of several brokers; `voters` is the setting `controller.quorum.voters`."""

    def __init__(self, folder: Path, number: int) -> None:
        super().__init__(folder)
        self.number = number
        self.voters = ""

    def choose_ports(self) -> str:
        """Choose ports before the other brokers start, which need them; return this node as a voter."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ports = {"port": free_port()}
        ports["controller"] = free_port(ports.values())
        (self.folder / "ports.json").write_text(json.dumps(ports))
        return f"{self.number}@127.0.0.1:{ports['controller']}"

    def settings(self) -> str:
        """Return the properties of a single node, changed for several nodes."""
        text = re.sub(r"(?m)^node\.id=.*$", f"node.id={self.number}", super().settings())
        text = re.sub(r"(?m)^controller\.quorum\..*$", f"controller.quorum.voters={self.voters}", text)
        for name, value in REPLICATED.items():
            text = re.sub(rf"(?m)^{re.escape(name)}=.*$\n?", "", text) + f"\n{name}={value}"
        return text + "\n"

    def format_options(self) -> list[str]:
        """Return the option with the id of the common cluster."""
        return ["-t", CLUSTER]


class Cluster:
    """The brokers of a run, each on its own disk if one can be mounted."""

    def __init__(self, folder: Path, number: int) -> None:
        self.replication = number
        self.nodes: list[Kafka] = [Kafka(folder / "kafka")]
        if number > 1:
            self.nodes = [Node(folder / f"kafka-{i}", i) for i in range(1, number + 1)]
        self.disks = [Disk(node.folder) for node in self.nodes] if can_mount() else []

    @property
    def bootstrap(self) -> str:
        """All brokers, for `bootstrap_servers`."""
        return ",".join(node.bootstrap for node in self.nodes)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run all brokers inside the block."""
        with contextlib.ExitStack() as mounts:
            for disk in self.disks:
                mounts.enter_context(disk.mounted())
            self._exchange_ports()
            with ThreadPoolExecutor(len(self.nodes)) as pool:
                list(pool.map(lambda node: node.start(), self.nodes))
            try:
                yield
            finally:
                for node in self.nodes:
                    if node.pid is not None:
                        node.kill()

    def _exchange_ports(self) -> None:
        nodes = [node for node in self.nodes if isinstance(node, Node)]
        voters = ",".join([node.choose_ports() for node in nodes])
        for node in nodes:
            node.voters = voters

    def leader(self, topic: str, partition: int) -> Kafka:
        """Return the broker that leads a partition."""
        admin = open_client(KafkaAdminClient, bootstrap_servers=self.bootstrap)
        try:
            [description] = admin.describe_topics([topic])
        finally:
            admin.close()
        [leader] = [
            row["leader_id"] for row in description["partitions"] if row["partition_index"] == partition
        ]
        return self.nodes[int(leader) - 1]
