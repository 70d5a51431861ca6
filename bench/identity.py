"""`python -m bench.identity [--against COMMIT]`: whether two engines decide the same.

Half of the payments are Zipf traffic, half never repeat a party. Prints a digest of all decisions; beside
another commit, exits 1 where a decision differs and names the first such payment by its number.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import msgspec

from bench.gate import built_apart
from bench.lists import measured
from bench.parties import Ordinary, ordinary
from bench.workload import workload
from deploy.local.daemon import ROOT
from deploy.local.sandbox import sandbox
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.listed_entry import Entry

EACH = 8
"""Bytes of a decision's digest."""
SEED = 11


def write_payments(into: Path, pool: Sequence[Ordinary], entries: Sequence[Entry], number: int) -> None:
    """The payments, the same from the same arguments."""
    half = number // 2
    made = [
        *workload(pool, entries, SEED, number - half),
        *workload(pool, entries, SEED + 1, half, repeat=False),
    ]
    into.write_bytes(msgspec.msgpack.encode([(one.payment_id, one.value) for one in made]))


def digests(checkout: Path, lists: Mapping[str, str], payments: Path, out: Path) -> bytes:
    """Eight bytes a payment, as the product in that checkout decides; lists are places by name."""
    program = Path(__file__).with_name("identity_run.py")
    places = [f"{name}={place}" for name, place in lists.items()]
    subprocess.run(
        [sys.executable, str(program), str(payments), str(out), *places],
        env={**os.environ, "PYTHONPATH": str(checkout / "services")},
        cwd=checkout,
        check=True,
    )
    return out.read_bytes()


def differing(ours: bytes, theirs: bytes) -> list[int]:
    """The numbers of the payments that are decided otherwise, from 0, or on one side alone."""
    most = max(len(ours), len(theirs))
    return [at // EACH for at in range(0, most, EACH) if ours[at : at + EACH] != theirs[at : at + EACH]]


@contextlib.contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """A worktree of the commit, gone after the block."""
    place = folder / "against"
    git = ("git", "-C", str(ROOT), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(place), commit], check=True)
    try:
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=True)


@click.command()
@click.option("--against", metavar="COMMIT", help="Decide with that commit too, and compare.")
@click.option("--payments", default=100_000, show_default=True)
def main(against: str | None, payments: int) -> None:
    """Decide, digest, compare."""
    with sandbox("identity") as folder, contextlib.ExitStack() as exits:
        recorded = folder / "payments"
        write_payments(recorded, ordinary()[1], load_snapshot(built_apart().data).entries, payments)
        lists = measured()[1]
        checkouts = {"this checkout": ROOT}
        if against is not None:
            checkouts[against] = exits.enter_context(checked_out(against, folder))
        with ThreadPoolExecutor(len(checkouts)) as aside:
            outcomes = dict(
                zip(
                    checkouts,
                    aside.map(
                        lambda named: digests(
                            named[1], lists, recorded, folder / f"out-{named[0].split()[0]}"
                        ),
                        checkouts.items(),
                    ),
                    strict=True,
                )
            )
    for label, outcome in outcomes.items():
        print(f"{hashlib.sha256(outcome).hexdigest()}  {len(outcome) // EACH} decisions by {label}")
    first, *others = outcomes.values()
    for other in others:
        if numbers := differing(first, other):
            print(f"payment {numbers[0]} is decided otherwise, the first of {len(numbers)} of {payments}")
            sys.exit(1)
        print("the same decisions, byte for byte")


if __name__ == "__main__":
    main()
