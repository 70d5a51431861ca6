"""Lists of goods as the policy tells them: the section `goods`."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from holdgate.core.policy.geography import Country
from holdgate.core.policy.profile import Said

HsCode = Annotated[str, Meta(pattern=r"^[0-9]{4}\.[0-9]{2}$")]


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods of one tier: subheadings, and words that describe them."""

    tier: Said
    codes: Annotated[tuple[HsCode, ...], Meta(min_length=1)]
    words: tuple[Said, ...] = ()


class GoodsList(Struct, frozen=True, forbid_unknown_fields=True):
    """A list of goods with the destinations it is about; `deploy/goods.toml` says what each member means."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    name: Said
    since: date
    programs: Annotated[tuple[Said, ...], Meta(min_length=1)]
    sources: Annotated[tuple[Said, ...], Meta(min_length=1)]
    destinations: Annotated[tuple[Country, ...], Meta(min_length=1)]
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1)]
    corridor: tuple[Country, ...] = ()


class GoodsRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The section `goods` of a policy."""

    lists: tuple[GoodsList, ...] = ()
