"""The gazetteer: the sanctioned places of the policy, looked up by name or code.

`deploy/geography.toml` has the regimes with programme, source and date.
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
"""Names of at least this many letters also match with one letter wrong. Shorter ones do not: `Malta` is one
letter from `Yalta`."""

LAST_LATIN = "\u024f"
"""The last letter of the block Latin Extended-B."""

MAX_MISSPELT_LENGTH = 60
"""Names of at most this many letters match with one letter wrong. The longest spelling in the policy that
ships has 36, and the look-up tries the name without each of its letters in turn."""

CACHED_NAMES = 20_000


class SanctionedPlace(NamedTuple):
    """A sanctioned place: its regime, kind and usual name; `shared` if places elsewhere have that name."""

    regime: Regime
    kind: PlaceKind
    name: str
    shared: bool


class NamedPlace(NamedTuple):
    """A place found by name; `how` is `exact` for a known spelling, `edit` for one with a letter wrong."""

    place: SanctionedPlace
    how: Literal["exact", "edit"]


class Gazetteer:
    """Finds places by name and regimes by country."""

    def __init__(self, geography: Geography) -> None:
        self.by_country: dict[str, list[Regime]] = {}
        self.towns_outside: dict[str, frozenset[str]] = {}
        """Folded names of the towns of a region that the regime does not cover, by the id of the regime."""
        self._by_territory: dict[str, SanctionedPlace] = {}
        self._by_name: dict[str, SanctionedPlace] = {}
        self._by_deletion: dict[str, SanctionedPlace] = {}
        """Places by each form of a name with one letter deleted (symmetric delete)."""
        self._misspelt_cache: BoundedCache[str, NamedPlace | None] = BoundedCache(CACHED_NAMES)
        """Results for names in no known spelling. An `lru_cache` on the method would keep a replaced
        gazetteer alive until the garbage collector runs, which is rare in a worker."""
        for regime in geography.regimes:
            for code in regime.countries:
                self.by_country.setdefault(code, []).append(regime)
            self._add(regime)
        self.first_words = frozenset(name.partition(" ")[0] for name in self._by_name)
        self.max_words = max((name.count(" ") + 1 for name in self._by_name), default=0)

    def prepare(self) -> None:
        """Warm up: the first look-up reads a table of 25,725 names, which takes 30 ms."""
        self.territory("")

    def find_exact(self, folded: str) -> NamedPlace | None:
        """Return the place of a folded name in a known spelling, None if there is none."""
        place = self._by_name.get(folded)
        return None if place is None else NamedPlace(place, "exact")

    def find(self, folded: str) -> NamedPlace | None:
        """Return the place of a folded name; a long name may have one letter wrong. None if there is none."""
        exact = self.find_exact(folded)
        if exact is not None:
            return exact
        if folded not in self._misspelt_cache:
            self._misspelt_cache[folded] = self._find_misspelt(folded)
        return self._misspelt_cache[folded]

    def _find_misspelt(self, folded: str) -> NamedPlace | None:
        if not MIN_MISSPELT_LENGTH - 1 <= len(folded) <= MAX_MISSPELT_LENGTH or any(map(str.isdigit, folded)):
            return None
        for form in (folded, *_deletions(folded)):
            place = self._by_deletion.get(form) or self._by_name.get(form)
            if place is not None and not place.shared and len(place.name) >= MIN_MISSPELT_LENGTH:
                return NamedPlace(place, "edit")
        return None

    def territory(self, text: str) -> tuple[SanctionedPlace | None, str | None]:
        """Look up the name or code of a country or territory.

        Return the sanctioned place it denotes and the alpha-2 code of its country; None for each it lacks.
        """
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
                    # Other scripts are not romanised: Yalta would become `Alta`, a town in Norway.
                    romanised = (
                        folded if max(spelling) > LAST_LATIN else fold_place_name(ascii_text(spelling))
                    )
                    for form in {folded, romanised} - {""}:
                        self._by_name.setdefault(form, place)
                        if len(form) >= MIN_MISSPELT_LENGTH and not place.shared:
                            for deletion in _deletions(form):
                                self._by_deletion.setdefault(deletion, place)
        for code in regime.territories:
            name = next(iter(regime.regions), regime.name)
            self._by_territory[code] = SanctionedPlace(
                regime, "region", name, fold_place_name(name) in shared
            )
        self.towns_outside[regime.id] = frozenset(fold_place_name(town) for town in regime.outside)


_GAPS = re.compile(r"[\W_]+")


def fold_place_name(text: str) -> str:
    """Return the form in which place names are compared: case folded, without combining marks or punctuation.

    Punctuation becomes a space, but an apostrophe or full stop does not split a word: `P'yongyang`,
    `D.P.R.K.`.
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
    """Return the folded text, followed by its folded romanisation if it is not ASCII."""
    folded = fold_place_name(text)
    if folded.isascii():
        return (folded,)
    return tuple(dict.fromkeys((folded, fold_place_name(ascii_text(encodable(text[:200]))))))


def encodable(text: str) -> str:
    """Return the text with lone surrogates replaced by `?`; ICU rejects them."""
    return text.encode("utf-8", "replace").decode()


def _deletions(word: str) -> Iterable[str]:
    """Return the word without each of its letters in turn. Words one letter apart share such a form."""
    return (word[:position] + word[position + 1 :] for position in range(len(word)))
