"""A worker whose first write Kafka rejects permanently: `python -m tests.screening.fenced MARK`.

The first run creates the file `MARK`; a worker that finds it writes normally.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aiokafka.errors import OutOfOrderSequenceNumber

from holdgate.adapters.kafka.faust_app import FaustPublisher
from holdgate.core.records.kafka_record import Outgoing
from holdgate.runtime.settings import from_environ
from holdgate.screening.worker import run


def refuse_once(mark: Path) -> None:
    """Fail every write like a broker that lost the producer's state, unless an earlier process did."""
    if mark.exists():
        return
    mark.touch()

    async def refused(_self: FaustPublisher, _records: Sequence[Outgoing]) -> list[int]:
        raise OutOfOrderSequenceNumber

    FaustPublisher.publish = refused  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    refuse_once(Path(sys.argv[1]))
    run(from_environ({name: value for name, value in os.environ.items() if name.startswith("HOLDGATE_")}))
