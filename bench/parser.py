"""The cost of reading messages of the reference data or of the tests, in CPU seconds of this process."""

import statistics
import time
from collections.abc import Iterator

from bench.figures import Figure
from deploy.local.daemon import ROOT
from holdgate.core.intake import InvalidEventError
from holdgate.core.intake.reader import read

REFERENCE = ROOT.parent / "shared" / "data" / "payments"
OWN = ROOT / "tests" / "cases" / "messages"
ROUNDS = 5
"""The fastest round counts, because other work on the machine can only make rounds slower."""

TYPES = ("pacs.008", "pacs.009", "pain.001", "MT103", "MT202")


def measure(number: int) -> Iterator[Figure]:
    """Yield the median cost per payment over the messages of each type, each read `number` times."""
    folder = REFERENCE if REFERENCE.is_dir() else OWN
    times_by_type: dict[str, list[float]] = {}
    for path in sorted([*folder.rglob("*.xml"), *folder.rglob("*.fin")]):
        value = path.read_bytes()
        try:
            first = read(value, b"KEY")
        except InvalidEventError:
            continue
        kind = next((kind for kind in TYPES if (first[0].payment.message_type or "").startswith(kind)), None)
        if kind is not None:
            seconds = min(_round(value, max(1, number // ROUNDS)) for _ in range(ROUNDS))
            times_by_type.setdefault(kind, []).append(seconds / len(first))
    for kind, times in sorted(times_by_type.items()):
        unit = f"us per payment, median of {len(times)} messages"
        yield Figure(f"parser.{kind}", statistics.median(times) * 1e6, unit)


def _round(value: bytes, number: int) -> float:
    """Return the CPU seconds of reading the message once."""
    started = time.process_time()
    for _ in range(number):
        read(value, b"KEY")
    return (time.process_time() - started) / number
