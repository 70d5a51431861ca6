"""Read published CSV files into rows with line numbers; errors name the line of the damage."""

import csv
import io
import re
from collections.abc import Container, Iterable, Iterator
from functools import cache
from importlib import resources

import msgspec

from holdgate.core.sources.source import ListError, SourceFile

END_MARK = b"\x1a"
"""OFAC's flat files end with a single 0x1A, the end-of-file mark of CP/M and DOS."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@cache
def _columns_not_read() -> dict[str, frozenset[str]]:
    """Return the columns of columns_not_read.toml, by publisher."""
    text = resources.files("holdgate.core.sources").joinpath("columns_not_read.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, frozenset[str]])


def unknown_columns(publisher: str, columns: Iterable[str], read: Container[str]) -> list[str]:
    """Return a note that names the columns of a list that are neither read nor known, if there are any."""
    known = _columns_not_read()[publisher]
    unknown = sorted({name[:40] for name in columns if name and name not in read and name not in known})
    return [f"unknown columns, not read: {', '.join(unknown)}"] if unknown else []


def decode_text(file: SourceFile) -> str:
    """Return the text of a file in UTF-8 or, failing that, Windows-1252 (the UK's file of 2018).

    Raises ListError for bytes that are neither, for mostly valid UTF-8 with a damaged byte (decoding it as
    Windows-1252 would garble every name with an accent), and for control characters, which no list contains.
    """
    content = file.content.rstrip(END_MARK)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as damage:
        line = content.count(b"\n", 0, damage.start) + 1
        lenient = content.decode("utf-8", "replace")
        lost = lenient.count("\ufffd")
        if sum(not character.isascii() for character in lenient) > 2 * lost:
            raise ListError(
                file.name, line, "a damaged byte in a file of UTF-8: it is cut or damaged, fetch it again"
            ) from damage
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ListError(
                file.name,
                line,
                f"byte 0x{content[error.start]:02x} is neither UTF-8 nor Windows-1252: fetch the file again",
            ) from error
    if control := _CONTROLS.search(text):
        raise ListError(
            file.name,
            text.count("\n", 0, control.start()) + 1,
            f"control character U+{ord(control[0]):04X} inside the text: the file is damaged, fetch it again",
        )
    return text


def read_rows(file: SourceFile, *, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the row's first line, fields) for each row that is not blank.

    Raises ListError with the line number if the file ends inside quotes or is not valid CSV.
    """
    reader = csv.reader(io.StringIO(decode_text(file), newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise ListError(
            file.name, line, f"not a whole CSV row ({error}): the file is cut or damaged, fetch it again"
        ) from error
