"""Sanctioned places as the policy tells them, and the look-up of a name or a code among them.

`deploy/geography.toml` carries the regimes with programme, source and date.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from normality import ascii_text

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.places.territories import territory_of
from holdgate.core.policy.geography import Geography, Regime, Spellings

PlaceKind = Literal["region", "city", "port"]

MIN_MISSPELT_LENGTH = 8
"""Letters from which a name is also found with one of them wrong: `Malta` is one letter from `Yalta`."""

LAST_LATIN = "\u024f"
"""The last letter of Latin."""

MAX_MISSPELT_LENGTH = 60
"""Letters up to which one may be wrong: the longest delivered spelling has 36, and the look-up asks for the
name without each of its letters in turn."""

CACHED_NAMES = 20_000


class SanctionedPlace(NamedTuple):
    """A sanctioned place: its regime, what it is, how it is usually called, whether others bear the name."""

    regime: Regime
    kind: PlaceKind
    name: str
    shared: bool


class NamedPlace(NamedTuple):
    """A place found by a name, and whether the spelling is a known one."""

    place: SanctionedPlace
    how: Literal["exact", "edit"]


class Gazetteer:
    """Finds places by name and regimes by country."""

    def __init__(self, geography: Geography) -> None:
        self.by_country: dict[str, list[Regime]] = {}
        self.outside: dict[str, frozenset[str]] = {}
        self._by_territory: dict[str, SanctionedPlace] = {}
        self._by_name: dict[str, SanctionedPlace] = {}
        self._by_rest: dict[str, SanctionedPlace] = {}
        self._misspelt_cache: BoundedCache[str, NamedPlace | None] = BoundedCache(CACHED_NAMES)
        """Misspelt names that were asked for. No `lru_cache` of a method of its own: that would keep a
        gazetteer until the collector comes, which a worker lets come seldom."""
        for regime in geography.regimes:
            for code in regime.countries:
                self.by_country.setdefault(code, []).append(regime)
            self._add(regime)
        self.first_words = frozenset(name.partition(" ")[0] for name in self._by_name)
        self.longest = max((name.count(" ") + 1 for name in self._by_name), default=0)

    def prepare(self) -> None:
        """Ask a first question: it reads a table of 25,725 names, which takes 30 ms."""
        self.territory("")

    def find_exact(self, folded: str) -> NamedPlace | None:
        """The place of a folded name in a known spelling."""
        found = self._by_name.get(folded)
        return None if found is None else NamedPlace(found, "exact")

    def find(self, folded: str) -> NamedPlace | None:
        """The place of a folded name; one letter wrong in a long one is told as `edit`."""
        found = self.find_exact(folded)
        if found is not None:
            return found
        if folded not in self._misspelt_cache:
            self._misspelt_cache[folded] = self._misspelt(folded)
        return self._misspelt_cache[folded]

    def _misspelt(self, folded: str) -> NamedPlace | None:
        if not MIN_MISSPELT_LENGTH - 1 <= len(folded) <= MAX_MISSPELT_LENGTH or any(map(str.isdigit, folded)):
            return None
        for rest in (folded, *_rests(folded)):
            near = self._by_rest.get(rest) or self._by_name.get(rest)
            if near is not None and not near.shared and len(near.name) >= MIN_MISSPELT_LENGTH:
                return NamedPlace(near, "edit")
        return None

    def territory(self, text: str) -> tuple[SanctionedPlace | None, str | None]:
        """The place that a country's or territory's name or code stands for, and its country's code."""
        code = territory_of(encodable(text))
        if code is None:
            return None, None
        return self._by_territory.get(code), code[:2].upper()

    def _add(self, regime: Regime) -> None:
        shared = {fold_place_name(name) for name in regime.elsewhere}
        kinds: tuple[tuple[PlaceKind, Spellings], ...] = (
            ("region", regime.regions), ("city", regime.cities), ("port", regime.ports),
        )  # fmt: skip
        for kind, spellings in kinds:
            for name, others in spellings.items():
                for spelling in (name, *others):
                    folded = fold_place_name(spelling)
                    place = SanctionedPlace(regime, kind, name, folded in shared)
                    # Not of other scripts: a romanised Yalta is `Alta`, which is a town of Norway.
                    romanised = (
                        folded if max(spelling) > LAST_LATIN else fold_place_name(ascii_text(spelling))
                    )
                    for form in {folded, romanised} - {""}:
                        self._by_name.setdefault(form, place)
                        if len(form) >= MIN_MISSPELT_LENGTH and not place.shared:
                            for rest in _rests(form):
                                self._by_rest.setdefault(rest, place)
        for code in regime.territories:
            name = next(iter(regime.regions), regime.name)
            self._by_territory[code] = SanctionedPlace(
                regime, "region", name, fold_place_name(name) in shared
            )
        self.outside[regime.id] = frozenset(fold_place_name(town) for town in regime.outside)


_GAPS = re.compile(r"[\W_]+")


def fold_place_name(text: str) -> str:
    """The form in which names of places are compared: no case, no marks on Latin letters, no punctuation.

    An apostrophe or full stop inside a word leaves no gap: `P'yongyang`, `D.P.R.K.`.
    """
    text = text.replace("'", "").replace("\u2019", "").replace("\u02bc", "").replace(".", "")
    if not text.isascii():
        text = "".join(
            char for char in unicodedata.normalize("NFKD", text[:1_000]) if not unicodedata.combining(char)
        )
        text = unicodedata.normalize("NFC", text)
    return _GAPS.sub(" ", text.casefold()).strip()


@lru_cache(maxsize=CACHED_NAMES)
def folded_forms(text: str) -> tuple[str, ...]:
    """The folded text, and where it is of another script its folded romanisation too."""
    folded = fold_place_name(text)
    if folded.isascii():
        return (folded,)
    return tuple(dict.fromkeys((folded, fold_place_name(ascii_text(encodable(text[:200]))))))


def encodable(text: str) -> str:
    """The text with `?` for what no encoding has: half of a surrogate pair stops ICU."""
    return text.encode("utf-8", "replace").decode()


def _rests(word: str) -> Iterable[str]:
    """The word without each of its letters in turn: two that share one are one letter apart."""
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
