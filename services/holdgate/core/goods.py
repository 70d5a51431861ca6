"""Find goods that must not reach a destination on the route of the payment: rule `goods`, reason GOODS.

The first six digits of the Harmonized System are international; the rest is national. Descriptions are
searched for words of the list only if there is no code, since words are vaguer. Without a route nothing is
held. A transshipment country on the route is reported but does not hold.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.screened_fields import GoodsField
from holdgate.core.places.gazetteer import fold_place_name
from holdgate.core.places.territories import country_code
from holdgate.core.policy.goods import GoodsList, GoodsRules, Tier

GOODS_LIST = "goods"
"""The list name in a match: the section of the policy."""

SUBHEADING = 6
"""Digits of a Harmonized System code that have the same meaning in every country."""


class _Listed(NamedTuple):
    rules: GoodsList
    tier: Tier


class GoodsFinder:
    """Finds the goods of a policy's goods lists."""

    def __init__(self, rules: GoodsRules) -> None:
        self._by_code: dict[str, list[tuple[_Listed, str]]] = {}
        self._by_word: list[tuple[re.Pattern[str], _Listed, str]] = []
        for goods_list in rules.lists:
            for tier in goods_list.tiers:
                listed = _Listed(goods_list, tier)
                for code in tier.codes:
                    self._by_code.setdefault(code.replace(".", ""), []).append((listed, code))
                for word in tier.words:
                    pattern = re.compile(rf"(?<!\w){re.escape(fold_place_name(word))}(?!\w)")
                    self._by_word.append((pattern, listed, word))

    def find(self, field: GoodsField) -> Iterator[Match]:
        """Yield a match per goods list that has the goods and a destination on the route."""
        for listed, path, value, matched in self._listed(field):
            rules = listed.rules
            route = [(route_path, country_code(country)) for route_path, country in field.route]
            destinations = tuple(
                Evidence(route_path, f"{code}, a destination of the list", "route", 0.0)
                for route_path, code in route
                if code in rules.destinations
            )
            if not destinations:
                continue
            corridor = tuple(
                Evidence(route_path, f"{code}, transshipment corridor", "corridor", 0.0)
                for route_path, code in route
                if code in rules.corridor
            )
            yield Match(
                field=path,
                value=value,
                entry_id=f"{GOODS_LIST}:{rules.id}",
                entry_name=rules.name,
                matched_name=f"tier {listed.tier.tier}: {matched}",
                list=GOODS_LIST,
                programs=rules.programs,
                rule="goods",
                score=1.0,
                evidence=(
                    Evidence(value, f"{matched} (tier {listed.tier.tier})", "exact", 1.0),
                    *_distinct(destinations),
                    *_distinct(corridor),
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


def _distinct(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence))
