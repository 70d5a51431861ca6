"""`python -m bench.identity [--against COMMIT]`: do two checkouts decide the same payments identically?

The payments are of four kinds: parties repeat or never do, and texts have few words, sentences with new
words, or sentences and invoices. Prints a digest of all decisions. With `--against`, exits 1 if any decision
differs, naming the first such payment by its number.

Each checkout decides with its own modules, started by its own runner, so that neither has to know how the
other's modules are named. All that the two share is the runner's command line,
`identity_run.py PAYMENTS OUT NAME=PATH...`, and its files:

- PAYMENTS: a MessagePack array of (key, value), the records of the topic of submitted payments.
- NAME=PATH: list files. Each checkout builds its own snapshot of them, as the snapshot format may differ.
- OUT: eight bytes per payment, the digest of its decision without the three versions and the id made of
  them.

Both decide by the policy files of this checkout, so that a new threshold is not mistaken for a change of the
engine. Both use the libraries of this checkout's environment.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import msgspec

from bench.gate import build_lists_in_child
from bench.lists import choose_lists
from bench.parties import OrdinaryParty, ordinary_parties
from bench.workload import workload
from deploy.local.daemon import ROOT
from deploy.local.sandbox import sandbox
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.listed_entry import Entry

DIGEST_BYTES = 8
SEED = 11
RUNNERS = ("bench/identity_run.py", "tests/bench/identity_run.py")
"""The path of the runner in this checkout, and in commits that have bench/ below tests/."""
POLICY_FILES = ("deploy/policy.toml", "deploy/geography.toml", "deploy/goods.toml")


def write_payments(path: Path, pool: Sequence[OrdinaryParty], entries: Sequence[Entry], number: int) -> None:
    """Write the payments; the same arguments give the same bytes."""
    quarter = number // 4
    payments = [
        *workload(pool, entries, SEED, number - 3 * quarter),
        *workload(pool, entries, SEED + 1, quarter, repeat=False),
        *workload(pool, entries, SEED + 2, quarter, repeat=False, texts="sentences"),
        *workload(pool, entries, SEED + 3, quarter, texts="ordinary"),
    ]
    path.write_bytes(msgspec.msgpack.encode([(payment.payment_id, payment.value) for payment in payments]))


def runner(checkout: Path) -> Path:
    """Return the checkout's own runner; raises `FileNotFoundError` if it has none."""
    for place in RUNNERS:
        if (checkout / place).is_file():
            return checkout / place
    raise FileNotFoundError(f"no runner in {checkout}: none of {', '.join(RUNNERS)}")


def share_policy(checkout: Path) -> None:
    """Overwrite the policy files of another checkout with those of this one."""
    for name in POLICY_FILES:
        if not (checkout / name).is_file():
            raise FileNotFoundError(f"{checkout / name} is missing: that checkout has its policy elsewhere")
        shutil.copyfile(ROOT / name, checkout / name)


def digests(checkout: Path, lists: Mapping[str, str], payments: Path, out: Path) -> bytes:
    """Return DIGEST_BYTES per payment, as decided by a checkout; `lists` are paths by list name."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "services")}
    # -P keeps the runner's folder off the path, whose modules have names like `parser` and `page`.
    python = [sys.executable, "-P"]
    imported = subprocess.run(
        [*python, "-c", "import holdgate; print(holdgate.__file__)"],
        env=environment, cwd=checkout, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    if not Path(imported).is_relative_to(checkout):
        raise ImportError(f"{checkout} would decide with {imported}, which is not part of it")
    paths = [f"{name}={Path(path).resolve()}" for name, path in lists.items()]
    subprocess.run(
        [*python, str(runner(checkout)), str(payments), str(out), *paths],
        env=environment, cwd=checkout, check=True,
    )  # fmt: skip
    return out.read_bytes()


def differing(ours: bytes, theirs: bytes) -> list[int]:
    """Return the numbers, from 0, of the payments that are decided differently or by one side only."""
    size = max(len(ours), len(theirs))
    return [
        start // DIGEST_BYTES
        for start in range(0, size, DIGEST_BYTES)
        if ours[start : start + DIGEST_BYTES] != theirs[start : start + DIGEST_BYTES]
    ]


@contextlib.contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """Check the commit out into a worktree that is removed after the block."""
    place = folder / "against"
    git = ("git", "-C", str(ROOT), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(place), commit], check=True)
    try:
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=True)


@click.command()
@click.option("--against", metavar="COMMIT", help="Decide with that commit too, and compare.")
@click.option("--payments", default=100_000, show_default=True, help="Number of payments to decide.")
def main(against: str | None, payments: int) -> None:
    """Decide payments, print a digest of the decisions, and compare them with those of another commit."""
    with sandbox("identity") as folder, contextlib.ExitStack() as exits:
        recorded = folder / "payments"
        write_payments(
            recorded, ordinary_parties()[1], load_snapshot(build_lists_in_child().data).entries, payments
        )
        lists = choose_lists()[1]
        checkouts = {"this checkout": ROOT}
        if against is not None:
            checkouts[against] = exits.enter_context(checked_out(against, folder))
            share_policy(checkouts[against])
        with ThreadPoolExecutor(len(checkouts)) as pool:
            futures = {
                label: pool.submit(digests, checkout, lists, recorded, folder / f"out-{number}")
                for number, (label, checkout) in enumerate(checkouts.items())
            }
            outcomes = {label: future.result() for label, future in futures.items()}
    for label, outcome in outcomes.items():
        count = len(outcome) // DIGEST_BYTES
        print(f"{hashlib.sha256(outcome).hexdigest()}  {count} decisions by {label}")
    ours, *others = outcomes.values()
    for theirs in others:
        if numbers := differing(ours, theirs):
            print(f"payment {numbers[0]} is decided differently, the first of {len(numbers)} of {payments}")
            sys.exit(1)
        print("the same decisions, byte for byte")


if __name__ == "__main__":
    main()
