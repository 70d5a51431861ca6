"""The content of `not_screened.toml`: what is not compared with lists, why, and what it looks like."""

import re
import tomllib
from collections.abc import Callable
from importlib import resources

Looks = Callable[[str], object]
"""Returns something true if a value looks like what its place is for."""

_SHORT_RUNS = r"(?:[\d_]++|[^\w\s]++|[^\W\d_]{1,4}+(?![^\W\d_]))*+"
_PIECE = rf"{_SHORT_RUNS}(?:[^\W\d_]{{5,}}+{_SHORT_RUNS})?+"
"""Characters without a blank, with at most one run of five letters or more: `{PIECE}` in the patterns."""

_TABLE = tomllib.loads(resources.files(__package__).joinpath("not_screened.toml").read_text(encoding="utf-8"))
_LOOKS: dict[str, Looks] = {
    group: re.compile(rf"\s*(?:{content['pattern'].replace('{PIECE}', _PIECE)})\s*").fullmatch
    for group, content in _TABLE.items()
}


def _reasons(member: str) -> dict[str, str]:
    return {name: group["reason"] for group in _TABLE.values() for name in group.get(member, ())}


def _looks(member: str) -> dict[str, Looks]:
    return {name: _LOOKS[group] for group, content in _TABLE.items() for name in content.get(member, ())}


NOT_SCREENED = _reasons("elements")
"""Maps the name of an ISO 20022 element to the reason why its text is not screened."""

NOT_SCREENED_MT = _reasons("fields")
"""Maps the tag of an MT field to the reason why it is not screened."""

LOOKS = _looks("elements")
"""Maps the name of such an element to whether a text looks like what the element is for."""

LOOKS_MT = _looks("fields")
"""The same for the lines of an MT field."""

LOOKS_MEMBER = _looks("members")
"""The same for members of a payment."""
