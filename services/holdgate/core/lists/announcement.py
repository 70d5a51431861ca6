"""The announcement of a list snapshot, which the lists service writes to `lists.published`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from holdgate.core.lists.snapshot import Edition


class Announcement(Struct, frozen=True, omit_defaults=True):
    """Announces a new current snapshot. `previous` is the version that it replaces; the first has none."""

    version: str
    published_at: Annotated[datetime, Meta(tz=True)]
    built_by: str
    entries: int
    editions: tuple[Edition, ...]
    previous: str | None = None
