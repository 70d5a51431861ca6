"""Which format a file is in, by what it holds."""

import re

from holdgate.core.sources import (
    canada,
    eu_csv,
    eu_xml,
    ftm,
    ofac_advanced,
    ofac_csv,
    ofac_xml,
    private_csv,
    uk_csv,
    uk_xml,
    un,
)
from holdgate.core.sources.csv_rows import END_MARK
from holdgate.core.sources.source import ListError, SourceFile

_HEAD = 65536
_PROLOGUE = 4096
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_ROOTS = {
    ofac_xml.ROOT: ofac_xml.FORMAT,
    ofac_advanced.ROOT: ofac_advanced.FORMAT,
    un.ROOT: un.FORMAT,
    uk_xml.ROOT: uk_xml.FORMAT,
    eu_xml.ROOT: eu_xml.FORMAT,
    canada.ROOT: canada.FORMAT,
}
_PACKED = {b"PK\x03\x04": "a zip file", b"\x1f\x8b": "a gzip file", b"%PDF": "a PDF file"}


def sniff(file: SourceFile) -> str:
    """The format's name; raises ListError for what is no list, saying what it looks like instead."""
    head = file.content[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if not file.content.strip().strip(END_MARK):
        raise ListError(file.name, None, "the file is empty: fetch it again")
    for magic, kind in _PACKED.items():
        if head.startswith(magic):
            raise ListError(
                file.name, None, f"this is {kind}: unpack it, or fetch the list as CSV, XML or JSON"
            )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ListError(file.name, None, "this is UTF-16: save it as UTF-8")
    text = head.lstrip()
    if text.startswith(b"<"):
        return _xml(file, text)
    line = text.split(b"\n", 1)[0]
    if ofac_csv.begins(line):
        return ofac_csv.FORMAT
    if text.startswith(b"{") and b'"schema"' in line and b'"properties"' in line:
        return ftm.FORMAT
    if text.startswith(b"{") and b'"op"' in line:
        raise ListError(file.name, 1, "this is a delta, a list of changes: fetch the whole list")
    printed = text.decode("utf-8", "replace")
    if eu_csv.begins(printed):
        return eu_csv.FORMAT
    if (layout := uk_csv.layout(printed)) is not None:
        return layout
    if private_csv.header(printed):
        return private_csv.FORMAT
    raise ListError(
        file.name, 1, "no list that Holdgate reads begins like this: docs/lists.md names the formats"
    )


def _xml(file: SourceFile, text: bytes) -> str:
    found = _ROOT.search(re.sub(rb"<!--.*?-->", b"", text[:_PROLOGUE], flags=re.DOTALL))
    root = found[1].decode("ascii", "replace") if found else ""
    if root.lower() == "html":
        raise ListError(
            file.name,
            1,
            "this is a web page, not a list: the download met an error page or a login; fetch it again",
        )
    if root not in _ROOTS:
        raise ListError(file.name, 1, f"an XML file of {root[:60]!r}, which is no list that Holdgate reads")
    return _ROOTS[root]
