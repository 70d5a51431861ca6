"""One broker, or three of which two have to have each record: replication 3, `min.insync.replicas` 2."""

import contextlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kafka import KafkaAdminClient

from deploy.local.kafka_broker import Kafka
from deploy.local.ports import free_port

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
    """One of several; `voters` is `controller.quorum.voters`."""

    def __init__(self, folder: Path, number: int) -> None:
        super().__init__(folder)
        self.number = number
        self.voters = ""

    def choose_ports(self) -> str:
        """Choose ports before the others start, who have to know them; this node as a voter."""
        self.folder.mkdir(parents=True)
        ports = {"port": free_port()}
        ports["controller"] = free_port(ports.values())
        (self.folder / "ports.json").write_text(json.dumps(ports))
        return f"{self.number}@127.0.0.1:{ports['controller']}"

    def settings(self) -> str:
        """The one node's properties, changed where there are several."""
        text = re.sub(r"(?m)^node\.id=.*$", f"node.id={self.number}", super().settings())
        text = re.sub(r"(?m)^controller\.quorum\..*$", f"controller.quorum.voters={self.voters}", text)
        for name, value in REPLICATED.items():
            text = re.sub(rf"(?m)^{re.escape(name)}=.*$\n?", "", text) + f"\n{name}={value}"
        return text + "\n"

    def format_options(self) -> list[str]:
        """The cluster that all are of."""
        return ["-t", CLUSTER]


class Cluster:
    """The brokers of a run."""

    def __init__(self, folder: Path, number: int) -> None:
        self.replication = number
        self.nodes: list[Kafka] = [Kafka(folder / "kafka")]
        if number > 1:
            nodes = [Node(folder / f"kafka-{place}", place) for place in range(1, number + 1)]
            voters = ",".join([node.choose_ports() for node in nodes])
            for node in nodes:
                node.voters = voters
            self.nodes = list(nodes)

    @property
    def bootstrap(self) -> str:
        """Every broker, for `bootstrap_servers`."""
        return ",".join(node.bootstrap for node in self.nodes)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """All up for the block."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(lambda node: node.start(), self.nodes))
        try:
            yield
        finally:
            for node in self.nodes:
                node.kill()

    def leader(self, topic: str, partition: int) -> Kafka:
        """The broker that leads a partition now."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            [found] = admin.describe_topics([topic])
        finally:
            admin.close()
        [leader] = [one["leader_id"] for one in found["partitions"] if one["partition_index"] == partition]
        return self.nodes[int(leader) - 1]
