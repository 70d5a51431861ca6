"""`holdgate audit ...`: tamper evidence for events, decisions, lists and audit records."""

from pathlib import Path

import click
import msgspec

from holdgate.cli.console import die, echo_err, echo_text, exit_on_error, read_settings

BROKEN = 1


@click.group()
def audit() -> None:
    """Sign records, and verify that none was changed."""


@audit.command("serve")
def audit_serve() -> None:
    """Run the audit service: sign new records and verify all, every hour.

    Builds a Merkle tree per partition of review.events, operations.audit, lists.published and
    screening.decisions. Writes the leaves to HOLDGATE_ARCHIVE and signed checkpoints to audit.checkpoints and
    the archive. Serves metrics at HOLDGATE_HTTP.
    """
    from holdgate.audit.service import serve

    with exit_on_error():
        serve(read_settings())


@audit.command("verify")
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere, which must hold too. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def audit_verify(files: tuple[Path, ...], as_json: bool) -> None:
    """Verify that no signed record was altered, removed or truncated.

    Reads the topics and the archive again, and names the first record that differs in each partition. The
    checkpoints must be signed with a key of HOLDGATE_AUDIT_VERIFY_KEY_FILE.

    Exit codes: 0 if all is as it was signed, 1 if a record, the archive or a checkpoint differs, 3 if nothing
    can be verified (no checkpoint, an unreadable archive, a missing topic), 4 if Kafka does not answer.
    """
    from holdgate.adapters.files.signing_keys import audit_verify_keys
    from holdgate.audit.checkpoint_log import CheckpointLog
    from holdgate.audit.service import open_archive
    from holdgate.audit.verification import Verifier, add_kept_checkpoints
    from holdgate.runtime.settings import SettingsError

    with exit_on_error():
        settings = read_settings()
        keys = audit_verify_keys(settings)
        if not keys:
            raise SettingsError(
                "HOLDGATE_AUDIT_VERIFY_KEY_FILE is required: the public key of the audit service"
                " (openssl pkey -pubout)"
            )
        archive, checkpoints = open_archive(settings), CheckpointLog(settings, keys)
        add_kept_checkpoints(checkpoints, keys, {str(file): file.read_bytes() for file in files})
        report = Verifier(settings, archive, keys, checkpoints).verify()
        if as_json:
            click.echo(msgspec.json.encode(report))
        else:
            from holdgate.audit.page import render

            for line in render(report):
                echo_text(line)
        if not report.intact:
            die("not as it was signed", BROKEN)
        if not as_json:
            echo_err("everything is as it was signed")
