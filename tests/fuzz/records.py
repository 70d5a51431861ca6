"""`make fuzz MINUTES=n`: atheris mutates records, guided by coverage, and keeps those that break a promise.

The promise: a record is rejected with `InvalidEventError`, or all its payments get decisions, which can be
read back from their JSON.
"""

import sys
from pathlib import Path

import atheris

from deploy.local.daemon import ROOT

if any(name.startswith("holdgate.core.intake") for name in sys.modules):
    raise ImportError(
        "the readers were imported before atheris could instrument them, so it would see no coverage"
    )
with atheris.instrument_imports(include=["holdgate.core.intake"]):
    from holdgate.core.engine.screener import Screener
    from holdgate.core.intake import InvalidEventError, reader
    from holdgate.core.model import decision as contract
    from tests.support.hostile import KEY, RECORDS
    from tests.support.listed import policy, snapshot

TYPES = (None, "application/json", "application/xml", "text/plain")
MESSAGES = ROOT / "tests" / "cases" / "messages"
SCREENED = 5
"""Payments screened per record; the rest is only read, as the reader is under test here."""

_screener = Screener(snapshot(), policy())


def check_record(data: bytes) -> None:
    """Check a record; its first byte chooses the content type, the rest is the value."""
    if not data:
        return
    try:
        received = reader.read(data[1:], KEY, TYPES[data[0] % len(TYPES)])
    except InvalidEventError as error:
        if error.code == "reader_failed":
            raise
        return
    decisions = _screener.screen(received[:SCREENED])
    if len(decisions) != len(received[:SCREENED]):
        raise AssertionError(f"{len(received)} payments, {len(decisions)} decisions")
    for decision in decisions:
        if contract.from_json(contract.to_json(decision)) != decision:
            raise AssertionError("the decision does not read back")


def seeds(folder: Path) -> None:
    """Write the hostile records and a message of each kind as a first corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for message in MESSAGES.glob("*.*"):
        (folder / message.name).write_bytes(b"\0" + message.read_bytes())
    for number, hostile in enumerate(RECORDS):
        (folder / f"hostile-{number}").write_bytes(b"\0" + hostile.value)


if __name__ == "__main__":
    seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, check_record)
    atheris.Fuzz()
