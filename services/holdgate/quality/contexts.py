"""Names in context: are listed names found, and ordinary ones left alone, wherever a payment carries them?

A context is a place in a payment message: a joint account title, the second line of an MT field, an address
element, an unknown JSON member. `contexts.toml` lists them as data. Each is filled with listed names as they
are spelt on the list and, to measure false alerts, with ordinary names that no list has.
"""

import html
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from random import Random
from typing import Literal

import msgspec
from msgspec import Struct

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received, reader
from holdgate.core.model.listed_entry import Entry
from holdgate.quality.manipulations import given_name_first
from holdgate.quality.report import ContextRate, OrdinaryName

Kind = Literal["person", "entity"]

MT_LINE = 35
"""Characters in a line of a name and address field (SWIFT standards, field 59: 4*35x)."""
MT_LETTERS = frozenset(string.ascii_letters + string.digits + "/-?:().,'+ ")
"""The SWIFT character set x."""
MAX_DRAWS = 50
"""Draws per case before a context is left short: few names fit into one line of 35 characters."""

_STREETS = ("12 High Street", "Hauptstrasse 118", "4 Rue de la Paix", "Via Garibaldi 31")
_TOWNS = ("London", "Berlin", "Paris", "Milano", "Singapore")
_MT = (
    "{{1:F01BANKBEBBAXXX2222123456}}{{2:I103BANKDEFFXXXXN}}{{4:\r\n:20:CONTEXT\r\n:32A:261123EUR1250,\r\n"
    ":50K:/DE89370400440532013000\r\nULRIKE SOMMERFELD\r\nLINDENALLEE 4\r\n{fields}:71A:SHA\r\n-}}"
)
_XML = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr>'
    "<MsgId>CONTEXT</MsgId><CreDtTm>2026-11-23T10:00:00+01:00</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf>"
    "<SttlmMtd>INDA</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><EndToEndId>CONTEXT</EndToEndId>"
    '<TxId>CONTEXT</TxId></PmtId><IntrBkSttlmAmt Ccy="EUR">1250.00</IntrBkSttlmAmt><ChrgBr>SHAR</ChrgBr>'
    "<Dbtr><Nm>Ulrike Sommerfeld</Nm></Dbtr>{creditor}</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"
)


class Context(Struct, frozen=True, forbid_unknown_fields=True):
    """One place in a payment; `contexts.toml` says what each member means."""

    name: str
    group: str
    creditor: str | None = None
    json: str | None = None
    mt: tuple[str, ...] = ()
    xml: str | None = None
    only: Kind | None = None


@cache
def contexts() -> tuple[Context, ...]:
    """Return the contexts of `contexts.toml`, in its order."""
    text = resources.files("holdgate.quality").joinpath("contexts.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["context"], tuple[Context, ...])


def measure_contexts(
    screener: Screener, entries: Sequence[Entry], ordinary: Sequence[OrdinaryName], seed: int, size: int
) -> tuple[ContextRate, ...]:
    """Return, per context, how many of up to `size` listed persons, listed entities and ordinary names each
    are held. The same seed gives the same payments.

    Without ordinary names of both types the other party in a field is taken from a short list, and no false
    alerts are measured.
    """
    listed = {kind: _listed_names(entries, kind) for kind in ("person", "entity")}
    innocent = {kind: [item.name for item in ordinary if item.type == kind] for kind in ("person", "entity")}
    rows: list[ContextRate] = []
    for context in contexts():
        rng = Random(f"{seed}:{context.name}")  # noqa: S311 - a reproducible sample, not a secret
        counts = {
            (label, kind): _held(
                screener, list(_fill(context, pool[kind], innocent, rng, size if pool[kind] else 0))
            )
            for label, pool in (("listed", listed), ("ordinary", innocent))
            for kind in ("person", "entity")
            if context.only in (None, kind)
        }
        persons = counts.get(("listed", "person"), (0, 0))
        companies = counts.get(("listed", "entity"), (0, 0))
        alerts = [counts[key] for key in counts if key[0] == "ordinary"]
        rows.append(
            ContextRate(
                context.name,
                context.group,
                persons_tried=persons[0],
                persons_held=persons[1],
                entities_tried=companies[0],
                entities_held=companies[1],
                ordinary_tried=sum(tried for tried, _ in alerts),
                ordinary_held=sum(held for _, held in alerts),
            )
        )
    return tuple(rows)


def _listed_names(entries: Sequence[Entry], kind: str) -> list[str]:
    """Return the primary names of a type as a payer writes them; names of fewer than two words are left out,
    as some contexts cut them in two."""
    names = (given_name_first(entry.name, kind) for entry in entries if entry.type == kind)
    return [name for name in names if " " in name and len(name) >= 8]


def _held(screener: Screener, payments: Sequence[Received]) -> tuple[int, int]:
    """Return how many payments were screened and how many of them are held."""
    decisions = screener.screen(payments)
    return len(decisions), sum(decision.decision == "HOLD" for decision in decisions)


def _fill(
    context: Context, names: Sequence[str], innocent: Mapping[str, Sequence[str]], rng: Random, size: int
) -> Iterator[Received]:
    """Yield up to `size` payments that carry a name in the context."""
    made = 0
    for _ in range(size * MAX_DRAWS):
        if made == size:
            return
        payment = build_payment(context, rng.choice(names), innocent, rng)
        if payment is not None:
            made += 1
            yield payment


def build_payment(
    context: Context, name: str, innocent: Mapping[str, Sequence[str]], rng: Random
) -> Received | None:
    """Return the payment that carries a name in a context; None if the name does not fit into it (lines and
    letters of an MT)."""
    values = _values(name, innocent, rng)
    if context.mt:
        lines = [_filled(line, values) for line in context.mt]
        texts = [line.partition(":")[2] if _begins_field(line) else line for line in lines]
        if not all(MT_LETTERS.issuperset(text) and len(text) <= MT_LINE for text in texts):
            return None
        fields = "".join(f":{line}\r\n" if _begins_field(line) else f"{line}\r\n" for line in lines)
        return _read(_MT.format(fields=fields).encode())
    if context.xml is not None:
        escaped = {key: html.escape(value) for key, value in values.items()}
        return _read(_XML.format(creditor=_filled(context.xml, escaped)).encode())
    template = (
        context.json or '{"creditor": {"name": ' + msgspec.json.encode(context.creditor).decode() + "}}"
    )
    escaped = {key: msgspec.json.encode(value).decode()[1:-1] for key, value in values.items()}
    members = msgspec.json.decode(_filled(template, escaped))
    base = {"payment_id": "context", "amount": "1250.00", "currency": "EUR"}
    payment = {**base, "debtor": {"name": "Ulrike Sommerfeld"}, **members}
    return _read(msgspec.json.encode(payment))


def _read(message: bytes) -> Received | None:
    try:
        (received,) = reader.read_file(message)
    except InvalidEventError:
        return None
    return received


def _begins_field(line: str) -> bool:
    return line[:2].isdigit() and line[2:4].partition(":")[1] == ":"


def _filled(template: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        template = template.replace("{" + key + "}", value)
    return template


def _values(name: str, innocent: Mapping[str, Sequence[str]], rng: Random) -> dict[str, str]:
    words = name.split()
    half = max(1, len(words) // 2)
    letters = [place for place, char in enumerate(name) if char.isalpha()]
    lost = rng.choice(letters) if letters else 0
    return {
        "name": name,
        "head": " ".join(words[:half]),
        "tail": " ".join(words[half:]),
        "spaced": "   ".join(" ".join(word) for word in words),
        "dotted": " ".join(".".join(word) for word in words),
        "lost": name[:lost] + "?" + name[lost + 1 :],
        "other": rng.choice(innocent["person"] or ("Maria Lopez",)),
        "company": rng.choice(innocent["entity"] or ("Blue Sky Bakery Ltd",)),
        "street": rng.choice(_STREETS),
        "town": rng.choice(_TOWNS),
        "number": str(rng.randrange(10**7, 10**8)),
    }
