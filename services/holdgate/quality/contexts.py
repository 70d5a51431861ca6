"""Names in context: are listed names found, and ordinary ones left alone, wherever a payment carries them?

A context is a place in a payment message: a joint account title, the second line of an MT field, an address
element, an unknown JSON member. `contexts.toml` lists them as data. Each is filled with listed names, as they
are spelt on the list and with one edit, and to measure false alerts with ordinary names that no list has.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources
from random import Random

import msgspec

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.model.listed_entry import Entry
from holdgate.quality.context_messages import Context, Kind, Surroundings, build_payment
from holdgate.quality.manipulations import edit_letter, given_name_first
from holdgate.quality.report import ContextRate, HeldCount, OrdinaryName

MAX_DRAWS = 50
"""Draws per case before a context is left short: few names fit into one line of 35 characters."""
WHOLE = "whole payments"
"""The group of contexts that are complete payments: both parties with addresses, and a sentence."""
BATCH = 500
NOTHING = HeldCount(0, 0)

_KINDS: tuple[Kind, ...] = ("person", "entity")


@cache
def contexts() -> tuple[Context, ...]:
    """Return the contexts of `contexts.toml`, in its order."""
    text = resources.files("holdgate.quality").joinpath("contexts.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["context"], tuple[Context, ...])


def measure_contexts(
    screener: Screener, entries: Sequence[Entry], ordinary: Sequence[OrdinaryName], seed: int, size: int
) -> tuple[ContextRate, ...]:
    """Return, per context, how many of up to `size` names each are held: listed persons and entities, the
    same with one edit, and ordinary names of each type. The same seed gives the same payments.

    Without ordinary names, no false alerts are measured.
    """
    listed = {kind: _listed_names(entries, kind) for kind in _KINDS}
    innocent = {kind: [item.name for item in ordinary if item.type == kind] for kind in _KINDS}
    beside = Surroundings(ordinary)
    rows: list[ContextRate] = []
    for context in contexts():
        counts = {
            (label, kind): _held(screener, list(_fill(context, names[kind], beside, change, rng, size)))
            for label, names, change in (
                ("listed", listed, None),
                ("edited", listed, edit_long_word),
                ("ordinary", innocent, None),
            )
            for kind in _KINDS
            if context.only in (None, kind)
            for rng in [Random(f"{seed}:{context.name}:{label}:{kind}")]  # noqa: S311 - a reproducible sample
        }
        rows.append(
            ContextRate(
                context.name,
                context.group,
                persons=counts.get(("listed", "person"), NOTHING),
                entities=counts.get(("listed", "entity"), NOTHING),
                edited_persons=counts.get(("edited", "person"), NOTHING),
                edited_entities=counts.get(("edited", "entity"), NOTHING),
                ordinary=add_up(counts[key] for key in counts if key[0] == "ordinary"),
            )
        )
    return tuple(rows)


def whole_payments(ordinary: Sequence[OrdinaryName], seed: int, size: int) -> Iterator[Received]:
    """Yield complete payments between ordinary parties, each format in turn, as messages that were read."""
    beside = Surroundings(ordinary)
    rng = Random(f"{seed}:{WHOLE}")  # noqa: S311 - a reproducible sample, not a secret
    names = [item.name for item in ordinary if item.type in _KINDS]
    formats = [context for context in contexts() if context.group == WHOLE]
    for number in range(size if names else 0):
        yield from _fill(formats[number % len(formats)], names, beside, None, rng, 1)


def edit_long_word(name: str, rng: Random) -> str | None:
    """Insert, delete, replace or swap one letter in a word of four letters or more; None if there is none."""
    words = [match.span() for match in re.finditer(r"[^\W\d_]{4,}", name)]
    if not words:
        return None
    start, end = rng.choice(words)
    while (word := edit_letter(name[start:end], rng)).casefold() == name[start:end].casefold():
        pass  # the letter was replaced by itself, or swapped with its equal
    return name[:start] + word + name[end:]


def add_up(counts: Iterator[HeldCount] | Sequence[HeldCount]) -> HeldCount:
    """Return the sum of counts."""
    total = NOTHING
    for count in counts:
        total = HeldCount(total.tried + count.tried, total.held + count.held)
    return total


def _listed_names(entries: Sequence[Entry], kind: str) -> list[str]:
    """Return the primary names of a type as a payer writes them; names of fewer than two words are left out,
    as some contexts cut them in two."""
    names = (given_name_first(entry.name, kind) for entry in entries if entry.type == kind)
    return [name for name in names if " " in name and len(name) >= 8]


def _held(screener: Screener, payments: Sequence[Received]) -> HeldCount:
    """Return how many payments were screened and how many of them are held."""
    held = 0
    for start in range(0, len(payments), BATCH):
        decisions = screener.screen(payments[start : start + BATCH])
        held += sum(decision.decision == "HOLD" for decision in decisions)
    return HeldCount(len(payments), held)


def _fill(
    context: Context,
    names: Sequence[str],
    beside: Surroundings,
    change: Callable[[str, Random], str | None] | None,
    rng: Random,
    size: int,
) -> Iterator[Received]:
    """Yield up to `size` payments that carry a name, changed or as it is, in the context."""
    made = 0
    for _ in range(size * MAX_DRAWS if names else 0):
        if made == size:
            return
        name: str | None = rng.choice(names)
        if name and change:
            name = change(name, rng)
        payment = build_payment(context, name, beside, rng) if name else None
        if payment is not None:
            made += 1
            yield payment
