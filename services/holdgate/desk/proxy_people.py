"""People whom a proxy signed in: it names them in headers, which are refused from anybody else."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from holdgate.casework.group_roles import group_roles, roles_of
from holdgate.core.review.identity import pseudonym
from holdgate.core.review.review_rules import Role
from holdgate.runtime.settings import Settings, SettingsError, secret_key, variable_name

MAX_HEADER_CHARACTERS = 4_096


class ForeignHeaderError(Exception):
    """Somebody who is no proxy sent a header that only a proxy may send."""


class ProxyPeople:
    """Reads who the proxy says somebody is."""

    def __init__(self, settings: Settings) -> None:
        """Raise `SettingsError` if a setting is missing or wrong."""
        self._networks = _networks(settings)
        self._user_header = settings.desk_user_header
        self._groups_header = settings.desk_groups_header
        self._roles = group_roles(settings)
        self._issuer = settings.desk_issuer
        if settings.pseudonym_key_file is None:
            raise SettingsError(f"{variable_name('pseudonym_key_file')} is needed (docs/desk.md)")
        self._key = secret_key("pseudonym_key_file", settings.pseudonym_key_file)

    def read(self, request: Request) -> tuple[str, tuple[Role, ...]] | None:
        """Return pseudonym and roles of the person, None if the proxy names nobody.

        Raises `ForeignHeaderError`.
        """
        user = request.headers.getlist(self._user_header)
        groups = request.headers.getlist(self._groups_header)
        if not self._is_proxy(request):
            if user or groups:
                raise ForeignHeaderError
            return None
        if len(user) != 1 or len(groups) > 1 or not 0 < len(user[0]) <= MAX_HEADER_CHARACTERS:
            return None
        names = [name.strip() for name in (groups[0] if groups else "")[:MAX_HEADER_CHARACTERS].split(",")]
        return pseudonym(self._key, self._issuer, user[0]), roles_of(names, self._roles)

    def _is_proxy(self, request: Request) -> bool:
        try:
            address = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _networks(settings: Settings) -> list[IPv4Network | IPv6Network]:
    try:
        networks = [ip_network(text) for text in settings.desk_proxies.split()]
    except ValueError as error:
        raise SettingsError(f"{variable_name('desk_proxies')}: {error}") from error
    if not networks:
        raise SettingsError(
            f"{variable_name('desk_proxies')} is empty: name the proxies that sign people in, or try the desk"
            f" out with {variable_name('desk_sign_in')}=demo"
        )
    return networks
