"""Connection options of every Kafka client. No client is imported here: processes load what they use."""

import ssl
from typing import Any

from holdgate.runtime.settings import Settings, secret


def security(settings: Settings) -> dict[str, Any]:
    """Return servers, TLS and SASL options in the form that both kafka-python and aiokafka take."""
    options: dict[str, Any] = {}
    if settings.kafka_ca_file:
        options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_user and settings.kafka_password_file:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": secret(settings.kafka_password_file),
        }
    protocol = ("SASL_" if settings.kafka_user else "") + ("SSL" if settings.kafka_ca_file else "PLAINTEXT")
    return options | {"security_protocol": protocol, "bootstrap_servers": settings.kafka.split(",")}
