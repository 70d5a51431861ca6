"""How much lists may change from one publication to the next."""

from typing import Annotated

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0, le=1)]


class ChangeLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """How much a list may change in one step: shares of its entries or names, from 0 to 1.

    `removed` limits entries that disappear, `names_lost` names that entries lose while they stay, and `new`
    ids that the current list does not have. Up to `always` entries or names may change in any case: the
    shares of a short list are large.
    """

    removed: Share = 0.05
    names_lost: Share = 0.05
    new: Share = 0.25
    always: Annotated[int, Meta(ge=0)] = 10


class ListChanges(ChangeLimits, frozen=True, forbid_unknown_fields=True):
    """The limits of all lists, beyond which a person has to accept a change; `by_list` has exceptions."""

    by_list: dict[str, ChangeLimits] = {}

    def limits(self, name: str) -> ChangeLimits:
        """Return the limits of a list."""
        return self.by_list.get(name, self)
