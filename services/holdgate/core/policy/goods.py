"""Goods lists: the section `goods` of the policy."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from holdgate.core.policy.geography import CountryCode
from holdgate.core.policy.profile import NonBlank

HsCode = Annotated[str, Meta(pattern=r"^[0-9]{4}\.[0-9]{2}$")]


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods of one tier: subheadings, and words for their descriptions."""

    tier: NonBlank
    codes: Annotated[tuple[HsCode, ...], Meta(min_length=1)]
    words: tuple[NonBlank, ...] = ()


class GoodsList(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods and the destinations that they must not reach; `deploy/goods.toml` explains the members."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    name: NonBlank
    since: date
    programs: Annotated[tuple[NonBlank, ...], Meta(min_length=1)]
    sources: Annotated[tuple[NonBlank, ...], Meta(min_length=1)]
    destinations: Annotated[tuple[CountryCode, ...], Meta(min_length=1)]
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1)]
    corridor: tuple[CountryCode, ...] = ()


class GoodsRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The section `goods` of a policy."""

    lists: tuple[GoodsList, ...] = ()
