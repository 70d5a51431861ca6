"""The engine version: identifies the code that made a decision.

The package version alone cannot tell two builds apart. The engine version therefore includes a digest of
the deciding code, its data and the versions of the scoring libraries: equal engine versions give equal
decisions.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable

from holdgate import __version__

SCORING_LIBRARIES = ("rigour", "rapidfuzz", "numpy", "PyICU", "python-stdnum", "schwifty")

DIGESTED_SUFFIXES = (".py", ".toml", ".gz", ".tsv")
"""Code and data. Other files, such as a README, decide nothing."""

EXCLUDED_FOLDERS = ("__pycache__", "policy/data", "review")
"""`policy/data` holds the delivered policy. The policy version covers its values, including the sections that
a policy file leaves out, so a changed threshold is a new policy and not a new engine. `review` has what
people do after a payment was screened."""


@cache
def engine_version() -> str:
    """Return `<package version>+<8 hex digits>`; the digits cover holdgate.core and the scoring libraries."""
    digest = hashlib.sha256()
    for library in SCORING_LIBRARIES:
        digest.update(f"{library}={metadata.version(library)}\n".encode())
    for path, file in digested_files():
        content = file.read_bytes()
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return f"{__version__}+{digest.hexdigest()[:8]}"


def digested_files() -> Iterator[tuple[str, Traversable]]:
    """Yield the files in the digest in a fixed order, each with its path relative to holdgate.core."""
    return _walk(resources.files("holdgate.core"), "")


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        path = prefix + item.name
        if item.is_dir():
            if item.name not in EXCLUDED_FOLDERS and path not in EXCLUDED_FOLDERS:
                yield from _walk(item, f"{path}/")
        elif path.endswith(DIGESTED_SUFFIXES):
            yield path, item
