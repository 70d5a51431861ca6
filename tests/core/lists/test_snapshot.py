"""The version of a snapshot depends on its content, and a damaged snapshot is rejected."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.engine_version import engine_version
from holdgate.core.lists import snapshot as snapshots
from holdgate.core.lists.snapshot import Edition, SnapshotError, build_snapshot, load_snapshot, read_header
from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.matching.matcher import Matcher, Query
from tests.support.listed import BANK, ENTRIES, PERSON, edition, packed


def _version(editions: list[Edition], entries: tuple[Entry, ...]) -> str:
    return read_header(build_snapshot(editions, entries)).version


def test_a_packed_snapshot_can_be_loaded() -> None:
    loaded = load_snapshot(packed())
    assert tuple(loaded.entries) == ENTRIES
    assert loaded.editions == (edition(),)
    assert loaded.version == read_header(packed()).version
    assert read_header(packed()).built_by == engine_version()


def test_the_loaded_index_finds_listed_parties() -> None:
    hits = Matcher(load_snapshot(packed()).index).match([Query("Kazimir Verzhbitsky", "person")])
    assert [hit.entry for hit in hits[0]] == [0]


def test_equal_content_has_equal_bytes() -> None:
    assert build_snapshot([edition()], ENTRIES) == packed()


@pytest.mark.parametrize(
    ("editions", "entries"),
    [
        ([edition("other")], ENTRIES),
        ([edition(label="sample")], ENTRIES),
        ([msgspec.structs.replace(edition(), sha256="1" * 64)], ENTRIES),
        ([edition()], ENTRIES[:2]),
        ([edition()], (BANK, PERSON, ENTRIES[2])),
        ([edition()], (msgspec.structs.replace(PERSON, programs=("TEST-2",)), *ENTRIES[1:])),
    ],
    ids=["list", "label", "digest", "fewer", "order", "programme"],
)
def test_different_content_has_a_different_version(
    editions: list[Edition], entries: tuple[Entry, ...]
) -> None:
    assert _version(editions, entries) != read_header(packed()).version


def test_another_engine_gives_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index depends on the engine, so a worker must not load the snapshot of another engine."""
    monkeypatch.setattr(snapshots, "engine_version", lambda: "0.0.0+00000000")
    assert _version([edition()], ENTRIES) != read_header(packed()).version


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:30],
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"\0",
        lambda data: b"PK\x03\x04" + data,
        lambda data: data.replace(b"VERZHBITSKY", b"VERZHBITSKI"),
    ],
    ids=["empty", "cut name", "cut header", "cut digest", "half", "longer", "other kind", "altered"],
)
def test_a_damaged_snapshot_is_rejected(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SnapshotError):
        load_snapshot(damage(packed()))


@given(st.data())
def test_a_snapshot_with_any_byte_changed_is_rejected(data: st.DataObject) -> None:
    """The byte may be anywhere: in the version, the header, an entry, the index or the digest."""
    bytes_ = bytearray(packed())
    bytes_[data.draw(st.integers(0, len(bytes_) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SnapshotError):
        load_snapshot(bytes(bytes_))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_rejected(data: bytes) -> None:
    for start in (b"", snapshots.MAGIC):
        with pytest.raises(SnapshotError):
            load_snapshot(start + data)
