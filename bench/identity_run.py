"""Decide recorded payments: `identity_run.py PAYMENTS OUT NAME=PATH...` (see `bench.identity`).

Of its checkout, this program imports only the package `holdgate`. `make identity` in a later checkout starts
it with this command line, so the command line must not change.
"""

import hashlib
import sys
from pathlib import Path

import msgspec

from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake.reader import read
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model import decision as contract
from holdgate.lists.building import build_lists

BATCH = 500
"""Payments screened together, as many as a worker takes."""


def main(payments: str, out: str, *lists: str) -> None:
    """Write eight bytes per decision: the digest of its JSON without the versions and the id made of them."""
    paths = dict(spec.split("=", 1) for spec in lists)
    screener = Screener(load_snapshot(build_lists(paths, lambda _: None).data), choose_policy(None))
    records = msgspec.msgpack.decode(Path(payments).read_bytes(), type=list[tuple[str, bytes]])
    with Path(out).open("wb") as file:
        for start in range(0, len(records), BATCH):
            batch = [
                payment
                for key, value in records[start : start + BATCH]
                for payment in read(value, key.encode())
            ]
            for decision in screener.screen(batch):
                plain = msgspec.structs.replace(
                    decision, decision_id="0" * 32, list_version="", policy_version="", engine_version=""
                )
                file.write(hashlib.sha256(contract.to_json(plain)).digest()[:8])


if __name__ == "__main__":
    main(*sys.argv[1:])
