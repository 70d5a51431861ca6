"""Goods that must not reach a destination, where a payment tells both: rule `goods`, reason GOODS.

The Harmonized System's first six digits are the same everywhere; what follows is national. A description
is asked for words of the list where no code is given, for words are vaguer than codes. Without a route
nothing is held, and a country through which such goods are known to travel on is told, not held.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.screened_fields import GoodsField
from holdgate.core.places.gazetteer import fold_place_name
from holdgate.core.policy.goods import GoodsList, GoodsRules, Tier

GOODS_LIST = "goods"
"""What stands for a list's name in a match: the section of the policy."""

SUBHEADING = 6
"""Digits of a Harmonized System code that mean the same in every country."""


class _Listed(NamedTuple):
    rules: GoodsList
    tier: Tier


class GoodsFinder:
    """Finds what a policy's goods hold."""

    def __init__(self, rules: GoodsRules) -> None:
        self._by_code: dict[str, list[tuple[_Listed, str]]] = {}
        self._by_word: list[tuple[re.Pattern[str], _Listed, str]] = []
        for found in rules.lists:
            for tier in found.tiers:
                listed = _Listed(found, tier)
                for code in tier.codes:
                    self._by_code.setdefault(code.replace(".", ""), []).append((listed, code))
                for word in tier.words:
                    pattern = re.compile(rf"(?<!\w){re.escape(fold_place_name(word))}(?!\w)")
                    self._by_word.append((pattern, listed, word))

    def find(self, field: GoodsField) -> Iterator[Match]:
        """The matches of goods with their route."""
        for listed, path, value, read in self._listed(field):
            rules = listed.rules
            there = [(at, code) for at, code in field.route if code in rules.destinations]
            if not there:
                continue
            through = [(at, code) for at, code in field.route if code in rules.corridor]
            route = tuple(
                Evidence(at, f"{code}, a destination of the list", "route", 0.0) for at, code in there
            )
            told = tuple(
                Evidence(at, f"{code}, transshipment corridor", "corridor", 0.0) for at, code in through
            )
            yield Match(
                field=path,
                value=value,
                entry_id=f"{GOODS_LIST}:{rules.id}",
                entry_name=rules.name,
                matched_name=f"tier {listed.tier.tier}: {read}",
                list=GOODS_LIST,
                programs=rules.programs,
                rule="goods",
                score=1.0,
                evidence=(
                    Evidence(value, f"{read} (tier {listed.tier.tier})", "exact", 1.0),
                    *_once(route),
                    *_once(told),
                    Evidence(f"in force from {rules.since}", rules.sources[0], "source", 0.0),
                ),
            )

    def _listed(self, field: GoodsField) -> Iterator[tuple[_Listed, str, str, str]]:
        code = re.sub(r"\D", "", field.goods.hs_code or "")
        if len(code) >= SUBHEADING:
            for listed, known in self._by_code.get(code[:SUBHEADING], ()):
                yield listed, f"{field.path}.hs_code", field.goods.hs_code or "", known
            return
        text = fold_place_name(field.goods.description or "")
        seen: set[str] = set()
        for pattern, listed, word in self._by_word if text else ():
            if listed.rules.id not in seen and (found := pattern.search(text)):
                seen.add(listed.rules.id)
                yield listed, f"{field.path}.description", found.group(), word


def _once(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence))
