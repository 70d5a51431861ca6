"""`holdgate policy ...`: check a policy file, show what it makes of a rail, compare two, keep one.

stdout is JSON. Exit codes: 0 all is well (of `diff`: no difference), 1 the policies differ, 3 refused.
"""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import click
import msgspec

from holdgate.cli.console import POLICY, choose_policy, die, echo_err, exit_on_error, read_settings
from holdgate.core.policy.policy import DEFAULT_RAIL, Policy

ABSENT = "absent"

FILE = click.Path(exists=True, dir_okay=False)


@click.group()
def policy() -> None:
    """The rules by which payments are held."""


@policy.command("check")
@click.argument("file", type=FILE)
def policy_check(file: str) -> None:
    """Read a policy file; says its version, or what is wrong with it and exits 3."""
    with exit_on_error():
        found = choose_policy(file)
    _print({"file": file, "version": found.version, "rails": sorted(found.rails)})


@policy.command("show")
@click.argument("rail", required=False)
@click.option("--message", help="A type of message, as pacs.008 or MT103.")
@POLICY
def policy_show(rail: str | None, message: str | None, policy_path: str | None) -> None:
    """Print the whole policy, or with RAIL the rules that judge its payments."""
    with exit_on_error():
        found = choose_policy(policy_path)
    if rail is None:
        if message is not None:
            raise click.UsageError("--message needs a RAIL")
        _print({"version": found.version, **msgspec.to_builtins(found)})
        return
    if rail.lower() not in found.rails:
        echo_err(f"holdgate: the policy names no rail {rail!r}: such payments are judged as {DEFAULT_RAIL!r}")
    _print({"version": found.version, "rail": rail, **shown(found, rail, message)})


@policy.command("diff")
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
def policy_diff(before: str, after: str) -> None:
    """Print each value that differs, one JSON object a line; exits 1 if there is one."""
    with exit_on_error():
        old, new = choose_policy(before), choose_policy(after)
    changes = list(differences(msgspec.to_builtins(old), msgspec.to_builtins(new)))
    for change in changes:
        click.echo(json.dumps(change, ensure_ascii=False))
    if changes:
        die(f"{len(changes)} values differ: {old.version} and {new.version}", 1)
    echo_err(f"no value differs: {old.version}")


@policy.command("archive")
@click.argument("file", type=FILE)
def policy_archive(file: str) -> None:
    """Keep a policy in HOLDGATE_ARCHIVE before workers decide with it, so that `reproduce` finds it."""
    from holdgate.adapters.files.archive import archive_of
    from holdgate.runtime.errors import OperatorError

    with exit_on_error():
        found = choose_policy(file)
        archive = archive_of(read_settings())
        if archive is None:
            raise OperatorError("HOLDGATE_ARCHIVE names no archive: set it to a folder or s3://bucket/prefix")
        archive.put_policy(found)
    _print({"file": file, "version": found.version})


def shown(policy: Policy, rail: str, message: str | None) -> dict[str, Any]:
    """The rules of a rail and a type of message, as JSON has them; `fields` says what each field is compared
    with, by the shape it is of."""
    profile: dict[str, Any] = msgspec.to_builtins(policy.profile(rail, message))
    return {
        "profile": profile.pop("name"),
        **profile,
        "geography": {regime.id: list(regime.programs) for regime in policy.geography.regimes},
        "goods": {found.id: list(found.programs) for found in policy.goods.lists},
        "fields": {
            f"{shape}.{member}": row["compared_with"]
            for shape, members in field_map().items()
            for member, row in members.items()
            if "compared_with" in row
        },
    }


def field_map() -> dict[str, dict[str, Any]]:
    """The table of what each member of a payment is compared with, by shape and member."""
    text = resources.files("holdgate.core.model").joinpath("screened_fields.toml").read_bytes()
    table: dict[str, dict[str, Any]] = msgspec.toml.decode(text)
    return table


def differences(before: Any, after: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Each place where two policies differ: its path, and the value in both."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            inner = f"{path}.{name}" if path else name
            yield from differences(before.get(name, ABSENT), after.get(name, ABSENT), inner)
    elif before != after:
        yield {"path": path, "before": before, "after": after}


def _print(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
