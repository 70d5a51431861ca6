"""Decide recorded payments on request: `paired_run.py PAYMENTS NAME=PATH...` (see `bench.paired`).

Of its checkout, this program imports only the package `holdgate`, and what older commits have too.
"""

import gc
import sys
import time
from pathlib import Path

import msgspec

from holdgate.cli.console import build_lists, choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake.reader import read


def main(payments: str, *lists: str) -> None:
    """Read `LABEL START END` per line; decide these payments and write their CPU seconds.

    A start of 0 begins with empty caches.
    """
    snapshot = build_lists(lists)
    traffic = msgspec.msgpack.decode(Path(payments).read_bytes(), type=dict[str, list[tuple[str, bytes]]])
    screener = Screener(snapshot, choose_policy(None))
    print("ready", flush=True)
    for line in sys.stdin:
        label, start, end = line.split()
        if start == "0":
            screener = Screener(snapshot, choose_policy(None))
            screener.warm_up()
            gc.collect()
            gc.freeze()
        started = time.process_time()
        records = traffic[label][int(start) : int(end)]
        screener.screen([payment for key, value in records for payment in read(value, key.encode())])
        print(time.process_time() - started, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
