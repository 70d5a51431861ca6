"""Every setting with its limits, read from `HOLDGATE_*` environment variables. Secrets are in files."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

PREFIX = "HOLDGATE_"

_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)|_PORT(_\d+_|$)")
"""Kubernetes sets such variables in every pod for each service whose name begins with holdgate."""

MIN_SECRET_KEY_LENGTH = 32
"""Characters of a secret key: 128 bits as hexadecimal digits."""

RESCREEN_MAX = 100
"""Decisions that one rescreen may reissue unless told otherwise, by hand or as a service."""

FETCH_AGENT = "Mozilla/5.0 (compatible; holdgate; sanctions list download)"
"""The User-Agent of downloads. OFAC's service has answered short ones with 403 since July 2026."""

HostPort = Annotated[str, Meta(pattern=r"^.+:\d{1,5}$")]


class SettingsError(ValueError):
    """A setting is invalid; the message names its variable."""


class Settings(Struct, frozen=True):
    """The settings of all services. Each comment says what the setting does, and why it has its default."""

    # Kafka's bootstrap servers, separated by commas.
    kafka: str = "127.0.0.1:9092"
    # The CA file turns on TLS; user and password file turn on SASL SCRAM-SHA-512.
    kafka_ca_file: str | None = None
    kafka_user: str | None = None
    kafka_password_file: str | None = None
    # Consumer group of the screening workers, which share the partitions of payments.submitted.
    group: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = "holdgate-screening"
    # Prefix of every topic's name, for several gates on one cluster.
    topic_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    # For `holdgate topics create`. A worker needs at least one partition, so this limits the workers.
    partitions: Annotated[int, Meta(ge=1, le=1_000)] = 8
    # Replicas of each partition. Default: 3, or as many as the cluster has brokers.
    replication: Annotated[int, Meta(ge=1, le=9)] | None = None

    # Address of Redis: redis://, rediss:// (TLS) or unix://. The password can be in a file instead.
    redis: Annotated[str, Meta(pattern=r"^(rediss?|unix)://")] = "redis://127.0.0.1:6379/0"
    redis_password_file: str | None = None
    # CA file for rediss://; by default the system's certificate authorities.
    redis_ca_file: str | None = None
    # How long a payment that is sent again gets its first decision again; limited by topic retention.
    claim_hours: Annotated[float, Meta(gt=0, le=24 * 31)] = 72
    # Secret key that claims are signed with, for workers and rescreening; and another one whose signatures
    # are accepted too, while the key is changed. Without a key, who can write to Redis can release payments.
    claim_key_file: str | None = None
    claim_accepted_key_file: str | None = None

    # The policy file. Required by the services.
    policy: str = "deploy/policy.toml"
    # Whom `holdgate cases` takes its user for: `token` reads a signed token, `oidc` the ID token that
    # `cases sign-in` got, `demo` believes everybody.
    review_sign_in: Literal["token", "oidc", "demo"] = "token"
    # The token of `holdgate cases token`, and the public keys (PEM), one of which has to have signed it.
    review_token_file: str | None = None
    review_token_key_file: str | None = None
    # Secret key of the pseudonyms under which people appear in events and decisions. With another key the
    # same person has another pseudonym, and could approve what they proposed: never change it.
    pseudonym_key_file: str | None = None
    # The rules of review: due times, codes, approvals and roles, for `holdgate review`.
    review_rules: str = "deploy/review.toml"
    # Address that `holdgate desk` listens on, and the one that browsers know it by (scheme, host and port; by
    # default the same with http). Only a loopback address may be without TLS.
    desk: HostPort = "127.0.0.1:6080"
    desk_origin: Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,253}$")] | None = None
    # How people sign in to the desk. `proxy` believes the headers of the proxies; `oidc` asks an issuer of
    # OpenID Connect; `demo` lets anybody be
    # anybody and listens on loopback only; `demo-in-container` is the same for a container, whose port has to
    # be published on loopback only.
    desk_sign_in: Literal["proxy", "oidc", "demo", "demo-in-container"] = "proxy"
    # Addresses of the proxies, separated by spaces, and the headers in which they name user and groups. The
    # same headers from anybody else are refused.
    desk_proxies: str = ""
    desk_user_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")] = "X-Forwarded-User"
    desk_groups_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")] = "X-Forwarded-Groups"
    # The role of each group, as GROUP=ROLE separated by spaces; and the issuer that pseudonyms of these users
    # are made with, the same as in the tokens of the command line.
    desk_groups: str = ""
    desk_issuer: Annotated[str, Meta(min_length=1, max_length=200)] = "proxy"
    # OpenID Connect, for the desk and `holdgate cases`: the issuer as its metadata names it (https, or a
    # loopback address), the client and its secret, if it has one. With another issuer or client a person may
    # have another pseudonym, and could approve what they proposed.
    oidc_issuer: (
        Annotated[
            str,
            Meta(pattern=r"^(https://[^/?#\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(/[^?#\s]*)?$"),
        ]
        | None
    ) = None
    oidc_client_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    oidc_client_secret_file: str | None = None
    # Scopes that are asked for; many issuers need one more for the claim that has the groups.
    oidc_scope: Annotated[str, Meta(pattern=r"^[!-~ ]*\bopenid\b[!-~ ]*$", max_length=500)] = "openid profile"
    oidc_groups_claim: Annotated[str, Meta(min_length=1, max_length=200)] = "groups"
    # CA file of the issuer; by default the system's certificate authorities.
    oidc_ca_file: str | None = None
    # Address of a Prometheus that reads the services, for the figures of the desk's live page.
    desk_prometheus: Annotated[str, Meta(pattern=r"^https?://[^\s?#]{1,253}$")] | None = None
    # The gate's label in Prometheus, where that reads several.
    desk_gate: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,100}$")] | None = None
    # Maximum records per batch. The first record of a batch waits for its last one.
    batch: Annotated[int, Meta(ge=1, le=5_000)] = 500
    # Dead letters of a minute. A sender's unreadable records beyond it wait in payments.quarantined. A worker
    # that writes more, and for which they are most of its records, stops (exit code 5), and its payments
    # wait: then the lists or the engine are broken, or all senders.
    dead_letters_a_minute: Annotated[int, Meta(ge=1)] = 1_000
    # Whose a record is: `header:NAME`, or `key:TEXT` for the key up to its first TEXT. The default is the
    # header of CloudEvents. A record that names no sender is never quarantined.
    sender: Annotated[str, Meta(pattern=r"^(header:[A-Za-z0-9._-]{1,100}|key:.{1,10})$")] = "header:ce_source"
    # How long a worker without lists waits for them before it holds payments (LIST_UNAVAILABLE).
    list_grace_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 30

    # Address of /metrics, /health/live and /health/ready.
    http: HostPort = "127.0.0.1:6066"
    # A file that is touched while the service makes progress; container health checks look at its age.
    health_file: str | None = None
    # Folder for a service's own files; created, with its parents, if it does not exist.
    data: str = ".holdgate"
    log_level: Annotated[str, Meta(pattern=r"^(debug|info|warning|error)$")] = "info"

    # A folder or s3://bucket/prefix that keeps every snapshot and policy, for `holdgate reproduce`,
    # `replay --list-version` and `lists rollback`; Redis keeps only the last few snapshots. `holdgate review`
    # keeps ended cases with their evidence there, which is personal data, and `audit serve` its trees. Each
    # of the three may have a place of its own.
    archive: str | None = None
    # For a bucket: the server's address if it is not Amazon's, and the access key. Without a key id, the
    # AWS_* variables or the machine's role are used.
    archive_endpoint: Annotated[str, Meta(pattern=r"^https?://")] | None = None
    archive_key_id: str | None = None
    archive_secret_file: str | None = None

    # Cache folder of the commands for indexed --lists, or `off`. Default: $XDG_CACHE_HOME/holdgate or
    # ~/.cache/holdgate.
    cache: str | None = None

    # Sources of `holdgate lists serve`: NAME=PATH, NAME=https://... or the name of a known list, separated by
    # spaces, and the seconds between two reads.
    lists: str = ""
    lists_refresh: Annotated[float, Meta(ge=1, le=7 * 86_400)] = 900
    # User-Agent of list downloads; a publisher may ask for one that names you.
    fetch_agent: Annotated[str, Meta(pattern=r"^[ -~]{1,300}$")] = FETCH_AGENT
    # Private key (Ed25519, PEM) that lists are signed with; signatures expire after list_signature_hours. The
    # default equals the maximum list age of the delivered policy.
    list_signing_key_file: str | None = None
    list_signature_hours: Annotated[float, Meta(gt=0, le=24 * 31)] = 48
    # Public keys (PEM, one or more). With this file, workers accept only lists signed by one of them.
    list_verify_key_file: str | None = None

    # `holdgate audit`: the private key (Ed25519, PEM) that `audit serve` signs checkpoints with, the public
    # keys (PEM, one or more) that `audit verify` accepts, and the name of this gate in each checkpoint: two
    # gates must not share a name. The seconds are those between two verifications.
    audit_signing_key_file: str | None = None
    audit_verify_key_file: str | None = None
    audit_origin: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/-]{1,200}$")] = "holdgate"
    audit_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 3_600

    # `holdgate rescreen --serve`: how many hours back it rescreens after a list update, and how many
    # decisions it may change without confirmation. Kafka keeps payments for a week; a broken list would
    # change more decisions than that.
    rescreen_hours: Annotated[float, Meta(gt=0, le=24 * 7)] = 24
    rescreen_max: Annotated[int, Meta(ge=1)] = RESCREEN_MAX

    # `holdgate probe`: seconds between two rounds, and seconds after which an answer is late. Five
    # seconds are half of the time that SEPA Instant allows for a whole payment.
    probe_seconds: Annotated[float, Meta(ge=0.1, le=3_600)] = 5
    probe_late_seconds: Annotated[float, Meta(ge=0.1, le=60)] = 5
    probe: HostPort | None = None
    # Secret key with which the probe signs its payments, for the probe and the workers. Without it, workers
    # count its payments like any other.
    probe_key_file: str | None = None

    def topic(self, name: str) -> str:
        """Return the name of a topic on this cluster, with the prefix."""
        return self.topic_prefix + name

    @property
    def redrive_group(self) -> str:
        """Consumer group of `deadletters`; dead letters below its offsets are redriven or discarded."""
        return f"{self.group}-redrive"

    @property
    def review_group(self) -> str:
        """Consumer group of `review`, of whose processes one is active; it has the offsets of decisions."""
        return f"{self.group}-review"

    @property
    def desk_is_demo(self) -> bool:
        """Whether anybody may be anybody on the desk."""
        return self.desk_sign_in.startswith("demo")

    @property
    def desk_url(self) -> str:
        """Scheme, host and port by which browsers know the desk, without a slash at the end."""
        return (self.desk_origin or f"http://{self.desk}").lower()

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port to listen on, for /metrics and health."""
        host, _, port = self.http.rpartition(":")
        return host, int(port)


def variable_name(field: str) -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + field.upper()


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Return the settings; raise `SettingsError` that names an invalid or unknown variable.

    Empty variables count as not set.
    """
    fields = {variable_name(field): field for field in Settings.__struct_fields__}
    values = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and value != "" and not _KUBERNETES.search(name)
    }
    if unknown := sorted(values.keys() - fields.keys()):
        raise SettingsError(f"{unknown[0]} is not a setting; the settings are {', '.join(sorted(fields))}")
    try:
        return msgspec.convert(
            {fields[name]: value for name, value in values.items()}, Settings, strict=False
        )
    except msgspec.ValidationError as error:
        problem, _, field = str(error).partition(" - at `$.")
        raise SettingsError(f"{variable_name(field.rstrip('`'))}: {problem}") from error


def secret(path: str) -> str:
    """Return a secret from its file without the final line break; raise `SettingsError` if unreadable."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"cannot read the secret in {path}: {error.strerror}") from error


def secret_key(field: str, path: str) -> bytes:
    """Return the key in a file that a setting names; raise `SettingsError` if it is too short."""
    key = secret(path)
    if len(key) < MIN_SECRET_KEY_LENGTH:
        raise SettingsError(
            f"{variable_name(field)}: {path}: a key has at least {MIN_SECRET_KEY_LENGTH} characters;"
            " create one with openssl rand -hex 32"
        )
    return key.encode()


def probe_key(settings: Settings) -> bytes | None:
    """Return the key of the probe's signatures, None if there is none; raise `SettingsError`."""
    path = settings.probe_key_file
    return secret_key("probe_key_file", path) if path else None


def data_folder(settings: Settings) -> Path:
    """Return the folder HOLDGATE_DATA, created if needed; raise `SettingsError` if it is not writable."""
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
