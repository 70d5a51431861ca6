"""People whom an OpenID Connect issuer signs in, on the desk and by command line: pseudonym and roles."""

import os
from datetime import datetime
from pathlib import Path

from holdgate.adapters.oidc.issuer import OidcError, OidcIssuer
from holdgate.adapters.oidc.messages import OidcPerson
from holdgate.casework.group_roles import group_roles, roles_of
from holdgate.core.review.event_contents import Actor
from holdgate.core.review.identity import pseudonym
from holdgate.runtime.settings import Settings, SettingsError, data_folder, secret_key, variable_name

ID_TOKEN_FILE = "id-token"  # noqa: S105 - a file name
SIGN_IN_COMMAND = "holdgate cases sign-in"


class OidcPeople:
    """Turns who the issuer names into who acts."""

    def __init__(self, settings: Settings) -> None:
        """Raise `SettingsError` if a setting is missing or wrong."""
        self.issuer = OidcIssuer(settings)
        self._roles = group_roles(settings)
        if settings.pseudonym_key_file is None:
            raise SettingsError(f"{variable_name('pseudonym_key_file')} is needed (docs/desk.md)")
        self._key = secret_key("pseudonym_key_file", settings.pseudonym_key_file)

    def actor(self, person: OidcPerson) -> Actor:
        """Return who acts; raise `OidcError` for somebody without a role."""
        roles = roles_of(person.groups, self._roles)
        if not roles:
            raise OidcError(
                f"none of the person's groups has a role: look at {variable_name('desk_groups')} and"
                f" {variable_name('oidc_groups_claim')}"
            )
        signed_in_at: datetime = person.signed_in_at
        return Actor(pseudonym(self._key, self.issuer.issuer, person.subject), roles, "oidc", signed_in_at)


def keep_id_token(settings: Settings, id_token: str) -> None:
    """Store the ID token of whoever uses the command line, readable for its owner alone."""
    path = _token_path(settings)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(id_token)


def drop_id_token(settings: Settings) -> None:
    """Delete the stored ID token."""
    _token_path(settings).unlink(missing_ok=True)


def stored_actor(settings: Settings) -> Actor:
    """Return who acts by the stored ID token, which the issuer's keys have to verify now.

    Raises `OidcError` or `SettingsError`.
    """
    people = OidcPeople(settings)
    try:
        id_token = _token_path(settings).read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise OidcError(f"sign in with `{SIGN_IN_COMMAND}`") from error
    try:
        return people.actor(people.issuer.read_id_token(id_token))
    except OidcError as error:
        raise OidcError(f"{error}; `{SIGN_IN_COMMAND}` signs in again") from error


def _token_path(settings: Settings) -> Path:
    return data_folder(settings) / ID_TOKEN_FILE
