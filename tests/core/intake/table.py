"""Read every message of the reference data and write the outcomes to docs.

    python -m tests.core.intake.table ../shared/data/payments

docs/data/messages.tsv has a row per file, docs/messages.md the summary.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from holdgate.core.intake import InvalidEventError
from tests.core.intake.samples import Sample, read, samples

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "messages.md"
DATA = DOCS / "data" / "messages.tsv"

_TYPE = re.compile(r"[a-z]{4}\.\d{3}|MT\d{3}")

HEAD = """# Which sample messages are read?

Holdgate is tested with published sample messages of banks, networks and standards bodies. A file that is
read gives one payment and one decision per transaction. A file that is refused becomes a HOLD decision and
a dead letter with the reason and the line. Statements, notifications and administrative messages are no
payments: they are refused as `unknown_message`.

[data/messages.tsv](data/messages.tsv) has the outcome of each file. `python -m tests.core.intake.table
../shared/data/payments` writes both files; a test compares them with what the readers do.
[formats.md](formats.md) says what is read from a message and what is not screened.
"""


class Outcome(NamedTuple):
    """The outcome of one file: its payments by message type, or the code and reason of its rejection."""

    file: str
    payments: Counter[str]
    code: str = ""
    reason: str = ""


def outcomes(messages: Iterable[Sample]) -> list[Outcome]:
    """Return the outcome of each message, by file name."""
    results = []
    for message in sorted(messages, key=lambda sample: sample.name):
        result = read(message)
        if isinstance(result, InvalidEventError):
            results.append(Outcome(message.name, Counter(), result.code, str(result)))
        else:
            types = Counter(received.payment.message_type or "" for received in result)
            results.append(Outcome(message.name, types))
    return results


def data(results: Sequence[Outcome]) -> str:
    """Return the outcomes as tab-separated values."""
    lines = ["file\tpayments\trefused\treason"]
    for result in results:
        payments = ", ".join(f"{count} x {type}" for type, count in result.payments.items())
        lines.append("\t".join((result.file, payments, result.code, " ".join(result.reason.split()))))
    return "\n".join(lines) + "\n"


def page(results: Sequence[Outcome]) -> str:
    """Return the summary in Markdown."""
    refused = [result for result in results if result.code]
    lines = [HEAD, f"{len(results)} files: {len(results) - len(refused)} read, {len(refused)} refused.", ""]
    lines += ["## What is read?", "", "| message | files | payments |", "|---|---|---|"]
    files: Counter[str] = Counter()
    payments: Counter[str] = Counter()
    for result in results:
        counts: Counter[str] = Counter()
        for type, count in result.payments.items():
            counts[_message(type)] += count
        files.update(counts.keys())
        payments.update(counts)
    lines += [f"| {message} | {files[message]} | {payments[message]} |" for message in sorted(files)]
    lines += ["", "## What is refused?", "", "| reason code | files | messages |", "|---|---|---|"]
    by_code: defaultdict[str, list[Outcome]] = defaultdict(list)
    for result in refused:
        by_code[result.code].append(result)
    for code, group in sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0])):
        named = sorted({match[0] for result in group if (match := _TYPE.search(result.reason))})
        shown = ", ".join(named) if code == "unknown_message" else ""
        lines.append(f"| `{code}` | {len(group)} | {shown} |")
    return "\n".join(lines) + "\n"


def _message(type: str) -> str:
    """Return a message type without variant and version: `pacs.008.001.08` -> `pacs.008`."""
    match = _TYPE.match(type)
    return match[0] if match else type


if __name__ == "__main__":
    results = outcomes(samples(Path(sys.argv[1])))
    DATA.write_text(data(results), encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")
