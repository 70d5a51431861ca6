"""Turn SWIFT MT messages into payments: blocks, fields, transactions.

Source: SWIFT User Handbook, FIN message structure (blocks 1-5) and the category 1 and 2 message formats.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from holdgate.core.intake import MAX_BYTES, InvalidEventError, Received
from holdgate.core.intake.draft import PaymentDraft
from holdgate.core.intake.mt_transaction import MtField, MtTransaction
from holdgate.core.intake.mt_types import MESSAGE_TYPES, MessageType
from holdgate.core.intake.not_screened import LOOKS_MEMBER

MAX_FIELDS = 20_000
"""A FIN message has at most 10,000 characters, so never as many fields; a hub's batch may be longer."""

MAX_TRANSACTIONS = 1_000
"""An MT101 has at most 10,000 characters: some 100 transactions."""

_TAG = re.compile(r":([0-9]{2}[A-Z]?):")
_BREAK = re.compile(r"\r\n|\n|\r")
_END_LINE = re.compile(r"(?<=[\r\n])-\}")
_END = re.compile(r"-\}(?=\s*(?:\{[5S]:|\Z))")
_BLOCK = re.compile(r"[\s$]*\{([1-5S]):")
"""A file of SWIFT's RJE format has a dollar sign after each message."""

_SERVICE = re.compile(r"\{1:F21[^{}]{0,40}\}\s*\{4:(?:\{[0-9]{3}:[^{}]{0,100}\})*\}")
_INPUT = re.compile(r"I([0-9]{3})([A-Z0-9]{12})[A-Z0-9]{0,5}")
_OUTPUT = re.compile(r"O([0-9]{3})[0-9]{4}[0-9]{6}([A-Z0-9]{12})[A-Z0-9]{0,30}")
_BASIC = re.compile(r"[FAL][0-9]{2}([A-Z0-9]{12})[0-9]{0,10}")
_FIELD = re.compile(r"\{([A-Z0-9]{3}):([^{}]*)\}")
_UETR = re.compile(r"\{121:([^{}]{1,40})\}")


class Blocks(NamedTuple):
    """The blocks of a message by their number; `line` is where block 4 begins."""

    text: dict[str, str]
    line: int


RAIL = "swift"
"""The rail of an MT message, unless the payment system states another."""


def read(value: bytes, key: str | None = None, rail: str | None = None) -> tuple[Received, ...]:
    """Read every payment of an MT message. Raises `InvalidEventError` with the line of the error.

    `key` is the id of the payment if there is only one; `rail` is the rail stated by the payment system.
    """
    if len(value) > MAX_BYTES:
        raise InvalidEventError(
            "too_large", f"the value has {len(value):,} bytes; at most {MAX_BYTES:,} are read"
        )
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        line = value.count(b"\n", 0, error.start) + 1
        raise InvalidEventError(
            "not_utf8", f"line {line}: not UTF-8: {error.reason} at byte {error.start}", line=line
        ) from error
    text = text.replace("\x01", "").replace("\x03", "")
    acknowledged = _SERVICE.match(text.lstrip())
    start = acknowledged.end() + len(text) - len(text.lstrip()) if acknowledged else 0
    blocks = _blocks(text, start)
    kind, sender, receiver = _header(blocks)
    fields = _fields(blocks.text["4"], blocks.line)
    uetr = _UETR.search(blocks.text.get("3", ""))
    units = _transactions(kind, fields)
    used_ids: set[str] = set()
    single = len(units) == 1
    payments = []
    for unit in units:
        draft = _draft(kind, unit, (sender, receiver), uetr[1] if uetr and single else "")
        draft.members["rail"] = rail or RAIL
        _read_other_blocks(draft, blocks)
        payments.append(draft.finish(key if key and single else draft.choose_id(used_ids)))
    return tuple(payments)


def _draft(kind: MessageType, fields: Sequence[MtField], bics: tuple[str, str], uetr: str) -> PaymentDraft:
    draft = PaymentDraft()
    draft.members["message_type"] = f"MT{kind.name}"
    draft.set_value("uetr", uetr, "block 3, field 121")
    for role, bic, place in zip(
        ("instructing_agent", "instructed_agent"), bics, ("sender", "receiver"), strict=True
    ):
        draft.set_role(role, {"bic": bic}, {"bic": f"{place} in the header"}, "intermediary_agents")
    MtTransaction(draft, kind).read(fields)
    return draft


def _read_other_blocks(draft: PaymentDraft, blocks: Blocks) -> None:
    """Search what the blocks around the text hold and should not: all of their fields are references."""
    for number in ("3", "5", "S"):
        for tag, value in _FIELD.findall(blocks.text.get(number, "")):
            if not LOOKS_MEMBER["message_id"](value):
                draft.add_unexpected(value.strip(), f"block {number}, field {tag}")


def _blocks(text: str, start: int) -> Blocks:
    blocks: dict[str, str] = {}
    line = 1
    position = start
    while block := _BLOCK.match(text, position):
        number = block[1]
        if number == "1" and "4" in blocks:
            raise _not_mt(text, block.start(1), "a second message begins: send one message a record")
        if number in blocks or (blocks and number < max(blocks)):
            raise _not_mt(text, block.start(1), f"block {number} is out of order")
        end = _text_end(text, block.end()) if number == "4" else _block_end(text, block.end())
        if end is None:
            raise _not_mt(text, block.start(1), f"block {number} does not end")
        blocks[number] = text[block.end() : end]
        if number == "4":
            line = _line_of(text, block.end())
            end += 1
        position = end + 1
    if text[position:].strip("\0$ \t\r\n"):
        raise _not_mt(text, position, "text outside the blocks")
    for number in "124":
        if number not in blocks and start:
            raise _not_mt(text, position, f"after the acknowledgement, block {number} is missing")
        if number not in blocks:
            raise _not_mt(text, position, f"block {number} is missing")
    return Blocks(blocks, line)


def _text_end(text: str, start: int) -> int | None:
    """Return the end of block 4: the first line that begins with `-}`, else a `-}` before the trailers."""
    end = _END_LINE.search(text, start) or _END.search(text, start)
    return None if end is None else end.start()


def _block_end(text: str, start: int) -> int | None:
    """Return the position of the brace that closes a block; blocks 3, 5 and S contain nested blocks."""
    depth = 1
    for brace in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return None


def _header(blocks: Blocks) -> tuple[MessageType, str, str]:
    """Return the message type and the BICs of sender and receiver."""
    basic = _BASIC.fullmatch(blocks.text["1"])
    application = _INPUT.fullmatch(blocks.text["2"]) or _OUTPUT.fullmatch(blocks.text["2"])
    if basic is None or application is None:
        raise InvalidEventError(
            "not_mt", f"line 1: block {1 if basic is None else 2} is not a FIN header", line=1
        )
    kind = MESSAGE_TYPES.get(application[1])
    if kind is None:
        read = ", ".join(f"MT{name}" for name in MESSAGE_TYPES)
        raise InvalidEventError(
            "unknown_message",
            f"line 1: MT{application[1]} is not a payment message that is read ({read})",
            line=1,
        )
    own, other = _terminal_bic(basic[1]), _terminal_bic(application[2])
    return (kind, own, other) if blocks.text["2"].startswith("I") else (kind, other, own)


def _terminal_bic(terminal: str) -> str:
    """Return the BIC of a logical terminal, whose ninth character names the terminal."""
    return terminal[:8] + terminal[9:]


def _fields(text: str, start: int) -> list[MtField]:
    fields: list[tuple[str, int, list[str]]] = []
    for number, line in enumerate(_BREAK.split(text), start=start):
        tag = _TAG.match(line)
        if tag is not None:
            fields.append((tag[1], number, [line[tag.end() :]]))
        elif fields:
            fields[-1][2].append(line)
        elif line.strip():
            raise InvalidEventError(
                "not_mt", f"line {number}: block 4 does not begin with a field", line=number
            )
        if len(fields) > MAX_FIELDS:
            raise InvalidEventError(
                "too_large", f"line {number}: more than {MAX_FIELDS:,} fields", line=number
            )
    return [MtField(tag, number, tuple(lines)) for tag, number, lines in fields]


def _transactions(kind: MessageType, fields: Sequence[MtField]) -> list[list[MtField]]:
    """Return the fields of each transaction: its own first, then those of the message."""
    starts = (
        [at for at, field in enumerate(fields) if field.tag == kind.first_field] if kind.first_field else []
    )
    if not starts:
        return [list(fields)]
    if len(starts) > MAX_TRANSACTIONS or starts[0] * len(starts) > MAX_FIELDS:
        raise InvalidEventError(
            "too_large", f"line {fields[0].line}: too many transactions", line=fields[0].line
        )
    shared = fields[: starts[0]]
    return [
        [*fields[start:end], *shared] for start, end in zip(starts, [*starts[1:], len(fields)], strict=True)
    ]


def _line_of(text: str, at: int) -> int:
    return len(_BREAK.findall(text, 0, at)) + 1


def _not_mt(text: str, position: int, what: str) -> InvalidEventError:
    line = _line_of(text, position)
    return InvalidEventError("not_mt", f"line {line}: {what}", line=line)
