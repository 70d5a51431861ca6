"""The commands of `holdgate cases` that append an event, and the one that signs a token."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import click

from holdgate.cli.case_opening import CASE, open_case, print_case
from holdgate.cli.console import die, exit_on_error
from holdgate.core.model.review_outcome import Disposition
from holdgate.core.review.review_rules import Role
from holdgate.runtime.errors import OperatorError

if TYPE_CHECKING:
    from holdgate.core.review.event_contents import MatchVerdict

AS = click.option("--as", "name", metavar="PERSON", help="A person of the demo: ana, ben, cora or otto.")
NOTE = click.option("--note", metavar="TEXT", help="A note, kept as evidence.")
CODE = click.option("--code", metavar="CODE", help="A code of the rules of review.")


@click.command()
@CASE
@click.argument("disposition", type=click.Choice(get_args(Disposition), case_sensitive=False))
@click.option("--code", required=True, metavar="CODE", help="Why, as a code of the rules of review.")
@click.option(
    "--false-positive",
    "false",
    multiple=True,
    metavar="N=CODE",
    help="Match N, or `all`, is false, for this reason.",
)
@click.option(
    "--true-match",
    "true",
    multiple=True,
    metavar="N=CODE",
    help="Match N, or `all`, is true, for this reason.",
)
@NOTE
@AS
def propose(
    wanted: str,
    disposition: Disposition,
    code: str,
    false: tuple[str, ...],
    true: tuple[str, ...],
    note: str | None,
    name: str | None,
) -> None:
    """Propose RELEASE, REJECT or BLOCK.

    A release needs a verdict on every match.

    \b
      holdgate cases propose 4f1c09 RELEASE --code FALSE_POSITIVE --false-positive 1=OTHER_BIRTH_DATE
    """
    from holdgate.casework.actions import note_of
    from holdgate.casework.sign_in import sign_in
    from holdgate.core.review.event import ProposalMade
    from holdgate.core.review.event_contents import Proposal

    with open_case(wanted) as opened:
        verdicts = _verdicts(len(opened.case.facts.matches), false, true)
        actor, attached = sign_in(opened.settings, name), note_of(note) if note is not None else None
        opened.act(
            actor, ProposalMade, lambda digest: Proposal(disposition, code, verdicts, digest), attached
        )


@click.command()
@CASE
@click.option("--saw", metavar="DIGEST", help="Approve without a question what `show` printed this for.")
@AS
def approve(wanted: str, saw: str | None, name: str | None) -> None:
    """Approve a proposal, after it is shown. It has to be somebody else's."""
    from holdgate.casework.case_text import SAW_DIGITS
    from holdgate.casework.sign_in import sign_in
    from holdgate.core.review.digest import shown_digest
    from holdgate.core.review.event import ProposalApproved
    from holdgate.core.review.event_contents import Approval

    with open_case(wanted) as opened:
        case = opened.case
        if case.proposal is None or case.stage != "proposed":
            raise OperatorError(f"case {case.case_id} is {case.stage}: there is no proposal to approve")
        actor, digest = sign_in(opened.settings, name), shown_digest(case)
        if saw is None:
            print_case(opened.store, case, as_json=False)
            if not click.confirm("Approve what is shown above?", err=True):
                die("not approved; nothing was written", 3)
        elif len(saw) < SAW_DIGITS or not digest.startswith(saw.lower()):
            raise OperatorError("the case is not as it was shown for --saw: look at it again")
        approval = Approval(case.proposal.event_id, digest)
        opened.act(actor, ProposalApproved, lambda _: approval)


def _remark_command(verb: str, event_name: str, help_text: str, is_answer: bool = False) -> click.Command:
    """Return a command that writes an event with a code and a note, or an answer to the proposal."""

    @click.command(verb, help=help_text)
    @CASE
    @CODE
    @NOTE
    @AS
    def command(wanted: str, code: str | None, note: str | None, name: str | None) -> None:
        from holdgate.casework.actions import note_of
        from holdgate.casework.sign_in import sign_in
        from holdgate.core.review import event as events
        from holdgate.core.review.event_contents import Answer, Remark

        with open_case(wanted) as opened:
            proposal = opened.case.proposal
            if is_answer and proposal is None:
                raise OperatorError(f"case {opened.case.case_id} is {opened.case.stage}: it has no proposal")
            answered = proposal.event_id if proposal else ""
            actor, attached = sign_in(opened.settings, name), note_of(note) if note is not None else None
            opened.act(
                actor,
                getattr(events, event_name),
                lambda digest: Answer(answered, code, digest) if is_answer else Remark(code, digest),
                attached,
            )

    return command


@click.command("note")
@CASE
@click.argument("text", required=False)
@click.option("--attach", type=click.File("rb"), help="A file of at most 5 MiB, instead of a text.")
@AS
def add_note(wanted: str, text: str | None, attach: Any, name: str | None) -> None:
    """Add a note or a file to a case."""
    from holdgate.casework.actions import attachment_of, note_of
    from holdgate.casework.sign_in import sign_in
    from holdgate.core.review.event import NoteAdded
    from holdgate.core.review.event_contents import Remark
    from holdgate.core.review.notes_text import MAX_ATTACHMENT_BYTES

    if (text is None) == (attach is None):
        raise click.UsageError("give either a text or --attach FILE")
    with open_case(wanted) as opened:
        attached = note_of(text) if text is not None else attachment_of(attach.read(MAX_ATTACHMENT_BYTES + 1))
        actor = sign_in(opened.settings, name)
        opened.act(actor, NoteAdded, lambda digest: Remark(note=digest), attached)


@click.command()
@click.option("--key", required=True, type=click.Path(dir_okay=False), help="Private key (Ed25519, PEM).")
@click.option("--issuer", required=True, help="Who manages the person's identity.")
@click.option("--subject", required=True, help="Who the person is there, such as a staff number.")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice(get_args(Role)),
    help="May be repeated.",
)
@click.option(
    "--hours",
    default=8.0,
    show_default=True,
    type=click.FloatRange(0.01, 24 * 31),
    help="Hours for which it is valid.",
)
def token(key: str, issuer: str, subject: str, roles: tuple[Role, ...], hours: float) -> None:
    """Sign a token that says who somebody is.

    For those who manage identities; HOLDGATE_REVIEW_TOKEN_FILE names the file of a token. Whoever has the
    private key can be anybody. Create one with `openssl genpkey -algorithm ed25519`.
    """
    from holdgate.core.lists.signature import KeyFileError, signing_key
    from holdgate.core.review.identity import ReviewerToken, sign_token
    from holdgate.runtime.settings import secret

    with exit_on_error():
        now = datetime.now(UTC)
        try:
            reviewer = ReviewerToken(issuer, subject, roles, now, now + timedelta(hours=hours))
            click.echo(sign_token(signing_key(secret(key)), reviewer))
        except (KeyFileError, ValueError) as error:
            raise OperatorError(f"{key}: {error}") from error


def _verdicts(matches: int, false: Sequence[str], true: Sequence[str]) -> "tuple[MatchVerdict | None, ...]":
    from holdgate.core.model.review_outcome import Verdict
    from holdgate.core.review.event_contents import MatchVerdict

    given: tuple[tuple[Verdict, Sequence[str]], ...] = (("false_positive", false), ("true_match", true))
    verdicts: dict[int, MatchVerdict] = {}
    for verdict, items in given:
        for item in items:
            number, _, code = item.partition("=")
            is_known = number == "all" or (
                number.isascii() and number.isdecimal() and 1 <= int(number) <= matches
            )
            if not is_known or not code:
                raise click.UsageError(f"{item!r} is no N=CODE: the case has {matches} matches")
            for i in range(matches) if number == "all" else [int(number) - 1]:
                if i in verdicts:
                    raise click.UsageError(f"match {i + 1} has two verdicts")
                verdicts[i] = MatchVerdict(verdict, code)
    return tuple(verdicts.get(i) for i in range(matches)) if verdicts else ()


ACTIONS: tuple[click.Command, ...] = (
    propose,
    approve,
    add_note,
    token,
    _remark_command("take", "CaseTaken", "Take a case: others see that you work on it."),
    _remark_command("give-back", "CaseGivenBack", "Give a case back, for somebody else to take."),
    _remark_command("escalate", "CaseEscalated", "Ask for somebody with more authority."),
    _remark_command("wait", "InformationAwaited", "Record that information was asked for."),
    _remark_command("withdraw", "ProposalWithdrawn", "Withdraw your own proposal.", is_answer=True),
    _remark_command(
        "return", "ProposalReturned", "Return a proposal: the case is open again.", is_answer=True
    ),
    _remark_command(
        "reopen", "CaseReopened", "Take up a blocked payment again; lifting it takes two approvers."
    ),
)
"""All commands of this module."""
