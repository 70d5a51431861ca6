"""The gazetteer: the sanctioned places of the policy, looked up by name or code.

`deploy/geography.toml` has the regimes with programme, source and date.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import islice, product
from typing import Literal, NamedTuple

from normality import ascii_text

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.places.inflection import adjective_forms, decline
from holdgate.core.places.territories import alpha3_of, encodable, names_of, territory_of
from holdgate.core.places.text_words import runs_of
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

MAX_ROMANISED = 200
"""Characters of a text that are romanised at most. A longer line is looked up word by word."""

MAX_ABBREVIATED = 40
"""Maximum abbreviated forms of one name."""

_ABBREVIATIONS: dict[str, list[str]] = tomllib.loads(
    files("holdgate.core.places").joinpath("data", "abbreviations.toml").read_text(encoding="utf-8")
)

Form = Literal["name", "declined", "adjective", "code"]
"""How a text names a place: by a known spelling, in another case, by its adjective or by a country code."""


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


class TextForm(NamedTuple):
    """A form in which a text names a place."""

    named: NamedPlace
    form: Form


class Gazetteer:
    """Finds places by name and regimes by country."""

    def __init__(self, geography: Geography) -> None:
        self.by_country: dict[str, list[Regime]] = {}
        self.towns_outside: dict[str, frozenset[str]] = {}
        """Folded names of the towns of a region that the regime does not cover, by the id of the regime."""
        self._by_territory: dict[str, SanctionedPlace] = {}
        self._by_name: dict[str, SanctionedPlace] = {}
        self._by_text_form: dict[str, TextForm] = {}
        """Forms that only a text has: other cases and adjectives."""
        self.codes: dict[str, TextForm] = {}
        """The two- and three-letter codes of sanctioned countries, in capitals."""
        self._by_deletion: dict[str, SanctionedPlace] = {}
        """Places by each form of a name with one letter deleted (symmetric delete)."""
        self._misspelt_cache: BoundedCache[str, NamedPlace | None] = BoundedCache(CACHED_NAMES)
        """Results for names in no known spelling. An `lru_cache` on the method would keep a replaced
        gazetteer alive until the garbage collector runs, which is rare in a worker."""
        for regime in geography.regimes:
            for code in regime.countries:
                self.by_country.setdefault(code, []).append(regime)
            self._add(regime)
        for regime in geography.regimes:
            self._add_forms(regime)
        self.first_words = frozenset(name.partition(" ")[0] for name in self._by_name)
        self.text_forms = frozenset((*self._by_name, *self._by_text_form))
        self.name_beginnings = frozenset(
            name[: gap.start()] for name in self.text_forms for gap in re.finditer(" ", name)
        )
        """The first words, one or more, of each form that has more of them."""
        self.runs = runs_of(self._by_name)
        """Cuts the names of places out of text without spaces."""
        self.text_words = self.first_words.union(
            (name.partition(" ")[0] for name in self._by_text_form), map(str.lower, self.codes)
        )
        """The first words of all forms in which a text names a place."""
        self.max_words = max((name.count(" ") + 1 for name in self._by_name), default=0)

    def prepare(self) -> None:
        """Warm up: the first look-up reads a table of 25,725 names, which takes 30 ms."""
        self.territory("")

    def find_exact(self, folded: str) -> NamedPlace | None:
        """Return the place of a folded name in a known spelling, None if there is none."""
        place = self._by_name.get(folded)
        return None if place is None else NamedPlace(place, "exact")

    def find_in_text(self, folded: str) -> TextForm | None:
        """Return the place that a folded name denotes in a text, None if there is none."""
        place = self._by_name.get(folded)
        if place is not None:
            return TextForm(NamedPlace(place, "exact"), "name")
        return self._by_text_form.get(folded)

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
            place = self._by_deletion.get(form)
            if place is None and len(form) >= MIN_MISSPELT_LENGTH:
                place = self._by_name.get(form)
            if place is not None and not place.shared:
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
        region = self._region(regime)
        for code in regime.territories:
            self._by_territory[code] = region
        for form in _other_names(regime):
            self._by_name.setdefault(form, region)
            if len(form) >= MIN_MISSPELT_LENGTH and not region.shared:
                for deletion in _deletions(form):
                    self._by_deletion.setdefault(deletion, region)
        self.towns_outside[regime.id] = frozenset(fold_place_name(town) for town in regime.outside)

    def _region(self, regime: Regime) -> SanctionedPlace:
        name = next(iter(regime.regions), regime.name)
        shared = fold_place_name(name) in {fold_place_name(other) for other in regime.elsewhere}
        return SanctionedPlace(regime, "region", name, shared)

    def _add_forms(self, regime: Regime) -> None:
        """Add the cases of the names of a regime, its adjectives and its codes."""
        kinds = (regime.regions, regime.cities, regime.ports)
        for spelling in [word for kind in kinds for name in kind for word in (name, *kind[name])]:
            place = self._by_name[fold_place_name(spelling)]
            if place.shared and place.kind != "region":  # `филе судака` is a fish
                continue
            declined = decline(spelling)
            for form in declined.accusative:
                self._by_name.setdefault(fold_place_name(form), place)
            for form in declined.oblique:
                folded = fold_place_name(form)
                self._by_text_form.setdefault(folded, TextForm(NamedPlace(place, "exact"), "declined"))
        region = NamedPlace(self._region(regime), "exact")
        for adjective in regime.adjectives:
            for form in adjective_forms(adjective):
                self._by_text_form.setdefault(fold_place_name(form), TextForm(region, "adjective"))
        for code in regime.countries:
            for written in filter(None, (code, alpha3_of(code))):
                self.codes[written] = TextForm(region, "code")


def _other_names(regime: Regime) -> Iterator[str]:
    """Yield the folded names of a region, those of rigour and abbreviated or joined ones included.

    Of the names that rigour knows, those of one Latin word are left out: `Iron` and `Elan` are Iran.
    """
    adjectives = {fold_place_name(adjective) for adjective in regime.adjectives}
    names = [
        fold_place_name(spelling) for name, others in regime.regions.items() for spelling in (name, *others)
    ]
    for code in regime.territories:
        for name in map(fold_place_name, names_of(code)):
            words = name.split()
            is_latin = max(name) <= LAST_LATIN
            if name not in adjectives and (not is_latin or (len(words) > 1 and len(words[0]) > 3)):
                names.append(name)
    for name in names:
        yield name
        words = name.split()
        if max(name, default="") <= LAST_LATIN and len(words) > 1:
            yield from islice(_abbreviated(words), MAX_ABBREVIATED)
            if len(words) == 2:
                yield "".join(words)


def _abbreviated(words: list[str]) -> Iterator[str]:
    """Yield a name with each combination of abbreviations of its words."""
    for form in product(*((word, *_ABBREVIATIONS.get(word, ())) for word in words)):
        yield " ".join(form)


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
    return tuple(dict.fromkeys((folded, fold_place_name(ascii_text(encodable(text[:MAX_ROMANISED]))))))


def _deletions(word: str) -> Iterable[str]:
    """Return the word without each of its letters in turn. Words one letter apart share such a form."""
    return (word[:position] + word[position + 1 :] for position in range(len(word)))
