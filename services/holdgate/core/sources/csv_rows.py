"""CSV files as published: bytes -> rows with their line numbers, or the line where they break."""

import csv
import io
import re
from collections.abc import Iterator

from holdgate.core.sources.source import ListError, SourceFile

END_MARK = b"\x1a"
"""OFAC's flat files end in a row of a lone 0x1A, the end-of-file mark of CP/M and DOS."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def decode_text(file: SourceFile) -> str:
    """The text of a file in UTF-8, else in Windows-1252 (the UK's file of 2018).

    Raises ListError for bytes that are neither, for UTF-8 with damaged bytes in it (read as Windows-1252 it
    would turn every other name into nonsense) and for control bytes, which no list writes.
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
            found = f"byte 0x{content[error.start]:02x} is neither UTF-8 nor Windows-1252"
            raise ListError(file.name, line, f"{found}: fetch the file again") from error
    if control := _CONTROLS.search(text):
        raise ListError(
            file.name,
            text.count("\n", 0, control.start()) + 1,
            f"control character U+{ord(control[0]):04X} inside the text: the file is damaged, fetch it again",
        )
    return text


def read_rows(file: SourceFile, *, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """(line number of the row's start, fields) of each row that is not blank.

    Raises ListError at the line where the file breaks off inside quotes or is no CSV.
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
