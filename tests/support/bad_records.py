"""Records that are not payments: the cases of `tests/cases/bad_records.jsonl` as bytes."""

import msgspec
from msgspec import Struct

from deploy.local.daemon import ROOT
from holdgate.core.intake import InvalidEventCode

POSITION = "payments.submitted:0:7"


class Value(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the bytes of the value are built: verbatim, or as a valid payment with one bad number."""

    text: str | None = None
    hex: str | None = None
    padded: int | None = None
    name: int | None = None
    digits: int | None = None
    objects: int | None = None
    arrays: int | None = None

    def bytes(self) -> bytes:
        """The bytes."""
        [(how, what)] = msgspec.to_builtins(self).items()
        match how:
            case "text":
                return str(what).encode()
            case "hex":
                return bytes.fromhex(what)
            case "padded":
                return _payment("0").ljust(int(what))
            case "name":
                return b'{"payment_id":"P-1","debtor":{"name":"' + b"A" * int(what) + b'"}}'
            case "digits":
                return _payment("9" * what)
            case "objects":
                return _payment('{"a":' * what + "0" + "}" * what)
            case "arrays":
                return _payment("[" * what + "]" * what)
        raise AssertionError(how)


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """A record, the code of its error, and the payment_id of its HOLD."""

    name: str
    value: Value
    code: InvalidEventCode
    identity: str
    key: str | None = None
    key_hex: str | None = None
    content_type: str | None = None

    @property
    def key_bytes(self) -> bytes | None:
        """The record's key."""
        if self.key_hex is not None:
            return bytes.fromhex(self.key_hex)
        return None if self.key is None else self.key.encode()


def _payment(own: str) -> bytes:
    return f'{{"payment_id":"P-1","debtor":{{"name":"Li Na"}},"own":{own}}}'.encode()


CASES = msgspec.json.decode(
    b"[" + b",".join((ROOT / "tests" / "cases" / "bad_records.jsonl").read_bytes().splitlines()) + b"]",
    type=list[Case],
)
