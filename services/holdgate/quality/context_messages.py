"""Put a name into a context: the message that carries it, as the gate would receive it."""

import html
import re
import string
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Literal

import msgspec
from msgspec import Struct

from holdgate.core.intake import InvalidEventError, Received, reader
from holdgate.quality.report import OrdinaryName
from holdgate.quality.sentences import long_words, sentence

Kind = Literal["person", "entity"]
Templates = str | tuple[str, ...]

MT_LINE = 35
"""Characters in a line of a name and address field (SWIFT standards, field 59: 4*35x)."""
MT_TEXT_LINES = 4
"""Lines of a remittance text (field 70: 4*35x)."""
MT_LETTERS = frozenset(string.ascii_letters + string.digits + "/-?:().,'+ ")
"""The SWIFT character set x."""

_STREETS = ("12 High Street", "Hauptstrasse 118", "4 Rue de la Paix", "Via Garibaldi 31")
_TOWNS = ("London", "Berlin", "Paris", "Milano", "Singapore")
_PERSONS = ("Maria Lopez", "Henrik Lindqvist", "Chukwuemeka Adeyemi")
_COMPANIES = ("Blue Sky Bakery Ltd", "Tischlerei Obermeier GmbH", "Verdure Interiors")
_LISU = dict(zip("ABCDEFGHIJKLMNOPRSTUVWXYZ", "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ", strict=True))
"""Lisu letters that look like Latin capitals; Lisu has none for Q."""

_MT = (
    "{{1:F01BANKBEBBAXXX2222123456}}{{2:I103BANKDEFFXXXXN}}{{4:\r\n:20:CONTEXT\r\n:32A:261123EUR1250,\r\n"
    "{fields}:71A:SHA\r\n-}}"
)
_MT_DEBTOR = ":50K:/DE89370400440532013000\r\nULRIKE SOMMERFELD\r\nLINDENALLEE 4\r\n"
_XML = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr>'
    "<MsgId>CONTEXT</MsgId><CreDtTm>2026-11-23T10:00:00+01:00</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf>"
    "<SttlmMtd>INDA</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><EndToEndId>CONTEXT</EndToEndId>"
    '<TxId>CONTEXT</TxId></PmtId><IntrBkSttlmAmt Ccy="EUR">1250.00</IntrBkSttlmAmt><ChrgBr>SHAR</ChrgBr>'
    "{parties}</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"
)
_XML_DEBTOR = "<Dbtr><Nm>Ulrike Sommerfeld</Nm></Dbtr>"
_JSON_DEBTOR = {"name": "Ulrike Sommerfeld"}


class Context(Struct, frozen=True, forbid_unknown_fields=True):
    """One place in a payment; `contexts.toml` says what each member means."""

    name: str
    group: str
    creditor: Templates | None = None
    json: Templates | None = None
    mt: tuple[str, ...] = ()
    xml: Templates | None = None
    only: Kind | None = None


class Surroundings:
    """Ordinary parties and words, which stand beside a name. Without ordinary names, a few are made up."""

    def __init__(self, ordinary: Sequence[OrdinaryName] = ()) -> None:
        self.persons = [item.name for item in ordinary if item.type == "person"] or list(_PERSONS)
        self.companies = [item.name for item in ordinary if item.type == "entity"] or list(_COMPANIES)
        self.words = long_words((*self.persons, *self.companies, *_PERSONS, *_COMPANIES))


def build_payment(context: Context, name: str, beside: Surroundings, rng: Random) -> Received | None:
    """Return the payment that carries a name in a context; None if the name does not fit into it (lines and
    letters of an MT)."""
    values = _values(name, beside, rng)
    if context.mt:
        return _read(_mt_message(context.mt, values))
    if context.xml is not None:
        parties = _filled(context.xml, values, html.escape, rng)
        debtor = "" if "<Dbtr>" in parties else _XML_DEBTOR
        return _read(_XML.format(parties=debtor + parties).encode())
    members: Mapping[str, object]
    if context.json is not None:
        members = msgspec.json.decode(_filled(context.json, values, _json_text, rng))
    else:
        members = {"creditor": {"name": _filled(context.creditor or "{name}", values, str, rng)}}
    base = {"payment_id": "context", "amount": "1250.00", "currency": "EUR", "debtor": _JSON_DEBTOR}
    return _read(msgspec.json.encode({**base, **members}))


def _mt_message(templates: Sequence[str], values: Mapping[str, str]) -> bytes:
    """Return an MT103 with these lines; empty if one is empty, too long or has other letters."""
    fields = "" if any(line.startswith("50") for line in templates) else _MT_DEBTOR
    for template in templates:
        tag, mark, text = template.partition(":")
        begins = bool(mark) and tag[:2].isdigit() and len(tag) <= 3
        text = _replaced(text if begins else template, values)
        lines = [text]
        if "{sentence}" in template:
            plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
            lines = textwrap.wrap(plain, MT_LINE)[:MT_TEXT_LINES]
        if not all(line and len(line) <= MT_LINE and MT_LETTERS.issuperset(line) for line in lines):
            return b""
        fields += (f":{tag}:" if begins else "") + "".join(f"{line}\r\n" for line in lines)
    return _MT.format(fields=fields).encode()


def _read(message: bytes) -> Received | None:
    try:
        (received,) = reader.read_file(message)
    except InvalidEventError:
        return None
    return received


def _filled(
    templates: Templates, values: Mapping[str, str], escape: Callable[[str], str], rng: Random
) -> str:
    template = templates if isinstance(templates, str) else rng.choice(templates)
    return _replaced(template, {key: escape(value) for key, value in values.items()})


def _replaced(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)


def _json_text(value: str) -> str:
    return msgspec.json.encode(value).decode()[1:-1]


def _values(name: str, beside: Surroundings, rng: Random) -> dict[str, str]:
    words = name.split()
    half = max(1, len(words) // 2)
    letters = [place for place, char in enumerate(name) if char.isalpha()]
    lost = rng.choice(letters) if letters else 0
    cut = rng.choice(letters[1:-1] or [1])
    return {
        "name": name,
        "head": " ".join(words[:half]),
        "tail": " ".join(words[half:]),
        "given": words[0],
        "family": " ".join(words[1:]),
        "front": name[:cut],
        "back": name[cut:],
        "spaced": "   ".join(" ".join(word) for word in words),
        "dotted": " ".join(".".join(word) for word in words),
        "lost": name[:lost] + "?" + name[lost + 1 :],
        "lost_dot": name[:lost] + "." + name[lost + 1 :],
        "lower": name.lower(),
        "title": name.title(),
        "wide": " \t ".join(words),
        "lisu": "".join(_LISU.get(char, char) for char in name.upper()),
        "zero_width": "\u200b".join(name),
        "references": "".join(f"&#{ord(char)};" if char.isalpha() else char for char in name),
        "other": rng.choice(beside.persons),
        "company": rng.choice(beside.companies),
        "street": rng.choice(_STREETS),
        "town": rng.choice(_TOWNS),
        "number": str(rng.randrange(10**7, 10**8)),
        "sentence": sentence(beside.words, rng),
    }
