"""`holdgate policy ...`: check, show, compare and archive policy files. Output is JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import click
import msgspec

from holdgate.adapters.files.policy_file import read_review_rules
from holdgate.cli.console import POLICY, choose_policy, die, echo_err, exit_on_error, read_settings
from holdgate.core.policy.policy import DEFAULT_RAIL, Policy
from holdgate.core.policy.policy_warnings import policy_warnings
from holdgate.core.review.review_rules import is_review_rules
from holdgate.lists.building import parse_specs

ABSENT = "absent"

FILE = click.Path(exists=True, dir_okay=False)


@click.group()
def policy() -> None:
    """Check, show, compare and archive policy files."""


@policy.command("check")
@click.argument("file", type=FILE)
def policy_check(file: str) -> None:
    """Check a policy file, or the rules of review.

    Prints its version and what it contains.

    Warns of thresholds that hold nothing or many ordinary names, of lists that parties are not compared
    with, and of deadlines that cannot be met; with HOLDGATE_LISTS also of rules about lists that are not
    served.

    Exit codes: 0 if it is valid, 3 if not; the message names the member that is wrong.
    """
    with exit_on_error():
        if is_review_rules(Path(file).read_bytes()):
            _print(_check_review_rules(file))
            return
        checked = choose_policy(file)
        served = parse_specs(read_settings().lists.split())
    warnings = list(policy_warnings(checked, served))
    for warning in warnings:
        echo_err(f"{file}: {warning}")
    rails = sorted(checked.rails)
    _print({"file": file, "version": checked.version, "rails": rails, "warnings": warnings})


def _check_review_rules(file: str) -> dict[str, Any]:
    """Return what is printed about rules of review; warn of a year without holidays."""
    rules = read_review_rules(file)
    this_year = datetime.now(UTC).year
    for year in (this_year, this_year + 1):
        if str(year) not in rules.calendar.holidays:
            echo_err(f"{file}: calendar.holidays has no {year}: every working day of that year counts")
    if not rules.due:
        echo_err(f"{file}: no [[due]] rule: no case is ever overdue")
    codes: dict[str, dict[str, str]] = msgspec.to_builtins(rules.codes)
    return {
        "file": file,
        "version": rules.version,
        "codes": {name: sorted(known) for name, known in codes.items()},
        "due_rules": len(rules.due),
    }


@policy.command("show")
@click.argument("rail", required=False)
@click.option("--message", help="Message type, such as pacs.008 or MT103.")
@POLICY
def policy_show(rail: str | None, message: str | None, policy_path: str | None) -> None:
    """Print the policy, or the rules for payments on RAIL.

    With --message, the rules for messages of that type on the rail.
    """
    with exit_on_error():
        chosen = choose_policy(policy_path)
    if rail is None:
        if message is not None:
            raise click.UsageError("--message requires a RAIL")
        _print({"version": chosen.version, **msgspec.to_builtins(chosen)})
        return
    if rail.lower() not in chosen.rails:
        echo_err(
            f"holdgate: the policy has no rail {rail!r}; its payments follow the rules of {DEFAULT_RAIL!r}"
        )
    _print({"version": chosen.version, "rail": rail, **rail_rules(chosen, rail, message)})


@policy.command("diff")
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
def policy_diff(before: str, after: str) -> None:
    """Compare two policy files: one JSON object per value that differs.

    Exit codes: 0 if they are equal, 1 if they differ.
    """
    with exit_on_error():
        old, new = choose_policy(before), choose_policy(after)
    changes = list(differences(msgspec.to_builtins(old), msgspec.to_builtins(new)))
    for change in changes:
        click.echo(json.dumps(change, ensure_ascii=False))
    if changes:
        die(f"{len(changes)} values differ between policies {old.version} and {new.version}", 1)
    echo_err(f"the policies are equal: version {old.version}")


@policy.command("archive")
@click.argument("file", type=FILE)
def policy_archive(file: str) -> None:
    """Store a policy in the archive, so that `reproduce` finds it.

    Do this before workers use the policy. HOLDGATE_ARCHIVE names the archive.
    """
    from holdgate.adapters.files.archive import archive_of
    from holdgate.runtime.errors import OperatorError

    with exit_on_error():
        checked = choose_policy(file)
        archive = archive_of(read_settings())
        if archive is None:
            raise OperatorError("HOLDGATE_ARCHIVE is not set; set it to a folder or s3://bucket/prefix")
        archive.put_policy(checked)
    _print({"file": file, "version": checked.version})


def rail_rules(policy: Policy, rail: str, message: str | None) -> dict[str, Any]:
    """Return the rules for a rail and message type as JSON members.

    `fields` maps each field, as `shape.member`, to what it is compared with.
    """
    profile: dict[str, Any] = msgspec.to_builtins(policy.profile(rail, message))
    return {
        "profile": profile.pop("name"),
        **profile,
        "geography": {regime.id: list(regime.programs) for regime in policy.geography.regimes},
        "goods": {goods.id: list(goods.programs) for goods in policy.goods.lists},
        "fields": {
            f"{shape}.{member}": row["compared_with"]
            for shape, members in screened_fields().items()
            for member, row in members.items()
            if "compared_with" in row
        },
    }


def screened_fields() -> dict[str, dict[str, Any]]:
    """Return the table of screened fields by shape (party, agent ...) and member."""
    text = resources.files("holdgate.core.model").joinpath("screened_fields.toml").read_bytes()
    table: dict[str, dict[str, Any]] = msgspec.toml.decode(text)
    return table


def differences(before: Any, after: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Yield each value that differs between two policies: its path, and the value in both."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            inner = f"{path}.{name}" if path else name
            yield from differences(before.get(name, ABSENT), after.get(name, ABSENT), inner)
    elif before != after:
        yield {"path": path, "before": before, "after": after}


def _print(members: dict[str, Any]) -> None:
    click.echo(json.dumps(members, indent=2, ensure_ascii=False))
