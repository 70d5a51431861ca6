"""`python -m bench.replay [PAYMENTS]`: replay many payments, once in one run and once killed and resumed.

Prints payments per second, peak memory, the summary, and whether both runs give the same result.
"""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.sandbox import sandbox
from deploy.local.stack import HOLDGATE, Stack
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.topics import DECISIONS
from holdgate.runtime.settings import from_environ
from tests.support.payments import stream
from tests.support.rig import Rig, closing
from tests.support.small_list import PERSON, write


def main() -> None:
    """Measure and print."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with sandbox("replay") as folder, Stack(folder / "stack", workers=2) as stack:
        settings = from_environ(stack.environment)
        with closing(Rig(folder, settings.kafka, settings.redis, "")) as rig:
            started = time.monotonic()
            for start in range(0, number, 5_000):
                rig.pay(*stream(min(5_000, number - start), start))
        log = KafkaLog(settings)
        while sum(bounds.end for bounds in log.bounds(DECISIONS.name).values()) < number:
            time.sleep(1)
        print(f"{number:,} payments sent and decided in {time.monotonic() - started:.0f} s", flush=True)
        stack.workers[0].stop(), stack.workers[1].stop()

        lists = write(folder / "ofac", every=1, without=frozenset({PERSON}))
        environment = {**os.environ, **stack.environment, "HOLDGATE_DATA": str(folder)}
        command = [str(HOLDGATE), "replay", "--from", "earliest", "--lists", f"ofac={lists}", "--journal"]

        def replay(journal: Path, kill_after: float | None = None) -> tuple[float, int]:
            began = time.monotonic()
            process = subprocess.Popen([*command, str(journal)], env=environment, stdout=subprocess.DEVNULL)
            if kill_after is not None:
                time.sleep(kill_after)
                process.kill()
            code = process.wait()
            return time.monotonic() - began, code

        def summary(journal: Path) -> str:
            show = [str(HOLDGATE), "replay", "--show", str(journal)]
            text = subprocess.run(show, env=environment, capture_output=True, text=True, check=False).stdout
            return "\n".join(line for line in text.splitlines()[1:] if not line.startswith("  by "))

        seconds, code = replay(folder / "whole.jsonl")
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"replayed in {seconds:.1f} s: {number / seconds:,.0f} payments per second, exit code {code}")
        print(f"peak memory of a process: {memory:.0f} MiB")
        print(summary(folder / "whole.jsonl"))

        killed = folder / "killed.jsonl"
        print(f"killed with SIGKILL after {replay(killed, seconds / 2)[0]:.1f} s")
        resumed = subprocess.run(
            [str(HOLDGATE), "replay", "--resume", str(killed)],
            env=environment,
            capture_output=True,
            check=False,
        )
        changes = [
            [line for line in path.read_text().splitlines() if line.startswith('{"line":"change"')]
            for path in (folder / "whole.jsonl", killed)
        ]
        print(
            f"resumed, exit code {resumed.returncode}: {len(changes[0])} and {len(changes[1])} changes,"
            f" {'the same' if changes[0] == changes[1] else 'NOT THE SAME'}"
        )

        def end(path: Path) -> str:
            return re.sub(r'"ended_at":"[^"]*",', "", path.read_text().splitlines()[-1])

        print("summary", "the same" if end(folder / "whole.jsonl") == end(killed) else "NOT THE SAME")


if __name__ == "__main__":
    main()
