"""XML lists: bytes -> the elements that describe parties, one at a time, or the line where they break.

expat (in the standard library) tells line numbers of every element, joins text around comments, and
reports a DOCTYPE before anything in it is expanded. Elements outside the wanted ones are never built, so
memory is one record's, not the file's. A list of the SDN list's size (11,075 entries, 23.5 MB) takes 1.0 s
of CPU here and 0.36 s through lxml, of 2.0 s that reading it takes in all: not worth less exact errors.
"""

from collections.abc import Iterator
from xml.parsers import expat

from holdgate.core.sources.source import ListError, SourceFile

MAX_BYTES = 1 << 29
"""512 MiB: the SDN list as XML has some 25 MB, as Advanced XML a few times that."""
MAX_DEPTH = 64
MAX_RECORD_ELEMENTS = 500_000
_CHUNK = 1 << 16


class Element:
    """An element with its own text (comments removed), attributes, children and line; no namespaces."""

    __slots__ = ("attributes", "children", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element] = []
        self.line = line
        self.text = ""

    def all(self, *path: str) -> Iterator["Element"]:
        """Descendants along a path of tags, in document order."""
        tag, rest = path[0], path[1:]
        for child in self.children:
            if child.tag == tag:
                if rest:
                    yield from child.all(*rest)
                else:
                    yield child

    def first(self, *path: str) -> "Element | None":
        """The first descendant along a path, if there is one."""
        return next(self.all(*path), None)

    def value(self, *path: str) -> str:
        """The text at the end of a path with its white space folded; empty where there is none."""
        element = self.first(*path) if path else self
        return " ".join(element.text.split()) if element is not None else ""

    def values(self, *path: str) -> Iterator[str]:
        """The texts at the ends of a path that are not blank."""
        for element in self.all(*path):
            if text := " ".join(element.text.split()):
                yield text


def read_elements(file: SourceFile, root: str, tags: frozenset[str]) -> Iterator[Element]:
    """The root (attributes only), then each element whose tag is wanted, whole, in document order.

    Raises ListError for malformed or unclosed XML, a DOCTYPE, another root, nesting or a size beyond the
    limits above.
    """
    if len(file.content) > MAX_BYTES:
        raise ListError(file.name, None, f"larger than {MAX_BYTES} bytes: check what this file is")
    builder = _Builder(file.name, root, tags)
    for start in range(0, len(file.content), _CHUNK):
        builder.parse(file.content[start : start + _CHUNK])
        yield from builder.take_finished()
    builder.parse(b"", final=True)
    yield from builder.take_finished()


class _Builder:
    """expat's handlers: builds wanted elements and hands them over when they close."""

    def __init__(self, file: str, root: str, wanted: frozenset[str]) -> None:
        self._file = file
        self._root = root
        self._tags = wanted
        self._depth = 0
        self._open_elements: list[Element] = []
        self._built = 0
        self._finished: list[Element] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def parse(self, chunk: bytes, *, final: bool = False) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            cut = "the file is cut" if final else "the file is cut or damaged"
            raise ListError(
                self._file, error.lineno, f"{expat.ErrorString(error.code)}: {cut}, fetch it again"
            ) from error
        except (LookupError, ValueError) as error:  # an encoding that expat or Python does not know
            if isinstance(error, ListError):
                raise
            raise ListError(
                self._file, self._parser.CurrentLineNumber, f"unreadable encoding: {error}"
            ) from error

    def take_finished(self) -> list[Element]:
        done, self._finished = self._finished, []
        return done

    def _error(self, reason: str) -> ListError:
        return ListError(self._file, self._parser.CurrentLineNumber, reason)

    def _doctype(self, *_: object) -> None:
        raise self._error("has a DOCTYPE, which no list has and which can hide text: fetch the list again")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self._depth += 1
        if self._depth == 1:
            if tag != self._root:
                raise self._error(f"the root element is {tag[:60]!r} instead of {self._root!r}")
            self._finished.append(Element(tag, attributes, self._parser.CurrentLineNumber))
        elif self._depth > MAX_DEPTH:
            raise self._error(f"elements nested more than {MAX_DEPTH} deep: refused")
        elif self._open_elements or tag in self._tags:
            element = Element(tag, attributes, self._parser.CurrentLineNumber)
            self._built = self._built + 1 if self._open_elements else 1
            if self._built > MAX_RECORD_ELEMENTS:
                raise self._error(f"a record of more than {MAX_RECORD_ELEMENTS} elements: refused")
            if self._open_elements:
                self._open_elements[-1].children.append(element)
            self._open_elements.append(element)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open_elements:
            element = self._open_elements.pop()
            if not self._open_elements:
                self._finished.append(element)

    def _text(self, text: str) -> None:
        if self._open_elements:
            self._open_elements[-1].text += text
