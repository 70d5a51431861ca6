"""A verification as text."""

from collections.abc import Iterator

from holdgate.audit.verification import AuditReport
from holdgate.runtime.text_table import table

HEAD = ("topic", "partition", "leaves", "signed", "records read", "expired", "as signed")


def render(report: AuditReport) -> Iterator[str]:
    """Yield the lines of a verification: a table of the partitions, then what differs."""
    yield from table(
        HEAD,
        [
            (
                tree.topic,
                tree.partition,
                tree.size,
                tree.signed_size,
                tree.records,
                tree.expired,
                tree.finding is None,
            )
            for tree in report.trees
        ],
    )
    for finding in report.findings:
        yield f"{finding.kind.upper()}: {finding.text}"
