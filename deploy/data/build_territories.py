"""Regenerate services/holdgate/core/places/data/territories.tsv.gz from the installed version of rigour.

    python deploy/data/build_territories.py

The first line has the version of rigour; each other line has a normalised territory name and its code.
"""

import gzip
from importlib import metadata
from pathlib import Path

from rigour.territories.lookup import _get_territory_names

TARGET = (
    Path(__file__).parents[2] / "services" / "holdgate" / "core" / "places" / "data" / "territories.tsv.gz"
)


def table() -> str:
    """Return the table as text."""
    names = {name: territory.code for name, territory in _get_territory_names().items()}
    rows = [f"rigour\t{metadata.version('rigour')}", *(f"{name}\t{names[name]}" for name in sorted(names))]
    return "\n".join(rows)


if __name__ == "__main__":
    TARGET.write_bytes(gzip.compress(table().encode(), 9, mtime=0))
    print(f"{TARGET.name}: {len(table().splitlines()) - 1} names")
