"""A client that finds no broker leaves no thread behind; otherwise they pile up in a service that retries."""

import threading
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from deploy.local.ports import free_port
from holdgate.adapters.kafka.clients import open_client


@pytest.mark.parametrize("client", [KafkaAdminClient, KafkaConsumer, KafkaProducer])
def test_a_client_without_a_broker_leaves_no_thread(client: Any) -> None:
    before = set(threading.enumerate())
    with pytest.raises(KafkaError):
        open_client(client, bootstrap_servers=f"127.0.0.1:{free_port()}", bootstrap_timeout_ms=300)
    assert set(threading.enumerate()) <= before
