"""`holdgate deadletters ...`: what could not be read or screened, by reason; sent again, or given up.

Exit codes: 0 all is well, 1 (of a dry run) some would come back, 2 called wrongly, 3 it cannot be done,
4 Kafka does not answer.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from holdgate.cli.console import echo_err, exit_on_error, read_settings, resume_hint
from holdgate.core.records.dead_letter import DeadLetter
from holdgate.core.records.topics import DEAD_LETTERS
from holdgate.deadletters import letters as reading
from holdgate.deadletters import redrive as redriving
from holdgate.deadletters.letters import LetterSelection, position_of
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.text_table import table

TOPIC = click.option(
    "--topic", default=DEAD_LETTERS.name, show_default=True, help="The topic of the dead letters."
)
WHY = click.option("--reason", "why", help="Why; kept in the audit.")


def chosen(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose dead letters."""
    for option in (
        click.option("--max", "most", type=click.IntRange(min=1), help="At most so many."),
        click.option("--code", "reasons", multiple=True, help="Of this reason, as `list` shows it."),
        click.argument("positions", nargs=-1, metavar="[PARTITION:OFFSET...]"),
    ):
        command = option(command)
    return command


@click.group()
def deadletters() -> None:
    """Records that could not be read or screened."""


@deadletters.command("list")
@TOPIC
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def deadletters_list(topic: str, as_json: bool) -> None:
    """Show the open dead letters by reason."""
    with exit_on_error():
        found = reading.group_letters(read_settings(), topic)
    if as_json:
        for group in found:
            click.echo(msgspec.json.encode(group))
        return
    if not found:
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
        for group in found
    ]
    for line in table(head, rows):
        click.echo(line)


@deadletters.command("show")
@TOPIC
@click.argument("position", metavar="PARTITION:OFFSET")
def deadletters_show(topic: str, position: str) -> None:
    """Print one dead letter whole: why, where it stood, its headers, its value. It may hold personal data."""
    with exit_on_error():
        [letter] = _letters(topic, (position,), (), None)
    for line in _page(letter):
        click.echo(line)


@deadletters.command("redrive")
@TOPIC
@chosen
@click.option("--to", help="Send there; else where each came from.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="Send with this header.")
@click.option("--key-from-payment", is_flag=True, help="Key each by the payment_id in its JSON.")
@click.option("--execute", is_flag=True, help="Send; without it, only say what would be sent.")
@click.option("--even-if-it-fails", is_flag=True, help="Send also what would come back.")
@WHY
def deadletters_redrive(
    topic: str,
    positions: tuple[str, ...],
    reasons: tuple[str, ...],
    most: int | None,
    to: str | None,
    headers: tuple[str, ...],
    key_from_payment: bool,
    execute: bool,
    even_if_it_fails: bool,
    why: str | None,
) -> None:
    """Send dead letters again, with their key, timestamp, partition and order."""
    with exit_on_error():
        settings = read_settings()
        resent = redriving.prepare_letters(
            _letters(topic, positions, reasons, most),
            settings.topic_prefix,
            headers=_headers(headers),
            key_from_payment=key_from_payment,
            to=to,
        )
        sent = [
            one for one in resent if not one.letter.quarantined and (one.fails is None or even_if_it_fails)
        ]
        for line in _plan(resent, len(sent)):
            click.echo(line)
        if not execute:
            echo_err("nothing was sent: add --execute --reason WHY")
            sys.exit(0 if len(sent) == len(resent) else 1)
        if not sent:
            raise OperatorError("nothing is left to send")
        reason = _why(why)
        with resume_hint("the same command sends what is left"):
            ended = redriving.redrive(settings, topic, sent, reason)
        echo_err(f"sent {len(sent)} again as {ended.run_id}")


@deadletters.command("discard")
@TOPIC
@chosen
@WHY
def deadletters_discard(
    topic: str, positions: tuple[str, ...], reasons: tuple[str, ...], most: int | None, why: str | None
) -> None:
    """Give dead letters up: they are listed no more. Each stays a HOLD, and in the topic until it expires."""
    with exit_on_error():
        if not positions and not reasons:
            raise OperatorError("say which: PARTITION:OFFSET or --code")
        reason = _why(why)
        found = _letters(topic, positions, reasons, most)
        if not found:
            raise OperatorError("no open dead letter is meant by that")
        ended = redriving.discard(read_settings(), topic, found, reason)
        echo_err(f"gave up {len(found)} as {ended.run_id}")


def _letters(
    topic: str, positions: Sequence[str], reasons: tuple[str, ...], most: int | None
) -> list[DeadLetter]:
    choice = LetterSelection(reasons, tuple(map(_position, positions)), most)
    return list(reading.open_letters(read_settings(), topic, choice))


def _position(text: str) -> tuple[int, int]:
    partition, _, offset = text.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise OperatorError(f"{text!r} is no position: say PARTITION:OFFSET, as `list` shows it")
    return int(partition), int(offset)


def _headers(words: Sequence[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise OperatorError(
                f"{word!r} is no header: say NAME=VALUE, such as content-type=application/xml"
            )
        found[name.lower()] = value
    return found


def _why(why: str | None) -> str:
    if not (why or "").strip():
        raise OperatorError("this is audited: say why with --reason")
    return (why or "").strip()


def _plan(resent: Sequence[redriving.PreparedLetter], sent: int) -> list[str]:
    """What would become of the letters, by reason and fate."""
    fates: Counter[tuple[str, str, str]] = Counter()
    for one in resent:
        fate = "would be read"
        if one.letter.quarantined:
            fate = f"quarantined: came back {one.letter.attempts} times"
        elif one.fails is not None:
            fate = f"would come back as {one.fails}"
        fates[one.letter.reason, one.outgoing.topic, fate] += 1
    rows = [(reason, topic, fate, count) for (reason, topic, fate), count in sorted(fates.items())]
    return [
        *table(("reason", "to", "what becomes of it", "letters"), rows),
        f"{sent} of {len(resent)} to send",
    ]


def _page(letter: DeadLetter) -> list[str]:
    record = letter.record
    stood = ":".join(
        str(part) if part is not None else "?" for part in (letter.topic, letter.partition, letter.offset)
    )
    written = datetime.fromtimestamp(record.timestamp, UTC)
    about = [
        ("dead letter", f"{record.topic}:{position_of(letter)}, {written:%Y-%m-%dT%H:%M:%SZ}"),
        ("reason", letter.reason),
        ("", letter.text),
        ("stood at", stood),
        ("redriven", f"{letter.attempts} times" + (", quarantined" if letter.quarantined else "")),
        ("key", "none" if record.key is None else _shown(record.key)),
        *((f"header {name}", _shown(value)) for name, value in letter.headers),
    ]
    return [f"{name:24} {value}".rstrip() for name, value in about] + ["", _shown(record.value or b"")]


def _shown(value: bytes) -> str:
    """Bytes as text, with what could move the cursor written out."""
    text = value.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)
