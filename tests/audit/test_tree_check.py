"""Leaves and the comparison with them: whatever is done to a record, the check names it."""

from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.audit.leaves import (
    AUDITED,
    AuditedTopic,
    LeafBuilder,
    LeafFile,
    decode_leaf_file,
    encode_leaf_file,
    is_plain_release,
)
from holdgate.audit.merkle import MerkleTree
from holdgate.audit.tree_check import Difference, TreeCheck, TreeReport
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import WEEK_MS

EVENTS, _, LISTS, DECISIONS = AUDITED
HOUR = 3_600.0
START = 1_795_000_000.0 // HOUR * HOUR
RELEASE = b'{"decision":"RELEASE","reason":"NO_MATCH","payment_id":"1"}'
HOLD = b'{"decision":"HOLD","reason":"LIST_MATCH","payment_id":"2"}'
LIFTED = b'{"decision":"RELEASE","reason":"NO_MATCH","follows":"00"}'
REVIEWED = b'{"decision":"RELEASE","reason":"REVIEWED","follows":"00"}'


def records_of(audited: AuditedTopic, values: Sequence[bytes], step: float = 600) -> list[Record]:
    """Return a partition with these values, one every `step` seconds."""
    name = audited.topic.name
    return [
        Record(name, 0, offset, START + offset * step, b"current", value, [("ce_id", b"%d" % offset)])
        for offset, value in enumerate(values)
    ]


def files_of(audited: AuditedTopic, records: Sequence[Record], size: int) -> list[LeafFile]:
    """Return the archive of these records, `size` offsets per file."""
    tree, builder, files = MerkleTree(), LeafBuilder(audited), []
    for start in range(0, len(records), size):
        part = records[start : start + size]
        leaves = [leaf for record in part for leaf in builder.add(record)]
        for leaf in leaves:
            tree.append(leaf.hash())
        files.append(LeafFile(start, start + len(part), leaves, tree.size, tree.peaks, builder.open_hour))
    return [decode_leaf_file(encode_leaf_file(file)) for file in files]


def checked(
    audited: AuditedTopic,
    files: Sequence[LeafFile],
    records: Sequence[Record],
    *,
    first: int = 0,
    end: int | None = None,
    now: float = START,
    before: LeafFile | None = None,
) -> TreeReport:
    """Compare a log of these records with the files, all of which are signed."""

    def read(start: int, stop: int) -> Iterator[Record]:
        return (record for record in records if start <= record.offset < stop)

    end = records[-1].offset + 1 if end is None else end
    roots = {file.size: MerkleTree(file.size, file.peaks).root() for file in files if file.size}
    check = TreeCheck(audited, 0, roots, read, (first, end), int(now * 1000))
    return check.run(files, before)


def finding(report: TreeReport) -> tuple[str, int | None, int | None]:
    assert report.finding is not None
    return report.finding.kind, report.finding.offset, report.finding.last_offset


def without(records: Sequence[Record], offset: int) -> list[Record]:
    return [record for record in records if record.offset != offset]


def replaced(records: Sequence[Record], offset: int, **changes: object) -> list[Record]:
    return [record._replace(**changes) if record.offset == offset else record for record in records]  # type: ignore[arg-type]


@given(st.integers(1, 30), st.integers(1, 7), st.data())
def test_each_change_of_a_record_is_named(number: int, per_file: int, data: st.DataObject) -> None:
    records = records_of(EVENTS, [b"event %d" % i for i in range(number)])
    files = files_of(EVENTS, records, per_file)
    assert checked(EVENTS, files, records).finding is None
    offset = data.draw(st.integers(0, number - 1))
    changed: tuple[dict[str, object], ...] = (
        {"value": b"another"},
        {"value": None},
        {"key": None},
        {"timestamp": START - 1},
        {"headers": []},
        {"headers": [("ce_id", b"9999")]},
    )
    for changes in changed:
        altered = replaced(records, offset, **changes)
        assert finding(checked(EVENTS, files, altered)) == ("altered", offset, None)
    gone = without(records, offset)
    assert finding(checked(EVENTS, files, gone, end=number)) == ("removed", offset, None)
    cut = records[:offset]
    assert finding(checked(EVENTS, files, cut, end=offset)) == ("truncated", offset, None)
    assert finding(checked(EVENTS, files, records[offset + 1 :], first=offset + 1, end=number)) == (
        "removed",
        0,
        None,
    )


VALUES = st.lists(st.sampled_from([RELEASE, RELEASE, RELEASE, HOLD, LIFTED, b"?"]), min_size=1, max_size=40)


@given(VALUES, st.integers(1, 9), st.data())
def test_each_change_of_a_decision_is_named(values: list[bytes], per_file: int, data: st.DataObject) -> None:
    """A plain release is named by the releases of its hour, any other decision by its offset."""
    records = records_of(DECISIONS, values)
    files = files_of(DECISIONS, records, per_file)
    assert checked(DECISIONS, files, records).finding is None
    offset = data.draw(st.integers(0, len(values) - 1))
    for value in (REVIEWED, RELEASE + b" ", HOLD + b" ", None):
        found = checked(DECISIONS, files, replaced(records, offset, value=value)).finding
        assert found is not None
        assert found.kind == "altered" or (found.last_offset is not None and found.kind == "removed")
        assert covers(found, offset)
    gone = checked(DECISIONS, files, without(records, offset), end=len(values)).finding
    assert gone is not None
    assert gone.kind == "removed"
    assert covers(gone, offset)
    cut = checked(DECISIONS, files, records[:offset], end=offset).finding
    assert cut is not None
    assert cut.offset is not None
    assert cut.offset <= offset


def covers(found: Difference, offset: int) -> bool:
    assert found.offset is not None
    return found.offset <= offset <= (found.offset if found.last_offset is None else found.last_offset)


@given(VALUES, st.integers(1, 9), st.integers(0, 40))
def test_expired_decisions_are_no_finding_and_early_removal_is(
    values: list[bytes], per_file: int, first: int
) -> None:
    records = records_of(DECISIONS, values)
    first = min(first, len(values) - 1)
    files = files_of(DECISIONS, records, per_file)
    kept = records[first:]
    late = START + len(values) * 600 + int(WEEK_MS) / 1000
    report = checked(DECISIONS, files, kept, first=first, now=late)
    assert report.finding is None
    assert report.size == files[-1].size
    if any(leaf.first < first for file in files for leaf in file.leaves):
        early = checked(DECISIONS, files, kept, first=first, now=START + 60)
        assert early.finding is not None
        assert early.finding.kind == "removed"


def test_old_files_need_not_be_read() -> None:
    records = records_of(DECISIONS, [HOLD, RELEASE] * 10)
    files = files_of(DECISIONS, records, 5)
    late = START + int(WEEK_MS) / 1000 + 86_400
    roots = checked(DECISIONS, files[2:], records[10:], first=10, now=late, before=files[1])
    assert roots.finding is None
    altered = replaced(records[10:], 12, value=HOLD + b" ")
    report = checked(DECISIONS, files[2:], altered, first=10, now=late, before=files[1])
    assert finding(report) == ("altered", 12, None)


def test_compaction_is_told_apart_from_removal() -> None:
    records = records_of(LISTS, [b"1", b"2", b"3", b"4"])
    files = files_of(LISTS, records, 2)
    assert checked(LISTS, files, records[3:]).finding is None
    report = checked(LISTS, files, records[:3], end=4)
    assert finding(report) == ("removed", 3, None)
    assert finding(checked(LISTS, files, [], end=4)) == ("removed", 3, None)
    newer = [*records[3:], records[3]._replace(offset=4, value=b"5")]
    assert checked(LISTS, files, newer[1:], end=5).finding is None
    assert finding(checked(LISTS, files, records[:2], end=2)) == ("truncated", 2, None)
    assert finding(checked(LISTS, files, replaced(records, 3, value=b"x"))) == ("altered", 3, None)


@pytest.mark.parametrize("member", ["digest", "first", "last", "timestamp", "releases", "key"])
def test_an_altered_archive_is_detected(member: str) -> None:
    records = records_of(EVENTS, [b"a", b"b", b"c", b"d"])
    files = files_of(EVENTS, records, 2)
    value = b"\0" * 32 if member in ("digest", "key") else 9
    leaf = msgspec.structs.replace(files[0].leaves[1], **{member: value})
    altered = msgspec.structs.replace(files[0], leaves=[files[0].leaves[0], leaf])
    report = checked(EVENTS, [altered, files[1]], records)
    assert report.finding is not None
    assert report.finding.kind == "archive"
    assert report.finding.partition == 0


def test_a_shortened_archive_is_detected() -> None:
    records = records_of(EVENTS, [b"a", b"b", b"c", b"d"])
    files = files_of(EVENTS, records, 2)
    roots = {file.size: MerkleTree(file.size, file.peaks).root() for file in files}
    check = TreeCheck(EVENTS, 0, roots, lambda start, end: iter(records[start:end]), (0, 4), 0)
    found = check.run(files[:1]).finding
    assert found is not None
    assert "the archive has 2 leaves, but a checkpoint over 4 was signed" in found.text
    assert checked(EVENTS, files[1:], records).finding is not None


def test_what_is_a_plain_release() -> None:
    assert is_plain_release(RELEASE)
    for value in (HOLD, LIFTED, REVIEWED, b"", b"\xff", b"[]", b'{"decision":"RELEASE"}', None):
        assert not is_plain_release(value)


def test_the_releases_of_an_hour_are_one_leaf() -> None:
    values = [RELEASE] * 7 + [HOLD] + [RELEASE] * 7
    builder = LeafBuilder(DECISIONS)
    leaves = [leaf for record in records_of(DECISIONS, values) for leaf in builder.add(record)]
    assert [(leaf.first, leaf.last, leaf.releases) for leaf in leaves] == [
        (0, 5, 6),
        (7, 7, 0),
        (6, 11, 5),
    ]
    assert builder.open_hour is not None
    assert builder.open_hour.releases == 3


@given(st.binary() | st.text().map(str.encode))
def test_a_damaged_file_of_leaves_is_refused(data: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError)):
        decode_leaf_file(data)
