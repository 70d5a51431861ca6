"""Fields that gave nothing: payments repeat their parties, banks and addresses, and nearly all match nothing.

A field is remembered by what it says, not by its path, together with the rules and the day that judged it.
It is remembered only if it gave no match, no near miss and no note, so skipping it changes no decision.
"""

from collections.abc import Hashable, Iterable
from datetime import date

import msgspec

from holdgate.core.model.screened_fields import (
    AddressTextField,
    CodeField,
    Field,
    IdField,
    NameField,
    PlaceField,
    TextField,
)
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.policy.profile import Profile

CACHED_FIELDS, MAX_CACHED_FIELD = 30_000, 500
"""Fields that are remembered, and the bytes of a field up to which it is: longer ones rarely come again."""

_encoder = msgspec.json.Encoder()


class SilentFields:
    """What the fields that gave nothing said, for one snapshot and one policy."""

    def __init__(self) -> None:
        self._known: BoundedCache[Hashable, None] = BoundedCache(CACHED_FIELDS)

    def drop_known(self, fields: Iterable[Field], profile: Profile, day: date | None) -> tuple[Field, ...]:
        """Return fields but those that are known to give nothing, in their order."""
        if profile.not_screened:  # what counts depends on the path
            return tuple(fields)
        known, name = self._known, profile.name
        return tuple([field for field in fields if (name, day, _content(field)) not in known])

    def add(self, field: Field, profile: Profile, day: date | None) -> None:
        """Remember a field that gave nothing, unless it is long."""
        content = _content(field)
        if content is not None and not profile.not_screened and _is_short(field):
            self._known[profile.name, day, content] = None


def _is_short(field: Field) -> bool:
    try:
        return len(_encoder.encode(field)) <= MAX_CACHED_FIELD
    except UnicodeEncodeError:  # a lone surrogate
        return False


def _content(field: Field) -> Hashable:
    """Return what a field says without its path, None if it is not remembered."""
    kind = type(field)
    if isinstance(field, CodeField):
        return kind, field.value, field.kind
    if isinstance(field, IdField):
        return kind, field.value, field.type, field.country, field.rule
    if isinstance(field, NameField):
        following = tuple([text for _, text in field.continuation]) if field.continuation else ()
        return kind, field.value, field.type, field.rule, field.facts, following
    if isinstance(field, PlaceField):
        return kind, field.address
    if isinstance(field, TextField | AddressTextField):
        return kind, field.lines
    return None
