"""Screens recorded payments with the holdgate on the path: `identity_run.py PAYMENTS OUT NAME=PATH...`.

A program of its own that imports nothing of its checkout but the product, so that it runs an older one too.
PAYMENTS holds a MessagePack array of (key, value); OUT gets eight bytes a payment.
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
from holdgate.lists.publication import build_lists

BATCH = 500


def main(payments: str, out: str, *lists: str) -> None:
    """Screen in batches of the worker's size; what differs by version alone is left out of the digest."""
    places = dict(one.split("=", 1) for one in lists)
    screener = Screener(load_snapshot(build_lists(places, lambda _: None).data), choose_policy(None))
    records = msgspec.msgpack.decode(Path(payments).read_bytes(), type=list[tuple[str, bytes]])
    with Path(out).open("wb") as file:
        for at in range(0, len(records), BATCH):
            read_payments = [
                one for key, value in records[at : at + BATCH] for one in read(value, key.encode())
            ]
            for decision in screener.screen(read_payments):
                plain = msgspec.structs.replace(
                    decision, decision_id="0" * 32, list_version="", policy_version="", engine_version=""
                )
                file.write(hashlib.sha256(contract.to_json(plain)).digest()[:8])


if __name__ == "__main__":
    main(*sys.argv[1:])
