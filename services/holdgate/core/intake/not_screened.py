"""What is compared with no list, and why: `not_screened.toml` as it is read."""

import tomllib
from importlib import resources

_TABLE = tomllib.loads(resources.files(__package__).joinpath("not_screened.toml").read_text(encoding="utf-8"))


def _reasons(member: str) -> dict[str, str]:
    return {name: group["reason"] for group in _TABLE.values() for name in group.get(member, ())}


NOT_SCREENED = _reasons("elements")
"""Name of an ISO 20022 element to the reason why its text is not screened."""

NOT_SCREENED_MT = _reasons("fields")
"""Tag of an MT field to the reason why it is not screened."""
