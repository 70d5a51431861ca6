"""`make fuzz MINUTES=n`: atheris changes records, guided by what they reach; what breaks a promise is kept.

The promise: a record is refused with `InvalidEventError`, or gives payments that are decided, and their
decisions are JSON that reads back.
"""

import sys
from pathlib import Path

import atheris

from deploy.local.daemon import ROOT

if any(name.startswith("holdgate.core.intake") for name in sys.modules):
    raise ImportError("the readers were imported before atheris could watch them: it would see no coverage")
with atheris.instrument_imports(include=["holdgate.core.intake"]):
    from holdgate.core.engine.screener import Screener
    from holdgate.core.intake import InvalidEventError, reader
    from holdgate.core.model import decision as contract
    from tests.support.hostile import KEY, RECORDS
    from tests.support.listed import policy, snapshot

TYPES = (None, "application/json", "application/xml", "text/plain")
MESSAGES = ROOT / "tests" / "cases" / "messages"
SCREENED = 5
"""Of a record with more payments the rest is read, not screened: the reader is what is looked at here."""

_screener = Screener(snapshot(), policy())


def one(data: bytes) -> None:
    """A record: its first byte chooses the content type, the rest is the value."""
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
    """The hostile records and a message of each kind, for a start."""
    folder.mkdir(parents=True, exist_ok=True)
    for message in MESSAGES.glob("*.*"):
        (folder / message.name).write_bytes(b"\0" + message.read_bytes())
    for number, hostile in enumerate(RECORDS):
        (folder / f"hostile-{number}").write_bytes(b"\0" + hostile.value)


if __name__ == "__main__":
    seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
