"""Roles that people have by their groups, for whoever signs them in: a proxy or an OpenID Connect issuer."""

from collections.abc import Iterable, Mapping
from typing import get_args

from holdgate.core.review.review_rules import Role
from holdgate.runtime.settings import Settings, SettingsError, variable_name


def group_roles(settings: Settings) -> Mapping[str, Role]:
    """Return the role of each group by HOLDGATE_DESK_GROUPS; raise `SettingsError`."""
    roles: dict[str, Role] = {}
    known: tuple[Role, ...] = get_args(Role)
    for item in settings.desk_groups.split():
        group, _, role = item.rpartition("=")
        if not group or role not in known or role == "review":
            raise SettingsError(f"{variable_name('desk_groups')}: {item!r} is no GROUP=ROLE")
        roles[group] = role
    return roles


def roles_of(groups: Iterable[str], roles: Mapping[str, Role]) -> tuple[Role, ...]:
    """Return the roles of somebody who is in these groups, each once."""
    return tuple(dict.fromkeys(roles[name] for name in groups if name in roles))
