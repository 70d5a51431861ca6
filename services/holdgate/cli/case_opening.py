"""Shared by the commands of `holdgate cases`: read the topics, find the case, act, print."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from holdgate.cli.console import die, exit_on_error, read_settings
from holdgate.core.review.case import Case
from holdgate.runtime.errors import OperatorError

if TYPE_CHECKING:
    from holdgate.adapters.sqlite.case_store import CaseStore
    from holdgate.casework.actions import Attachment, What
    from holdgate.core.review.event import CaseEvent
    from holdgate.core.review.event_contents import Actor
    from holdgate.runtime.settings import Settings

MIN_PREFIX = 4
"""Digits of a case id that are taken as one; fewer would often mean several cases."""

CASE = click.argument("wanted", metavar="CASE")


class OpenCase(NamedTuple):
    """A case that a command is about, with what it needs to act."""

    settings: "Settings"
    store: "CaseStore"
    case: Case

    def act(
        self,
        actor: "Actor",
        kind: "type[CaseEvent]",
        make_what: "Callable[[str | None], What]",
        attached: "Attachment | None" = None,
    ) -> None:
        """Append an event, and print whether it counts; exit with 1 if it does not."""
        from holdgate.casework.actions import CommandLog, carry_out
        from holdgate.core.review.wording import VOID_TEXTS, next_step

        with CommandLog(self.settings, self.store) as log:
            result = carry_out(log, self.store, actor, self.case, kind, make_what, attached)
        tag = kind.__struct_config__.tag
        if result.void is not None:
            die(
                f"{tag} at offset {result.offset} does not count: {VOID_TEXTS[result.void]} ({result.void})",
                1,
            )
        click.echo(
            f"{tag} counts, at offset {result.offset}: case {result.case.case_id[:12]} is {result.case.stage}"
        )
        click.echo(f"next: {next_step(result.case, self.store.rules())}")


@contextmanager
def open_store() -> "Iterator[tuple[Settings, CaseStore]]":
    """Yield the settings and the cases as the topics have them now; exit on an expected error."""
    from holdgate.adapters.case_follower import catch_up, open_cases

    with exit_on_error():
        settings = read_settings()
        with open_cases(settings) as store:
            catch_up(settings, store)
            yield settings, store


@contextmanager
def open_case(wanted: str) -> Iterator[OpenCase]:
    """Yield the case that an argument means; exit on an expected error."""
    with open_store() as (settings, store):
        yield OpenCase(settings, store, find_case(store, wanted))


def find_case(store: "CaseStore", wanted: str) -> Case:
    """Return the case that an argument means; raise `OperatorError` if none or several are."""
    lowered = wanted.lower()
    is_prefix = len(lowered) >= MIN_PREFIX and set(lowered) <= set("0123456789abcdef")
    found = store.cases_that_begin(lowered) if is_prefix else []
    found = found or [case for case in store.search(wanted) if case.facts.payment_id == wanted]
    if not found:
        raise OperatorError("there is no such case: find it with `holdgate cases search`")
    if len(found) > 1:
        ids = ", ".join(case.case_id for case in found[:5])
        raise OperatorError(f"several cases are meant: {ids}")
    return found[0]


def print_case(store: "CaseStore", case: Case, as_json: bool) -> None:
    """Print a case as text or as JSON."""
    from holdgate.casework.case_export import case_view
    from holdgate.casework.case_text import case_lines

    if as_json:
        click.echo(msgspec.json.encode(case_view(case, store)))
        return
    for line in case_lines(case, store, datetime.now(UTC)):
        click.echo(line)
