"""The engine's version: which code made a decision.

A package version alone would not tell two builds apart, so the digest of the deciding code and of the
libraries that score goes with it: equal versions, equal decisions.
"""

import hashlib
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable

from holdgate import __version__

SCORING_LIBRARIES = ("rigour", "rapidfuzz", "numpy", "PyICU", "python-stdnum", "schwifty")


@cache
def engine_version() -> str:
    """`<package version>+<8 hexadecimal digits over holdgate.core and the scoring libraries' versions>`."""
    digest = hashlib.sha256()
    for library in SCORING_LIBRARIES:
        digest.update(f"{library}={metadata.version(library)}\n".encode())
    for file in _files(resources.files("holdgate.core")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"


def _files(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            found += [] if item.name == "__pycache__" else _files(item)
        else:
            found.append(item)
    return found
