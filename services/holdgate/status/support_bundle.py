"""A support bundle: what somebody needs who was not there, without secrets, payments or names.

Nothing in it is about a payment: it has no record's content, no key and no id. Of log lines it keeps numbers
and a few known texts; metrics have no names by design (`screening/metrics.py`).
"""

import io
import json
import platform
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import distributions
from typing import Any

import msgspec

from holdgate import __version__
from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.kafka import topic_admin
from holdgate.core.engine_version import engine_version
from holdgate.core.policy.policy import PolicyError
from holdgate.core.records.topic_requirements import find_faults
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings, variable_name
from holdgate.status.problems import problems
from holdgate.status.situation import Read, Situation, gather, read_metrics

LOG_LINES = 5_000
"""The last lines of each log: about an hour of a worker that reports a fault every second."""

SAFE_TEXTS = frozenset(
    "level timestamp logger outcome list lists version engine policy topic group system action state reason"
    " code payment".split()
)
"""Members of log lines whose texts are kept if they are single words: codes, versions, names of lists and
topics. `payment` is `listed` or `clean`, in the lines of the probe."""

HIDDEN = "(left out)"

_USER = re.compile(r"://[^/@\s]*@")
_QUERY = re.compile(r"\?[^\s]+")
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_WORD = re.compile(r"[\w.:/+-]{1,80}")
_FRAME = re.compile(r'^ *File "[^"]+", line \d+, in \S+')
_ERROR = re.compile(r"^[\w.]+(?:Error|Exception|Fault)\b")


def support_files(
    settings: Settings,
    logs: Mapping[str, Iterable[str]],
    addresses: Iterable[str] = (),
    read: Read = read_metrics,
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file of the bundle.

    `logs` are the lines of log files by name; `addresses` are host and port of services other than workers
    whose metrics to include. What cannot be asked is an error in its place.
    """
    situation = gather(settings, read)
    found = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(settings),
        "settings": safe_settings(settings),
        "problems": [problem._asdict() for problem in problems(situation)],
        "status": msgspec.to_builtins(situation, str_keys=True),
        "topics": _or_error(partial(_topics, settings), OperatorError, *topic_admin.KafkaFault),
    }
    yield "support.json", json.dumps(found, indent=2, default=str).encode()
    for address in sorted({*_worker_addresses(situation), *addresses}):
        yield (
            f"metrics/{_file_name(address)}.txt",
            _or_error(partial(read, address), OSError, ValueError).encode(),
        )
    for name, lines in logs.items():
        kept = [safe_line(line) for line in list(lines)[-LOG_LINES:]]
        yield f"logs/{_file_name(name)}.jsonl", "\n".join(filter(None, kept)).encode()


def write_bundle(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a gzipped tar of the files."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as bundle:
        for name, content in files:
            member = tarfile.TarInfo(f"holdgate-support/{name}")
            member.size, member.mode = len(content), 0o600
            bundle.addfile(member, io.BytesIO(content))
    return target.getvalue()


def safe_settings(settings: Settings) -> dict[str, Any]:
    """Return every setting by its variable, without key ids, and users and queries in addresses."""
    shown = msgspec.to_builtins(settings)
    if settings.archive_key_id:
        shown["archive_key_id"] = HIDDEN
    return {
        variable_name(name): _QUERY.sub(f"?{HIDDEN}", _USER.sub(f"://{HIDDEN}@", value))
        if isinstance(value, str)
        else value
        for name, value in shown.items()
    }


def safe_line(line: str) -> str | None:
    """Return a log line without texts that could come from a payment; None if nothing is left.

    Of a traceback it keeps the places in the code and the class of the error.
    """
    try:
        members = json.loads(line)
    except ValueError:
        members = None
    if isinstance(members, dict):
        return json.dumps({name: _safe_value(name, value) for name, value in members.items()})
    found = _FRAME.match(line) or _ERROR.match(line)
    return json.dumps({"event": found[0].strip()}) if found else None


def _safe_value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if name == "event":
        return _QUOTED.sub(HIDDEN, str(value))
    if name in ("exception", "frames", "error"):
        lines = value.split("\n") if isinstance(value, str) else map(str, value)
        return [found[0].strip() for one in lines if (found := _FRAME.match(one) or _ERROR.match(one))]
    if isinstance(value, list):
        return [_safe_value(name, one) for one in value]
    if name in SAFE_TEXTS and _WORD.fullmatch(str(value)):
        return value
    return HIDDEN


def _versions(settings: Settings) -> dict[str, Any]:
    policy = _or_error(lambda: configured_policy(settings).version, PolicyError)
    return {
        "holdgate": __version__,
        "engine": engine_version(),
        "policy": policy,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": {
            one.metadata["Name"]: one.version for one in sorted(distributions(), key=_library_name)
        },
    }


def _library_name(distribution: Any) -> str:
    return str(distribution.metadata["Name"]).lower()


def _topics(settings: Settings) -> dict[str, Any]:
    found = topic_admin.describe_topics(settings)
    return {
        "found": {name: topic._asdict() for name, topic in found.items()},
        "faults": [fault._asdict() for fault in find_faults(found)],
    }


def _worker_addresses(situation: Situation) -> Iterator[str]:
    return (worker.address for worker in situation.workers or () if worker.error is None)


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._") or "unnamed"


def _or_error(ask: Callable[[], Any], *errors: type[Exception]) -> Any:
    try:
        return ask()
    except errors as error:
        return f"{type(error).__name__}: {error}"
