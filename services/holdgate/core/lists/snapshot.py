"""A snapshot: all lists, merged and indexed, as one immutable value whose version is a digest of its content.

It is built once, in a process of its own, and stored as bytes: a header, the entries and the built index.
Loading copies arrays; no name is analysed again.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from holdgate.core.engine_version import engine_version
from holdgate.core.identifiers import keys
from holdgate.core.identifiers.addresses import AddressIndex, KeyedAddress, key_addresses
from holdgate.core.identifiers.bank_codes import BankCode, bank_codes
from holdgate.core.identifiers.iban import plain_iban
from holdgate.core.identifiers.id_readings import readings
from holdgate.core.identifiers.listed_keys import KeyedIdentifier, key_identifiers
from holdgate.core.lists.packed_entries import PackedEntries
from holdgate.core.model.listed_entry import Entry, IdType, ListedId
from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.index.inverted_index import Index

MAGIC = b"HOLDGATE SNAPSHOT 4\n"
_DIGEST = 32


class SnapshotError(ValueError):
    """Bytes that are not a snapshot which this engine can use; the message says why."""


class Edition(Struct, frozen=True, omit_defaults=True):
    """One list as included in a snapshot.

    `as_of` is the time at which it was last known to be up to date: when it was fetched, what edition.toml
    says, or the publisher's date; 1970 if nothing dates it. `label` marks a sample, whose age a policy may
    exempt.
    """

    list: str
    format: str
    sha256: str
    records: int
    entries: int
    as_of: Annotated[datetime, Meta(tz=True)]
    label: str | None = None


class Header(Struct, frozen=True):
    """The header of a snapshot: enough to identify or reject it without reading the rest."""

    version: str
    built_by: str
    editions: tuple[Edition, ...]
    entries_bytes: int
    index_bytes: int
    ids_bytes: int
    banks_bytes: int
    addresses_bytes: int


class Snapshot:
    """Entries and index, ready to be matched against."""

    def __init__(
        self,
        version: str,
        editions: tuple[Edition, ...],
        entries: Sequence[Entry],
        index: Index,
        identified: Iterable[KeyedIdentifier],
        banks: Sequence[BankCode] = (),
        addresses: Iterable[KeyedAddress] = (),
    ) -> None:
        self.version = version
        self.editions = editions
        self.entries = entries
        self.index = index
        self.addresses = AddressIndex(addresses)
        self._by_id: dict[str, list[KeyedIdentifier]] = {}
        for identifier in identified:
            self._by_id.setdefault(identifier.key, []).append(identifier)
        self._banks: dict[str, list[BankCode]] = {}
        self._bank_code_spans: dict[str, tuple[tuple[int, int], ...]] = {}
        for bank in banks:
            self._banks.setdefault(f"{bank.country}{bank.start}{bank.code}", []).append(bank)
            spans = {*self._bank_code_spans.get(bank.country, ()), (bank.start, bank.start + len(bank.code))}
            self._bank_code_spans[bank.country] = tuple(sorted(spans))

    def with_account(self, iban: str) -> list[BankCode]:
        """Return the listed banks that hold the account of an IBAN; its check digits are not verified."""
        plain = plain_iban(iban)
        country = plain[:2]
        return [
            bank
            for start, end in self._bank_code_spans.get(country, ())
            for bank in self._banks.get(f"{country}{start}{plain[start:end]}", ())
        ]

    def with_identifier(self, kind: IdType, value: str, country: str | None) -> list[tuple[int, ListedId]]:
        """Return the entries with this identifier, as (position in `entries`, identifier as listed)."""
        found: dict[tuple[int, int], ListedId] = {}
        for reading in readings(kind, value, country):
            for candidate in self._by_id.get(reading.key, ()):
                listed = self.entries[candidate.entry].ids[candidate.position]
                if keys.comparable(reading.type, listed.type, reading.key) and keys.same_issuer(
                    reading.type, reading.country, listed.country
                ):
                    found.setdefault((candidate.entry, candidate.position), listed)
        return [(entry, listed) for (entry, _), listed in found.items()]


def build_snapshot(editions: Sequence[Edition], entries: Sequence[Entry]) -> bytes:
    """Index the entries and return the packed snapshot. It takes seconds: do not call it in a worker."""
    packed = msgspec.msgpack.encode(tuple(entries))
    index = build_index(entries).to_bytes()
    ids = msgspec.msgpack.encode(tuple(key_identifiers(entries)))
    banks = msgspec.msgpack.encode(bank_codes(entries))
    addresses = msgspec.msgpack.encode(tuple(key_addresses(entries)))
    built_by = engine_version()
    names = [(edition.list, edition.sha256, edition.label) for edition in editions]
    version = hashlib.sha256(msgspec.msgpack.encode((built_by, names)) + packed).hexdigest()[:16]
    header = msgspec.json.encode(
        Header(version, built_by, tuple(editions), *map(len, (packed, index, ids, banks, addresses)))
    )
    body = MAGIC + len(header).to_bytes(4, "big") + header + packed + index + ids + banks + addresses
    return body + hashlib.sha256(body).digest()


def read_header(data: bytes | bytearray) -> Header:
    """Return the header of a snapshot; raise `SnapshotError` if the bytes are not a snapshot."""
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC:
        raise SnapshotError(
            "not a snapshot of this format: publish the lists again with this version of holdgate"
        )
    size = int.from_bytes(data[len(MAGIC) : start], "big")
    try:
        return msgspec.json.decode(data[start : start + size], type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"the snapshot's header cannot be read: {error}") from error


def check_snapshot(data: bytes | bytearray) -> Header:
    """Return the header of a complete snapshot; raise `SnapshotError` if it is truncated or altered."""
    header = read_header(data)
    view = memoryview(data)
    if hashlib.sha256(view[:-_DIGEST]).digest() != view[-_DIGEST:]:
        raise SnapshotError(
            f"snapshot {header.version} fails its checksum: it was truncated or altered;"
            " publish the lists again"
        )
    return header


def load_snapshot(data: bytes | bytearray) -> Snapshot:
    """Unpack a snapshot; raise `SnapshotError` if it is truncated, altered or of another format."""
    header = check_snapshot(data)
    view = memoryview(data)[:-_DIGEST]
    sizes = (
        header.entries_bytes,
        header.index_bytes,
        header.ids_bytes,
        header.banks_bytes,
        header.addresses_bytes,
    )
    begins = list(accumulate(sizes, initial=len(view) - sum(sizes)))
    packed, index, identified, banks, addresses = (view[begin:end] for begin, end in pairwise(begins))
    try:
        return Snapshot(
            header.version,
            header.editions,
            PackedEntries(bytes(packed)),
            Index.from_bytes(index),
            msgspec.msgpack.decode(identified, type=list[KeyedIdentifier]),
            msgspec.msgpack.decode(banks, type=tuple[BankCode, ...]),
            msgspec.msgpack.decode(addresses, type=tuple[KeyedAddress, ...]),
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise SnapshotError(f"snapshot {header.version} cannot be read: {error}") from error
