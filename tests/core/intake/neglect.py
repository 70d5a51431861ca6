"""Finds texts that a reader ignored: those that are neither in the payments nor in not_screened.toml."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

import msgspec

from holdgate.core.intake import Received
from holdgate.core.intake.not_screened import NOT_SCREENED, NOT_SCREENED_MT
from tests.core.intake.samples import Sample

CODES = frozenset({"NOTPROVIDED", "INS", "CUST", "DRLC", "EMPL", "CCPT", "NIDN", "SOSE", "TXID", "ARNU"})
"""Code words of MT fields that label the text beside them and are not kept themselves."""


def neglected(sample: Sample, payments: Sequence[Received]) -> Iterator[str]:
    """Return the places of the ignored texts."""
    yield from _xml(sample, payments) if sample.is_xml else _mt(sample, payments)


def texts_by_path(payments: Sequence[Received]) -> dict[str, list[str]]:
    """Return every text of the payments with the paths of its fields."""
    found: dict[str, list[str]] = {}
    for received in payments:
        for path, text in _texts(msgspec.to_builtins(received.payment), ""):
            found.setdefault(text, []).append(path)
    return found


def _xml(sample: Sample, payments: Sequence[Received]) -> Iterator[str]:
    texts = texts_by_path(payments)
    root = ElementTree.fromstring(sample.value)  # noqa: S314 - the tests' own files
    for parent in root.iter():
        for element in parent:
            name, text = _local(element), " ".join((element.text or "").split())
            path = f"{_local(parent)}/{name}"
            known = text in texts or any(text in value for value in texts if ", " in value)
            embedded = text.startswith("<")  # a message of its own
            if text and not len(element) and not (known or embedded or NOT_SCREENED.keys() & {name, path}):
                yield path


def _mt(sample: Sample, payments: Sequence[Received]) -> Iterator[str]:
    texts = "".join(re.sub(r"\W", "", text) for text in texts_by_path(payments))
    tag = ""
    for line in sample.value.decode().rpartition("{4:")[2].splitlines():
        begun = re.match(r":([0-9]{2}[A-Z]?):", line)
        tag = begun[1] if begun else tag
        words = re.findall(r"\w{3,}", line[begun.end() :] if begun else line)
        if line.startswith("-}") or tag in NOT_SCREENED_MT or tag == "23E":
            continue
        for word in words:
            if word not in texts and word not in CODES:
                yield f"{tag} {word}"


def _texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for name, child in node.items():
            yield from _texts(child, f"{path}.{name}" if path else name)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _texts(child, path)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
