"""Malicious records with their only correct outcome: the cases of `tests/cases/hostile`."""

import msgspec
from msgspec import Struct

from deploy.local.daemon import ROOT
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventCode, InvalidEventError, reader
from holdgate.core.model.decision import Reason

KEY = b"H"
LISTED = "Verzhbitsky"
"""Part of the listed name that some records try to smuggle past the lists."""


class Hostile(Struct, frozen=True, forbid_unknown_fields=True):
    """A record, as bytes or as repeated texts, and its only correct outcome: an error code, a reason, or that
    it is held, as a match or because the field is too large to be compared."""

    name: str
    parts: tuple[tuple[str, int], ...] = ()
    hex: str = ""
    content_type: str | None = None
    refused: InvalidEventCode | None = None
    reason: Reason | None = None
    held: bool = False

    @property
    def value(self) -> bytes:
        """The record's value."""
        return bytes.fromhex(self.hex) or "".join(text * times for text, times in self.parts).encode()


_CASES = ROOT / "tests" / "cases" / "hostile"
RECORDS, NAMES = (
    msgspec.json.decode(
        b"[" + b",".join((_CASES / name).read_bytes().splitlines()) + b"]", type=list[Hostile]
    )
    for name in ("records.jsonl", "names_in_context.jsonl")
)
"""Records against the readers and the engine, and names of many parts, which make the most work."""


def outcome(hostile: Hostile, screener: Screener) -> tuple[str | None, str | None]:
    """Return the code of its error, or the reason of its decision; other exceptions are raised."""
    try:
        received = reader.read(hostile.value, KEY, hostile.content_type)
    except InvalidEventError as error:
        return error.code, None
    [decision] = screener.screen(received)
    return None, decision.reason
