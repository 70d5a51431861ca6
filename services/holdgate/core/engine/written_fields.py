"""The fields of a payment as they are compared: folded, and in every reading that their text may have.

A text that was decoded wrongly, is written in telegraph codes or is displayed in reverse order yields one
field per reading, all with the same path.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from holdgate.core.characters.encodings import is_undecoded, repair_encoding
from holdgate.core.characters.folding import LOST_CHARACTER, LOST_SIGN, fold, fold_code, has_look_alikes
from holdgate.core.characters.telegraph import decode_telegraph, is_chinese_name
from holdgate.core.intake import Received
from holdgate.core.intake.references import decode_references
from holdgate.core.model.decision import Note, NoteCode
from holdgate.core.model.payment import Address
from holdgate.core.model.screened_fields import (
    AddressTextField,
    CodeField,
    Field,
    GoodsField,
    IdField,
    NameField,
    PlaceField,
    TextField,
    fields_to_screen,
)

_REVERSED = re.compile("[\u202d\u202e]([^\u202c\u202d\u202e]*)\u202c?")
"""Text that an override displays in reverse order; isolates and embeddings order letters by their script."""

_encoder = msgspec.json.Encoder()
_SHAPES = bytes.maketrans(b"123456789,", b"000000000 ")
_GROUPS = b"0000 0000", b"0000  0000"
"""Groups of four digits, after _SHAPES has made all digits alike."""

CACHED_TEXTS, MAX_CACHED_TEXT = 1 << 14, 140
"""Texts that are not ASCII whose readings are cached, and their length: names and towns come again."""

_LOST_WORD = re.compile(rf"(?<!\S){re.escape(LOST_SIGN)}{{2,}}(?!\S)")
_DETAILS: dict[NoteCode, str] = {
    "ENCODING_REPAIRED": "its encoding was mistaken on the way; compared as repaired and as it arrived",
    "LOOK_ALIKE_LETTERS": "letters of other scripts look like Latin ones; compared as they look",
    "TELEGRAPH_CODES": "its groups of four digits were compared as the Chinese characters they stand for",
    "TEXT_REVERSED": "a control character displays it in reverse order; compared in both orders",
    "UNDECODED_TEXT": "characters were lost or decoded wrongly before it arrived",
}


class ReadText(NamedTuple):
    """The readings of a text, the one nearest to its bytes first, and what was found wrong with it."""

    readings: tuple[str, ...]
    codes: tuple[NoteCode, ...] = ()


def read_fields(received: Received) -> tuple[tuple[Field, ...], list[Note]]:
    """Return the fields to be compared, and the notes on those that have more than one reading."""
    payment, others = received.payment, received.other_fields
    # One look at all texts takes 5 us for a payment of 650 bytes, while reading each field takes 60.
    encoded = _encode((payment, others))
    if encoded is None or b"&" in encoded:
        payment, others = decode_references(payment), decode_references(others)
        encoded = _encode((payment, others))
    fields = (*fields_to_screen(payment), *others)
    is_coded = encoded is None or _may_be_coded(encoded)
    if not is_coded and _is_plain_json(encoded):
        return fields, []
    read: list[Field] = []
    notes: list[Note] = []
    for field in fields:
        if not is_coded and _is_plain_json(_encode(field)):
            read.append(field)
            continue
        match field:
            case NameField():
                read += _read_name(field, notes)
            case TextField() | AddressTextField():
                read += _read_lines(field, notes)
            case PlaceField():
                read += _read_place(field)
            case IdField() | CodeField():
                read += _read_code(field)
            case GoodsField():
                read.append(_read_goods(field))
    return tuple(read), notes


def _encode(value: object) -> bytes | None:
    """Return a value as JSON, None if it holds a lone surrogate."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return None


def _may_be_coded(encoded: bytes) -> bool:
    """Return whether a text may have lost letters or groups of digits."""
    if b"??" in encoded:
        return True
    shapes = encoded.translate(_SHAPES)
    return any(groups in shapes for groups in _GROUPS)


def _is_plain_json(encoded: bytes | None) -> bool:
    """Return whether all characters are ASCII and printable."""
    return encoded is not None and encoded.isascii() and b"\\" not in encoded and b"\x7f" not in encoded


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def read_text(text: str) -> ReadText:
    """Return the readings of a text."""
    if _is_plain(text):
        return ReadText((text,))
    return _read_short_text(text) if len(text) <= MAX_CACHED_TEXT else _read_unusual_text(text)


@lru_cache(CACHED_TEXTS)
def _read_short_text(text: str) -> ReadText:
    return _read_unusual_text(text)


def _read_unusual_text(text: str) -> ReadText:
    codes: list[NoteCode] = ["LOOK_ALIKE_LETTERS"] if has_look_alikes(text) else []
    texts = [text]
    if (repaired := repair_encoding(text)) is not None:
        texts.append(repaired)
        codes += ("ENCODING_REPAIRED", "UNDECODED_TEXT") if LOST_SIGN in repaired else ("ENCODING_REPAIRED",)
    elif is_undecoded(text):
        codes.append("UNDECODED_TEXT")
    if _REVERSED.search(text):
        texts.append(_REVERSED.sub(lambda match: match[1][::-1], text))
        codes.append("TEXT_REVERSED")
    return ReadText(tuple(dict.fromkeys(map(fold, texts))), tuple(codes))


def _read_name(field: NameField, notes: list[Note]) -> Iterator[Field]:
    value, continuation = field.value, field.continuation
    if not all(_is_plain(text) for _, text in continuation):
        continuation = tuple((path, read_text(text).readings[-1]) for path, text in continuation)
        field = replace(field, continuation=continuation)
    name = read_text(value)
    readings, codes = name.readings, [*name.codes]
    if _LOST_WORD.search(readings[0]) or (not value.isascii() and any(map(_is_lost_character, value))):
        codes.append("UNDECODED_TEXT")
    if decoded := decode_telegraph(readings[0]):
        codes.append("TELEGRAPH_CODES")
        has_letters = any(map(str.isalpha, readings[0].replace("CTC", "")))
        keeps_digits = has_letters or not any(map(is_chinese_name, decoded))
        readings = (*decoded, *(readings if keeps_digits else ()))
    notes += (Note(field.path, code, _DETAILS[code]) for code in dict.fromkeys(codes))
    for reading in readings:
        yield field if reading == value else replace(field, value=reading)


def _read_code(field: IdField | CodeField) -> Iterator[IdField | CodeField]:
    if _is_plain(field.value):
        yield field
    else:
        for reading in dict.fromkeys(map(fold_code, read_text(field.value).readings)):
            yield replace(field, value=reading)


def _read_lines(
    field: TextField | AddressTextField, notes: list[Note]
) -> Iterator[TextField | AddressTextField]:
    """Yield a text as folded and, if a line has other readings, once more with the last reading of each."""
    if all(_is_plain(line) and LOST_SIGN * 2 not in line and not line[-4:].isdigit() for line in field.lines):
        yield field
        return
    lines: list[tuple[str, ...]] = []
    for path, line in zip(field.paths, field.lines, strict=True):
        readings, codes = read_text(line)
        if line[-4:].isdigit() and (decoded := _decode_line(readings[0])):
            readings, codes = (*readings, *decoded), (*codes, "TELEGRAPH_CODES")
        lines.append(readings)
        notes += (Note(path, code, _DETAILS[code]) for code in codes)
    if _is_lost("".join(field.lines)):
        notes.append(Note(field.paths[0], "UNDECODED_TEXT", _DETAILS["UNDECODED_TEXT"]))
    first, last = tuple(one[0] for one in lines), tuple(one[-1] for one in lines)
    yield field if first == field.lines else replace(field, lines=first)
    if last != first:
        yield replace(field, lines=last)


def _decode_line(line: str) -> tuple[str, ...]:
    """Return the readings of a line that ends in telegraph codes of a name; other digits are no name."""
    return tuple(
        decoded
        for decoded in decode_telegraph(line)
        if is_chinese_name(decoded[next((i for i, char in enumerate(decoded) if char > "\u2fff"), 0) :])
    )


def _is_lost_character(char: str) -> bool:
    """Return whether a character is a sign of loss, of private use, or of no script that is known here."""
    return char == "\ufffd" or unicodedata.category(char) in ("Cn", "Co", "Cs")


def _is_lost(text: str) -> bool:
    """Return whether more characters of a text were lost than letters arrived."""
    lost = text.count(LOST_SIGN) + len(LOST_CHARACTER.findall(text))
    return lost > 3 and lost > sum(map(str.isalpha, text))


def _read_place(field: PlaceField) -> Iterator[PlaceField]:
    address = field.address
    texts = (*address.lines, address.street, address.town, address.region, address.country)
    if all(text is None or _is_plain(text) for text in texts):
        yield field
        return
    for position in (0, -1) if any(len(read_text(text).readings) > 1 for text in texts if text) else (0,):
        yield replace(field, address=_read_address(address, position))


def _read_address(address: Address, position: int) -> Address:
    """Return an address with the first or last reading of each of its texts."""

    def read(text: str | None) -> str | None:
        return text and read_text(text).readings[position]

    return replace(
        address,
        lines=tuple(read_text(line).readings[position] for line in address.lines),
        street=read(address.street),
        town=read(address.town),
        region=read(address.region),
        country=address.country and fold_code(read_text(address.country).readings[position]),
    )


def _read_goods(field: GoodsField) -> GoodsField:
    goods, description = field.goods, field.goods.description
    if description is not None and not _is_plain(description):
        goods = replace(goods, description=read_text(description).readings[-1])
    if all(_is_plain(country) for _, country in field.route) and goods is field.goods:
        return field
    route = tuple((path, fold_code(country)) for path, country in field.route)
    return replace(field, goods=goods, route=route)
