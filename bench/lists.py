"""The lists to measure with: the reference data or the sample, and larger lists made from them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from bench.parties import REFERENCE
from deploy.local.daemon import ROOT
from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.lists.building import BuiltSnapshot, build_lists

SAMPLE = ROOT / "deploy" / "sample" / "ofac"


def choose_lists(reference: Path = REFERENCE) -> tuple[str, dict[str, str]]:
    """Return a description of the lists, and their paths by name."""
    if reference.is_dir():
        places = {
            "ofac": str(reference / "lists/ofac/sdn-2023-12-28"),
            "un": str(reference / "lists/un/consolidated.2026-02.xml"),
        }
        return "OFAC of 2023-12-28 and UN of 2026-02", places
    return "the OFAC sample alone (no reference data beside the checkout)", {"ofac": str(SAMPLE)}


def build_measured_lists(reference: Path = REFERENCE) -> BuiltSnapshot:
    """Return the snapshot of the lists."""
    return build_lists(choose_lists(reference)[1], lambda _: None)


def enlarge(entries: Sequence[Entry], times: int, seed: int) -> list[Entry]:
    """Return `times` as many entries; a new name joins the first half of one name to the last of another."""
    return [*entries, *_recombined(entries, (times - 1) * len(entries), Random(f"{seed}:{times}"))]


def _recombined(entries: Sequence[Entry], number: int, rng: Random) -> Iterator[Entry]:
    by_type: dict[str, list[Entry]] = {}
    for entry in entries:
        by_type.setdefault(entry.type, []).append(entry)
    for i in range(number):
        first = rng.choice(entries)
        second = rng.choice(by_type[first.type])
        names = [
            ListedName(_cross_names(name.text, rng.choice(second.names).text), name.kind)
            for name in first.names
        ]
        yield msgspec.structs.replace(first, id=f"{first.list}:made-{i}", names=tuple(names), ids=())


def _cross_names(front: str, back: str) -> str:
    words, others = front.split(), back.split()
    return " ".join((*words[: (len(words) + 1) // 2], *others[len(others) // 2 :]))
