"""Every setting, from `HOLDGATE_*` variables, with its limits. Secrets come from files named here."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PREFIX = "HOLDGATE_"

_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)|_PORT(_\d+_|$)")
"""Kubernetes puts such variables into every pod for each service whose name begins with holdgate."""

RESCREEN_MAX = 100
"""Decisions that one rescreen may reissue unless told otherwise, by hand or as a service."""

HostPort = Annotated[str, Meta(pattern=r"^.+:\d{1,5}$")]


class SettingsError(ValueError):
    """A variable that is not what it should be; the message names it."""


class Settings(Struct, frozen=True):
    """The settings of all services; each comment says what the value is and why its default."""

    # Kafka's bootstrap servers, separated by commas.
    kafka: str = "127.0.0.1:9092"
    # A CA file turns TLS on; user and password file turn SASL SCRAM-SHA-512 on.
    kafka_ca_file: str | None = None
    kafka_user: str | None = None
    kafka_password_file: str | None = None
    # Consumer group of the screening workers: they share the partitions of payments.submitted.
    group: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = "holdgate-screening"
    # Before every topic's name, for several gates on one cluster.
    topic_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    # For `holdgate topics create`: one worker reads at least one partition, so this bounds the workers.
    partitions: Annotated[int, Meta(ge=1, le=1_000)] = 8
    replication: Annotated[int, Meta(ge=1, le=9)] = 1

    # Redis: redis://, rediss:// (TLS) or unix://. The password may stand in a file of its own instead.
    redis: Annotated[str, Meta(pattern=r"^(rediss?|unix)://")] = "redis://127.0.0.1:6379/0"
    redis_password_file: str | None = None
    # Whose certificates rediss:// trusts; the system's own authorities without it.
    redis_ca_file: str | None = None
    # How long a decision stands against a resent payment; topic retention bounds it in practice.
    claim_hours: Annotated[float, Meta(gt=0, le=24 * 31)] = 72

    # The policy file; required by the services.
    policy: str = "deploy/policy.toml"
    # Most records decided in one go: the first of them waits for the last.
    batch: Annotated[int, Meta(ge=1, le=5_000)] = 500
    # A worker that writes more dead letters than this in a minute stops (exit code 5): rather than one bad
    # payment, its sender, the lists or this engine are broken. Payments wait meanwhile.
    dead_letters_a_minute: Annotated[int, Meta(ge=1)] = 1_000
    # How long a worker without any snapshot waits for one before it holds what comes (LIST_UNAVAILABLE).
    list_grace_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 30

    # /metrics, /health/live and /health/ready of a service.
    http: HostPort = "127.0.0.1:6066"
    # Touched whenever the loop makes progress; container health checks look at its age.
    health_file: str | None = None
    # The folder for a service's own files; created with its parents where it does not exist.
    data: str = ".holdgate"
    log_level: Annotated[str, Meta(pattern=r"^(debug|info|warning|error)$")] = "info"

    # A folder, or s3://bucket/prefix, that keeps every snapshot and policy, for `holdgate reproduce`,
    # `replay --list-version` and `lists rollback`; Redis keeps the last few snapshots alone.
    archive: str | None = None
    # Of a bucket: the server's address where it is not Amazon's, and who asks it. Without a key id, whatever
    # the process is given there: AWS_* variables or the machine's role.
    archive_endpoint: Annotated[str, Meta(pattern=r"^https?://")] | None = None
    archive_key_id: str | None = None
    archive_secret_file: str | None = None

    # Where commands keep what they indexed of --lists, for the next call: a folder, or `off`. Without it
    # $XDG_CACHE_HOME/holdgate or ~/.cache/holdgate.
    cache: str | None = None

    # Sources of `holdgate lists serve`: NAME=PATH or NAME=https://..., separated by spaces.
    lists: str = ""
    lists_refresh: Annotated[float, Meta(ge=1, le=7 * 86_400)] = 900
    # Lists are signed with the private key of this file (Ed25519, PEM), and such a signature is good for so
    # long. The default is as old as the policy lets a list become.
    list_signing_key_file: str | None = None
    list_signature_hours: Annotated[float, Meta(gt=0, le=24 * 31)] = 48
    # A worker believes only lists that are signed by a public key of this file (PEM, one or more).
    list_verify_key_file: str | None = None

    # `holdgate rescreen --serve`: how far back it looks when lists changed, and how many decisions it writes
    # anew without asking. Kafka keeps payments for a week; a list of half its size would hold or lift more.
    rescreen_hours: Annotated[float, Meta(gt=0, le=24 * 7)] = 24
    rescreen_max: Annotated[int, Meta(ge=1)] = RESCREEN_MAX

    # `holdgate probe`: seconds between two rounds, and after which an answer is late. Five is half of what
    # SEPA Instant gives the whole payment.
    probe_seconds: Annotated[float, Meta(ge=0.1, le=3_600)] = 5
    probe_late_seconds: Annotated[float, Meta(ge=0.1, le=60)] = 5
    probe: HostPort | None = None

    def topic(self, name: str) -> str:
        """The name of a topic on this cluster."""
        return self.topic_prefix + name

    @property
    def redrive_group(self) -> str:
        """The consumer group that takes up dead letters: what it committed is redriven or discarded."""
        return f"{self.group}-redrive"

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.http.rpartition(":")
        return host, int(port)


def variable_name(field: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + field.upper()


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raises `SettingsError` naming the variable that is wrong or unknown."""
    known = {variable_name(field): field for field in Settings.__struct_fields__}
    given = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and value != "" and not _KUBERNETES.search(name)
    }
    if unknown := sorted(given.keys() - known.keys()):
        raise SettingsError(f"{unknown[0]} is not a setting; the settings are {', '.join(sorted(known))}")
    try:
        return msgspec.convert({known[name]: value for name, value in given.items()}, Settings, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise SettingsError(f"{variable_name(where.rstrip('`'))}: {what}") from error


def secret(path: str) -> str:
    """A secret from its file, without the line's end; raises `SettingsError` if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"cannot read the secret in {path}: {error.strerror}") from error


def data_folder(settings: Settings) -> Path:
    """Return the folder of HOLDGATE_DATA, created with its parents; raises `SettingsError` if no file can be
    written in it."""
    folder = Path(settings.data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise SettingsError(
            f"HOLDGATE_DATA: cannot write to {folder}: {error.strerror}; make it a folder that user"
            f" {os.getuid()} can write to, or set HOLDGATE_DATA to another one"
        ) from error
