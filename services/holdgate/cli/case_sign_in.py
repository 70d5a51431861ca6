"""`holdgate cases sign-in` and `sign-out`: OpenID Connect on a terminal, by the device flow (RFC 8628)."""

import click

from holdgate.cli.console import echo_err, exit_on_error, read_settings
from holdgate.runtime.errors import OperatorError


@click.command("sign-in")
def sign_in_command() -> None:
    """Sign in with OpenID Connect.

    Prints an address, and a code to enter there with any browser. Stores the ID token in HOLDGATE_DATA
    until it expires. Needs HOLDGATE_REVIEW_SIGN_IN=oidc.
    """
    from holdgate.casework.oidc_people import OidcPeople, keep_id_token

    with exit_on_error():
        settings = read_settings()
        if settings.review_sign_in != "oidc":
            raise OperatorError("signing in needs HOLDGATE_REVIEW_SIGN_IN=oidc (docs/review.md)")
        people = OidcPeople(settings)
        device = people.issuer.begin_device()
        echo_err(f"Open {device.verification_uri} and enter the code {device.user_code}")
        person = people.issuer.await_device(device)
        actor = people.actor(person)
        keep_id_token(settings, person.id_token)
        click.echo(f"signed in: {actor.user}, {', '.join(actor.roles)}")


@click.command("sign-out")
def sign_out_command() -> None:
    """Delete the stored ID token. The issuer's own session goes on."""
    from holdgate.casework.oidc_people import drop_id_token

    with exit_on_error():
        drop_id_token(read_settings())
