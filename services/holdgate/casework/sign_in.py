"""Who acts: a person with a signed token or an ID token, or in a demo whoever says so."""

import getpass
from datetime import UTC, datetime

from holdgate.adapters.files.signing_keys import review_token_keys
from holdgate.core.review.event_contents import Actor
from holdgate.core.review.identity import IdentityError, pseudonym, read_token
from holdgate.core.review.review_rules import Role
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings, secret, secret_key

DEMO_KEY = b"published, for demos only"
DEMO_PEOPLE: dict[str, tuple[Role, ...]] = {
    "ana": ("analyst",),
    "ben": ("approver",),
    "cora": ("approver",),
    "otto": ("operator",),
    "dora": ("auditor",),
    "emil": ("admin",),
}
"""People of the demo and their roles. Two approvers, because some proposals need both."""

DEMO_USER_ROLES: tuple[Role, ...] = ("analyst", "approver")


def sign_in(settings: Settings, demo_name: str | None = None) -> Actor:
    """Return who acts; raise `OperatorError` or `SettingsError` if that cannot be said.

    `demo_name` is one of DEMO_PEOPLE, allowed only with HOLDGATE_REVIEW_SIGN_IN=demo; without it the demo
    takes the user of the operating system.
    """
    if settings.review_sign_in == "demo":
        return _demo_actor(demo_name)
    if demo_name is not None:
        raise OperatorError("--as is for demos: it needs HOLDGATE_REVIEW_SIGN_IN=demo")
    if settings.review_sign_in == "oidc":
        from holdgate.casework.oidc_people import stored_actor

        return stored_actor(settings)
    return _token_actor(settings)


def _demo_actor(name: str | None) -> Actor:
    if name is None:
        return Actor(pseudonym(DEMO_KEY, "os", getpass.getuser()), DEMO_USER_ROLES, "demo")
    return demo_person(name)


def demo_person(name: str, signed_in_at: datetime | None = None) -> Actor:
    """Return a person of the demo; raise `OperatorError` for any other name."""
    if name not in DEMO_PEOPLE:
        raise OperatorError(f"the people of the demo are {', '.join(DEMO_PEOPLE)}")
    return Actor(pseudonym(DEMO_KEY, "demo", name), DEMO_PEOPLE[name], "demo", signed_in_at)


def _token_actor(settings: Settings) -> Actor:
    token_file, key_file = settings.review_token_file, settings.pseudonym_key_file
    keys = review_token_keys(settings)
    if token_file is None or key_file is None or not keys:
        raise OperatorError(
            "who you are has to be said by a signed token: set HOLDGATE_REVIEW_TOKEN_FILE,"
            " HOLDGATE_REVIEW_TOKEN_KEY_FILE and HOLDGATE_PSEUDONYM_KEY_FILE (docs/review.md)"
        )
    key = secret_key("pseudonym_key_file", key_file)
    try:
        token = read_token(keys, secret(token_file), datetime.now(UTC))
    except IdentityError as error:
        raise OperatorError(str(error)) from error
    user = pseudonym(key, token.issuer, token.subject)
    return Actor(user, token.roles, "token", token.issued_at)
