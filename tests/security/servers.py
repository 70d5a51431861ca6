"""Kafka and Redis configured by deploy/security: TLS, users, and their permissions."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.local.daemon import ROOT
from deploy.local.kafka_broker import Kafka
from deploy.local.ports import is_open
from deploy.local.redis_server import SETTINGS as REDIS_SETTINGS
from deploy.local.redis_server import Redis
from tests.security import certificates

EXAMPLES = ROOT / "deploy" / "security"
USERS = (
    "admin", "payments", "worker", "lists", "on-call", "probe", "rescreen", "review", "reviewer",
    "audit",
)  # fmt: skip


def password(user: str) -> str:
    """Return the password of a user in Kafka and Redis."""
    return f"{user}'s own"


class SecureKafka(Kafka):
    """A broker with the properties and users of deploy/security."""

    port_names: Sequence[str] = ("port", "controller", "internal")

    def command(self) -> list[str]:
        """Create the certificates."""
        if not (self.folder / "ca.pem").exists():
            certificates.write(self.folder)
            certificates.write(self.folder / "formatting")
        return super().command()

    def settings(self) -> str:
        """Return the properties of the local broker, overridden by those of the example."""
        text = super().settings()
        example = (EXAMPLES / "kafka.properties").read_text()
        for name in re.findall(r"(?m)^([a-z.]+)=", example):
            text = re.sub(rf"(?m)^{re.escape(name)}=.*$\n?", "", text)
        for name, place in (("BROKER", "port"), ("INTERNAL", "internal"), ("CONTROLLER", "controller")):
            example = example.replace(f"{name}_PORT", str(self.ports[place]))
        return f"{text}\n{example}"

    def format_options(self) -> list[str]:
        """Create the users when the storage is formatted."""
        users = (f"SCRAM-SHA-512=[name={user},password={password(user)}]" for user in USERS)
        return [*super().format_options(), *(word for user in users for word in ("--add-scram", user))]

    def ready(self) -> bool:
        """Return whether the port is open; clients retry until the broker answers."""
        return is_open(self.ports["port"])


class SecureRedis(Redis):
    """A Redis with TLS only, and the users of the example."""

    def command(self) -> list[str]:
        """Create the certificates and the file of users."""
        certificates.write(self.folder)
        users = (EXAMPLES / "redis-users.acl").read_text()
        for user in USERS:
            digest = hashlib.sha256(password(user).encode()).hexdigest()
            users = users.replace(f"{user.upper()}_SHA256", digest)
        (self.folder / "users.acl").write_text(users)
        tls = {"cert-file": "broker.crt", "key-file": "broker.key", "ca-cert-file": "ca.pem"}
        options = [word for name, file in tls.items() for word in (f"--tls-{name}", file)]
        ports = ["--port", "0", "--tls-port", str(self.ports["port"]), "--tls-auth-clients", "no"]
        return [tls_redis() or "", str(REDIS_SETTINGS), *ports, *options, "--aclfile", "users.acl"]

    def ready(self) -> bool:
        """Return whether the port is open."""
        return is_open(self.ports["port"])


def tls_redis() -> str | None:
    """Return a redis-server with TLS and read-only key patterns (version 7), None if there is none."""
    found = shutil.which("redis-server")
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v=(\d+)\.", said)
    refused = subprocess.run([found, "--tls-port", "none"], capture_output=True, text=True, check=False)
    knows = "Bad directive" not in refused.stdout + refused.stderr
    return found if version and int(version[1]) >= 7 and knows else None


def secrets(folder: Path) -> dict[str, str]:
    """Return the password file of each user."""
    files = {}
    for user in USERS:
        file = folder / f"{user}.password"
        file.write_text(password(user) + "\n")
        files[user] = str(file)
    return files
