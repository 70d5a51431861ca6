"""`holdgate deadletters ...`: list, show, redrive and discard records that could not be read or screened."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from holdgate.cli.console import echo_err, echo_text, exit_on_error, read_settings, resume_hint
from holdgate.core.records.dead_letter import DeadLetter
from holdgate.core.records.topics import DEAD_LETTERS
from holdgate.deadletters import letters, redrive
from holdgate.deadletters.letters import LetterSelection, position_of
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.text_table import table

TOPIC = click.option("--topic", default=DEAD_LETTERS.name, show_default=True, help="Dead-letter topic.")
REASON = click.option("--reason", "why", help="Why, for the audit topic. Required to change anything.")


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments and options that select dead letters."""
    for option in (
        click.option("--max", "limit", type=click.IntRange(min=1), help="Maximum number of dead letters."),
        click.option(
            "--code",
            "reasons",
            multiple=True,
            help="Only dead letters with this reason code, as shown by `list`; may be repeated.",
        ),
        click.argument("positions", nargs=-1, metavar="[PARTITION:OFFSET...]"),
    ):
        command = option(command)
    return command


@click.group()
def deadletters() -> None:
    """List, resend and discard records that failed to be read."""


@deadletters.command("list")
@TOPIC
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per reason.")
def deadletters_list(topic: str, as_json: bool) -> None:
    """List the open dead letters by reason.

    Open means neither redriven nor discarded.
    """
    with exit_on_error():
        groups = letters.group_letters(read_settings(), topic)
    if as_json:
        for group in groups:
            click.echo(msgspec.json.encode(group))
        return
    if not groups:
        echo_err(f"no open dead letters in {topic}")
        return
    head = ("reason", "written by", "letters", "quarantined", "oldest", "newest", "example")
    rows = [
        (
            group.reason,
            group.convention,
            group.letters,
            group.quarantined,
            f"{group.oldest:%m-%d %H:%M:%S}",
            f"{group.newest:%m-%d %H:%M:%S}",
            group.example,
        )
        for group in groups
    ]
    for line in table(head, rows):
        click.echo(line)


@deadletters.command("show")
@TOPIC
@click.argument("position", metavar="PARTITION:OFFSET")
def deadletters_show(topic: str, position: str) -> None:
    """Print one dead letter: its reason, origin, headers and value.

    The output may contain personal data.
    """
    with exit_on_error():
        [letter] = _select(topic, (position,), (), None)
    for line in _render_letter(letter):
        echo_text(line)


@deadletters.command("redrive")
@TOPIC
@selection_options
@click.option("--to", help="Target topic (default: the topic each record came from).")
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set this header, such as content-type=application/xml; may be repeated.",
)
@click.option("--key-from-payment", is_flag=True, help="Use the payment_id in the record's JSON as its key.")
@click.option("--execute", is_flag=True, help="Send the records; without it, only show what would be sent.")
@click.option(
    "--even-if-it-fails", is_flag=True, help="Also send records that would become dead letters again."
)
@REASON
def deadletters_redrive(
    topic: str,
    positions: tuple[str, ...],
    reasons: tuple[str, ...],
    limit: int | None,
    to: str | None,
    headers: tuple[str, ...],
    key_from_payment: bool,
    execute: bool,
    even_if_it_fails: bool,
    why: str | None,
) -> None:
    """Send dead letters to their topic again.

    Keeps their key, timestamp, partition and order. Without positions or --code it selects all open dead
    letters. Without --execute it is a dry run: it reads each record as a worker would and shows the result.
    Quarantined records, which came back too often, are never sent.

    Exit codes: 0 success, 1 if a dry run finds records that would not be sent, 3 if it is not possible,
    4 if Kafka does not answer; then run the same command again.
    """
    with exit_on_error():
        settings = read_settings()
        prepared = redrive.prepare_letters(
            _select(topic, positions, reasons, limit),
            settings.topic_prefix,
            headers=_parse_headers(headers),
            key_from_payment=key_from_payment,
            to=to,
        )
        to_send = [
            letter
            for letter in prepared
            if not letter.letter.quarantined and (letter.fails is None or even_if_it_fails)
        ]
        for line in _render_plan(prepared, len(to_send)):
            click.echo(line)
        if not execute:
            echo_err("dry run: nothing was sent; add --execute --reason WHY to send")
            sys.exit(0 if len(to_send) == len(prepared) else 1)
        if not to_send:
            raise OperatorError("nothing to send: see the table for why")
        reason = _required_reason(why)
        with resume_hint("the same command, which sends the remaining records"):
            audit = redrive.redrive(settings, topic, to_send, reason)
        echo_err(f"sent {len(to_send)} records; audited as run {audit.run_id}")


@deadletters.command("discard")
@TOPIC
@selection_options
@REASON
def deadletters_discard(
    topic: str, positions: tuple[str, ...], reasons: tuple[str, ...], limit: int | None, why: str | None
) -> None:
    """Close dead letters without resending them.

    They are no longer listed. Their payments stay on HOLD, and the records stay in the topic until they
    expire. Positions or --code are required.
    """
    with exit_on_error():
        if not positions and not reasons:
            raise OperatorError("select the dead letters to discard: PARTITION:OFFSET, or --code REASON")
        reason = _required_reason(why)
        selected = _select(topic, positions, reasons, limit)
        if not selected:
            raise OperatorError(f"no open dead letter in {topic} has the reason code {', '.join(reasons)}")
        audit = redrive.discard(read_settings(), topic, selected, reason)
        echo_err(f"discarded {len(selected)} dead letters; audited as run {audit.run_id}")


def _select(
    topic: str, positions: Sequence[str], reasons: tuple[str, ...], limit: int | None
) -> list[DeadLetter]:
    selection = LetterSelection(reasons, tuple(map(_parse_position, positions)), limit)
    return list(letters.open_letters(read_settings(), topic, selection))


def _parse_position(text: str) -> tuple[int, int]:
    partition, _, offset = text.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise OperatorError(
            f"{text!r} is not a position; use PARTITION:OFFSET, as `holdgate deadletters list` shows it"
        )
    return int(partition), int(offset)


def _parse_headers(arguments: Sequence[str]) -> dict[str, str]:
    headers = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not (name and equals):
            raise OperatorError(
                f"--header {argument!r} has no value; use NAME=VALUE, such as content-type=application/xml"
            )
        headers[name.lower()] = value
    return headers


def _required_reason(why: str | None) -> str:
    if not (why or "").strip():
        raise OperatorError("--reason is required: this command is audited")
    return (why or "").strip()


def _render_plan(prepared: Sequence[redrive.PreparedLetter], sending: int) -> list[str]:
    """Return a table of what would happen to the dead letters, by reason and result."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for letter in prepared:
        result = "would be read"
        if letter.letter.quarantined:
            result = f"quarantined: came back {letter.letter.attempts} times"
        elif letter.fails is not None:
            result = f"would come back as {letter.fails}"
        counts[letter.letter.reason, letter.outgoing.topic, result] += 1
    rows = [(reason, topic, result, count) for (reason, topic, result), count in sorted(counts.items())]
    return [
        *table(("reason", "to", "result", "letters"), rows),
        f"{sending} of {len(prepared)} to send",
    ]


def _render_letter(letter: DeadLetter) -> list[str]:
    record = letter.record
    origin = ":".join(
        str(part) if part is not None else "?" for part in (letter.topic, letter.partition, letter.offset)
    )
    written = datetime.fromtimestamp(record.timestamp, UTC)
    members = [
        ("dead letter", f"{record.topic}:{position_of(letter)}, {written:%Y-%m-%dT%H:%M:%SZ}"),
        ("reason", letter.reason),
        ("", letter.text),
        ("came from", origin),
        ("redriven", f"{letter.attempts} times" + (", quarantined" if letter.quarantined else "")),
        ("key", "none" if record.key is None else _decoded(record.key)),
        *((f"header {name}", _decoded(value)) for name, value in letter.headers),
    ]
    lines = [f"{name:24} {value}".rstrip() for name, value in members]
    return [*lines, "", *_decoded(record.value or b"").split("\n")]


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
