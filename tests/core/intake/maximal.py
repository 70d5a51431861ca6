"""Messages with every element that a schema allows, each with a unique text.

A message takes one branch of each choice: a schema gives at most as many as its widest choice has branches.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

XS = "{http://www.w3.org/2001/XMLSchema}"


class Leaf(NamedTuple):
    """An element with a text: its path from the message's root without positions, and the text."""

    path: tuple[str, ...]
    text: str
    free: bool
    """Whether the text is free: the schema restricts it by neither a pattern nor a list of codes."""


class Maximal(NamedTuple):
    """A message and its elements with text."""

    value: bytes
    leaves: tuple[Leaf, ...]


PATTERNS = {
    "[A-Z]{2,2}": "KZ",
    "[A-Z]{3,3}": "EUR",
    "[0-9]{1,15}": "1",
    "[A-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}": "DE89370400440532013000",
    "[A-Z0-9]{18,18}[0-9]{2,2}": "529900T8BM49AURSDO55",
}
"""A text for each pattern of the schemas; for other types, the name of the type decides."""

TYPES = {
    "date": "2026-11-23",
    "dateTime": "2026-11-23T10:00:00Z",
    "decimal": "1",
    "boolean": "true",
    "gYear": "2026",
    "base64Binary": "QUJD",
    "time": "10:00:00Z",
}


class Schema:
    """The schema of a message; supports the parts of XML Schema that ISO 20022 uses."""

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - the reference data's own files
        self.namespace = root.attrib["targetNamespace"]
        self._types = {found.attrib["name"]: found for found in root if "name" in found.attrib}
        [self._document] = [found for found in root if found.tag == f"{XS}element"]
        self._types.pop(self._document.attrib["name"], None)
        for found in root:
            if found.tag != f"{XS}element":
                self._types[found.attrib["name"]] = found

    def messages(self) -> Iterator[Maximal]:
        """Messages that together have every element."""
        seen: set[tuple[str, ...]] = set()
        for turn in range(self._widest()):
            message = self._message(turn)
            new = {leaf.path for leaf in message.leaves} - seen
            seen |= new
            if new:
                yield message

    def _widest(self) -> int:
        return max(len(choice) for found in self._types.values() for choice in found.iter(f"{XS}choice"))

    def _message(self, turn: int) -> Maximal:
        leaves: list[Leaf] = []
        numbers = count(1)
        type_ = self._types[self._document.attrib["type"]]
        body = "".join(self._content(type_, (), turn, leaves, numbers))
        name = self._document.attrib["name"]
        return Maximal(f'<{name} xmlns="{self.namespace}">{body}</{name}>'.encode(), tuple(leaves))

    def _content(
        self,
        type_: ElementTree.Element,
        path: tuple[str, ...],
        turn: int,
        leaves: list[Leaf],
        numbers: Iterator[int],
    ) -> Iterator[str]:
        for group in type_:
            if group.tag == f"{XS}sequence":
                for child in group:
                    yield from self._child(child, path, turn, leaves, numbers)
            elif group.tag == f"{XS}choice":
                options = list(group)
                yield from self._child(options[turn % len(options)], path, turn, leaves, numbers)

    def _child(
        self,
        child: ElementTree.Element,
        path: tuple[str, ...],
        turn: int,
        leaves: list[Leaf],
        numbers: Iterator[int],
    ) -> Iterator[str]:
        if child.tag == f"{XS}choice":
            options = list(child)
            yield from self._child(options[turn % len(options)], path, turn, leaves, numbers)
            return
        if child.tag == f"{XS}sequence":
            for inner in child:
                yield from self._child(inner, path, turn, leaves, numbers)
            return
        if child.tag == f"{XS}any":
            leaves.append(Leaf((*path, "Extra"), f"Vqextra {next(numbers)}", True))
            yield f"<Extra>{leaves[-1].text}</Extra>"
            return
        name = child.attrib["name"]
        below = (*path, name)
        if len(below) > 30 or below.count(name) > 2:
            return
        type_ = self._types[child.attrib["type"]]
        simple, attributes = self._simple(type_)
        if simple is None:
            content = "".join(self._content(type_, below, turn, leaves, numbers))
            yield f"<{name}>{content}</{name}>"
            return
        text, free = self._text(simple, name, numbers)
        leaves.append(Leaf(below, text, free))
        yield f"<{name}{attributes}>{escape(text)}</{name}>"

    def _simple(self, type_: ElementTree.Element) -> tuple[ElementTree.Element | None, str]:
        if type_.tag == f"{XS}simpleType":
            return type_, ""
        extension = type_.find(f"{XS}simpleContent/{XS}extension")
        if extension is None:
            return None, ""
        attribute = extension.find(f"{XS}attribute")
        assert attribute is not None
        value = "EUR" if attribute.attrib["name"] == "Ccy" else "X"
        return self._types[extension.attrib["base"]], f' {attribute.attrib["name"]}="{value}"'

    def _text(self, type_: ElementTree.Element, name: str, numbers: Iterator[int]) -> tuple[str, bool]:
        restriction = type_.find(f"{XS}restriction")
        assert restriction is not None
        facets = {facet.tag.removeprefix(XS): facet.attrib["value"] for facet in restriction}
        if "enumeration" in facets:
            first = restriction.find(f"{XS}enumeration")
            assert first is not None
            return first.attrib["value"], False
        base = restriction.attrib["base"].removeprefix("xs:")
        if base != "string":
            return TYPES[base], False
        number = next(numbers)
        if "pattern" in facets:
            kind = type_.attrib["name"]
            if "BIC" in kind:
                letters = "".join(chr(65 + number // 26**place % 26) for place in range(4))
                return f"{letters}DEFF", False
            if "UUID" in kind:
                return f"97ed4827-7b6f-4491-a06f-{number:012d}", False
            if "Phone" in kind:
                return f"+49-{number:08d}", False
            return PATTERNS.get(facets["pattern"], f"{number}"), False
        most = int(facets.get("maxLength", 35))
        return f"Vq{number:x}"[-most:], most > 4
