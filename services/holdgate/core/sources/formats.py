"""The format of a list, and recognition of a file's format from its beginning.

Each reader module declares its `Format`; `core/sources/__init__.py` lists them all.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from holdgate.core.sources.csv_rows import END_MARK
from holdgate.core.sources.source import ListError, ParsedList, SourceFile

_MAX_HEAD = 65536
_MAX_PROLOGUE = 4096
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DELTA = re.compile(rb'\{\s*"op"\s*:')
_SIMPLE = b"id,schema,name,aliases,"
_ARCHIVES = {b"PK\x03\x04": "a zip file", b"\x1f\x8b": "a gzip file", b"%PDF": "a PDF file"}


class FileHead(Struct, frozen=True):
    """The beginning of a file, from which its format is recognised.

    `root` is the local name of an XML file's root element ("" if there is none in the first 4 KiB), and
    None for other files. `text` is the first 64 KiB without byte-order mark and leading white space; it is
    empty for XML.
    """

    root: str | None
    text: bytes = b""

    @property
    def first_line(self) -> bytes:
        """The first line of the text, without the line end."""
        return self.text.partition(b"\n")[0]

    def decoded(self) -> str:
        """Return the text with undecodable bytes replaced."""
        return self.text.decode("utf-8", "replace")


class Format(Struct, frozen=True):
    """One list format.

    `recognises` returns whether a file with this beginning has the format. `reads` takes the list's name and
    files, and raises ListError for anything that cannot be trusted.
    """

    name: str
    recognises: Callable[[FileHead], bool]
    reads: Callable[[str, Sequence[SourceFile]], ParsedList]


def has_root(tag: str) -> Callable[[FileHead], bool]:
    """Return a recogniser for XML files with this root element."""
    return lambda head: head.root == tag


def read_head(file: SourceFile) -> FileHead:
    """Return the beginning of a file.

    Raises ListError for a file that cannot be a list, and names the kind of file: empty, an archive, UTF-16,
    a web page or a delta.
    """
    if not file.content.strip().strip(END_MARK):
        raise ListError(file.name, None, "the file is empty: fetch it again")
    head = file.content[:_MAX_HEAD].removeprefix(b"\xef\xbb\xbf")
    for magic, kind in _ARCHIVES.items():
        if head.startswith(magic):
            raise ListError(
                file.name, None, f"this is {kind}: unpack it, or fetch the list as CSV, XML or JSON"
            )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ListError(file.name, None, "this is UTF-16: save it as UTF-8")
    text = head.lstrip()
    if text.startswith(b"<"):
        return FileHead(_root(file, text))
    if _DELTA.match(text):
        raise ListError(file.name, 1, "this is a delta, a list of changes: fetch the whole list")
    if text.replace(b'"', b"").startswith(_SIMPLE):
        raise ListError(
            file.name,
            1,
            "this is a table of OpenSanctions (targets.simple.csv), which does not say what its identifiers"
            " are: take entities.ftm.json of the same dataset",
        )
    return FileHead(None, text)


def _root(file: SourceFile, text: bytes) -> str:
    match = _ROOT.search(_COMMENT.sub(b"", text[:_MAX_PROLOGUE]))
    root = match[1].decode("ascii", "replace") if match else ""
    if root.lower() == "html":
        raise ListError(
            file.name,
            1,
            "this is a web page, not a list: the server returned an error or login page; fetch it again",
        )
    return root
