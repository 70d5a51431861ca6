"""Run a `holdgate` command and kill its broker after the first call of a method: PID METHOD ARGUMENTS...

It runs in a separate process, since kafka-python leaks a socket for each refused connection.
"""

import os
import signal
import sys

from holdgate.adapters.kafka import log, writer
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.cli.main import main
from holdgate.deadletters import redrive
from holdgate.replay.runner import Pace

METHODS: dict[str, tuple[type, str]] = {
    "a step": (Pace, "wait"),
    "a publication": (KafkaWriter, "publish"),
}


def lose_broker(pid: int, kind: type, method: str) -> None:
    """Kill the broker after the first call of the method; clients time out after seconds, not minutes."""
    whole = getattr(kind, method)

    def once(*arguments: object) -> object:
        found = whole(*arguments)
        os.kill(pid, signal.SIGKILL)
        setattr(kind, method, whole)
        return found

    setattr(kind, method, once)
    log.ANSWER_SECONDS = 2.0
    writer.DELIVERY_SECONDS = 2.0
    redrive.BATCH_RECORDS = 1


if __name__ == "__main__":
    lose_broker(int(sys.argv[1]), *METHODS[sys.argv[2]])
    main(sys.argv[3:], prog_name="holdgate")
