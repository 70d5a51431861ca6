"""The content of `not_screened.toml`: what is not compared with lists, and why."""

import tomllib
from importlib import resources

_TABLE = tomllib.loads(resources.files(__package__).joinpath("not_screened.toml").read_text(encoding="utf-8"))


def _reasons(member: str) -> dict[str, str]:
    return {name: group["reason"] for group in _TABLE.values() for name in group.get(member, ())}


NOT_SCREENED = _reasons("elements")
"""Maps the name of an ISO 20022 element to the reason why its text is not screened."""

NOT_SCREENED_MT = _reasons("fields")
"""Maps the tag of an MT field to the reason why it is not screened."""
