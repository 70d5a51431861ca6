"""A match as the page shows it: the payment's words above the listed words, and the facts beside the name."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from holdgate.core.engine.corroboration import birth_dates_agree, entry_countries
from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence, How
from holdgate.core.model.listed_entry import Entry
from holdgate.core.review.parties import search_words

Tone = Literal["same", "near", "against", "context"]

HOW_TEXTS: Mapping[How, tuple[Tone, str]] = {
    "exact": ("same", "same"),
    "translit": ("same", "same, romanised"),
    "symbol": ("near", "same meaning"),
    "edit": ("near", "misspelt"),
    "homoglyph": ("near", "look-alike letters"),
    "ocr": ("near", "misread letters"),
    "lost": ("near", "letters lost"),
    "initial": ("near", "initial"),
    "prefix": ("near", "cut short"),
    "joined": ("near", "written together"),
    "split": ("near", "written apart"),
    "extra": ("against", "only in the payment"),
    "missing": ("against", "only on the list"),
    "conflict": ("against", "different"),
    "agrees": ("same", "agrees"),
    "conflicts": ("against", "conflicts"),
    "common": ("context", "a common name"),
    "weak": ("context", "a weak alias"),
    "at": ("context", "position"),
    "place": ("context", "why this place"),
    "route": ("context", "on the route"),
    "corridor": ("context", "on the route"),
    "source": ("context", "rule"),
}
"""The tone and the label of each kind of evidence."""

MAX_BAR = 12.0
"""Evidence, in nats, at which a bar is full: a rare word has about as much."""

BAR_WIDTH = 60


class WordPair(NamedTuple):
    """A part of the payment above its counterpart; empty where there is none."""

    part: str
    matched: str
    tone: Tone
    label: str
    weight: float
    bar: float
    """Width of the bar, of BAR_WIDTH."""


class Fact(NamedTuple):
    """A fact beside the name: what either side says of it, and whether they agree."""

    name: str
    given: str
    listed: str
    verdict: Literal["agree", "conflict", "absent", "not compared"]


class MatchView(NamedTuple):
    """A match of the held decision."""

    number: int
    match: Match
    pairs: tuple[WordPair, ...]
    context: tuple[WordPair, ...]
    facts: tuple[Fact, ...]
    romanised: str | None
    matched_romanised: str | None
    is_known_entry: bool
    is_right_to_left: bool


def view_match(number: int, match: Match, party: Mapping[str, str], entry: Entry | None) -> MatchView:
    """Return a match as it is shown.

    `party` has what the payment says of the party that matched: `birth_date`, `countries` and `ids`, absent
    ones left out. `entry` is the list entry as of the decision, None if it is not known.
    """
    pairs = [_pair(evidence) for evidence in match.evidence]
    return MatchView(
        number,
        match,
        tuple(pair for pair in pairs if pair.tone != "context" and pair.label not in ("agrees", "conflicts")),
        tuple(pair for pair in pairs if pair.tone == "context"),
        tuple(_facts(match, party, entry)) if match.rule in ("name", "text", "address") else (),
        romanise(match.value),
        romanise(match.matched_name),
        entry is not None,
        is_right_to_left(match.value),
    )


def romanise(text: str) -> str | None:
    """Return the romanised words of a text in another script, as they are compared; None for a Latin one."""
    if text.isascii() or all(char < "\u0250" or not char.isalpha() for char in text):
        return None
    return " ".join(spellings[0] for spellings in search_words(text)) or None


def is_right_to_left(text: str) -> bool:
    """Return whether a text is written from right to left, by its first letter with a direction."""
    directions = (unicodedata.bidirectional(char) for char in text)
    return next((one in ("R", "AL") for one in directions if one in ("L", "R", "AL")), False)


def _pair(evidence: Evidence) -> WordPair:
    tone, label = HOW_TEXTS[evidence.how]
    bar = round(min(abs(evidence.weight), MAX_BAR) / MAX_BAR * BAR_WIDTH, 1)
    return WordPair(evidence.part, evidence.matched, tone, label, evidence.weight, bar)


def _facts(match: Match, party: Mapping[str, str], entry: Entry | None) -> Sequence[Fact]:
    told = {
        part.part.rsplit(" ", 1)[0] if part.part.startswith("birth") else "country": part
        for part in match.evidence
        if part.how in ("agrees", "conflicts")
    }
    return [
        _fact("birth date", party.get("birth_date", ""), _listed_dates(entry), told, entry),
        _fact("country", party.get("countries", ""), _listed_countries(entry), told, entry),
        _fact("ids", party.get("ids", ""), _listed_ids(entry), told, entry),
    ]


def _fact(name: str, given: str, listed: str, told: Mapping[str, Evidence], entry: Entry | None) -> Fact:
    evidence = told.get(name)
    if evidence is not None:
        prefix = len(name) + 1
        verdict: Literal["agree", "conflict"] = "agree" if evidence.how == "agrees" else "conflict"
        return Fact(name, evidence.part[prefix:], evidence.matched[prefix:], verdict)
    if not given or (entry is not None and not listed):
        return Fact(name, given, listed, "absent")
    if name == "birth date" and entry is not None and birth_dates_agree(given, entry.birth_dates) is None:
        return Fact(name, given, listed, "not compared")
    return Fact(name, given, listed, "not compared")


def _listed_dates(entry: Entry | None) -> str:
    return "" if entry is None else ", ".join(entry.birth_dates)


def _listed_countries(entry: Entry | None) -> str:
    return "" if entry is None else ", ".join(sorted(entry_countries(entry)))


def _listed_ids(entry: Entry | None) -> str:
    return "" if entry is None else ", ".join(f"{item.type} {item.value}" for item in entry.ids)
