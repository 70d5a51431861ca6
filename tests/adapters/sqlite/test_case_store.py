"""The projection holds what the reducer says, whatever the batches, kills and order of the topics."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdgate.adapters.sqlite import case_queries, case_store, schema
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.adapters.sqlite.entry_queries import EntryOutcome
from holdgate.core.model.decision import Versions, decide, to_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review import event as events
from holdgate.core.review.event_contents import MatchFacts
from tests.core.review.test_interleavings import carry_out, moves
from tests.support.review import PEOPLE, RULES, START, CaseLog, digest, facts

IBAN = "DE89 3704 0044 0532 0130 00"
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"


def payment(payment_id: str, creditor: str, debtor: str = "Anna Muster") -> bytes:
    """Return a payment record."""
    members = {
        "payment_id": payment_id,
        "debtor": {"name": debtor, "account": {"iban": IBAN}},
        "creditor": {"name": creditor},
    }
    return msgspec.json.encode(members)


def sha256(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def event_records(values: Sequence[bytes], first: int = 0) -> list[Record]:
    """Return records of review.events."""
    return [
        Record(REVIEW_EVENTS.name, 0, offset, 0.0, b"key", value, ())
        for offset, value in enumerate(values, first)
    ]


def evidence_record(offset: int, value: bytes | None, key: str | None = None) -> Record:
    """Return a record of review.evidence; a value has its digest as key."""
    name = key or sha256(value or b"")
    return Record(REVIEW_EVIDENCE.name, 0, offset, 0.0, name.encode(), value, ())


def add_events(store: CaseStore, values: Sequence[bytes], first: int = 0) -> dict[int, Any]:
    return store.add(REVIEW_EVENTS.name, 0, event_records(values, first), first + len(values))


def add_evidence(store: CaseStore, *records: Record) -> None:
    store.add(REVIEW_EVIDENCE.name, 0, records, records[-1].offset + 1)


def open_case(payment_id: str = "P-1", value: bytes | None = None, **changes: Any) -> CaseLog:
    """Return a log with an open case whose payment is `value`."""
    held = facts(
        payment_id=payment_id,
        decision_id=digest(f"hold of {payment_id}", 32),
        payment=None if value is None else sha256(value),
        **changes,
    )
    log = CaseLog(held)
    assert log.write(events.CaseOpened, "review", held) == "open"
    return log


def due(number: int) -> datetime:
    """Return a due time that is the earlier the higher the number."""
    return START + timedelta(hours=10 - number)


def decision_with_uetr(uetr: str) -> bytes:
    """Return the decision of a hold."""
    held = decide(
        payment_id="P-1",
        content_hash=digest("content"),
        versions=Versions("lists", "policy", "engine"),
        reason="LIST_MATCH",
        status="PDNG",
        uetr=uetr,
    )
    return to_json(held)


def ids(cases: Sequence[Any]) -> list[str]:
    return [case.case_id for case in cases]


def dump(path: Path) -> dict[str, list[Any]]:
    """Return the content of all tables but the row numbers of parties."""
    tables = {
        "cases": "*",
        "events": "*",
        "matches": "*",
        "rules": "*",
        "offsets": "*",
        "evidence": "*",
        "parties": "case_id, role, name, account, name_key, account_key",
    }
    connection = sqlite3.connect(path)
    try:
        return {
            name: sorted(connection.execute(f"SELECT {columns} FROM {name}").fetchall(), key=repr)  # noqa: S608
            for name, columns in tables.items()
        }
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "review.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[CaseStore]:
    with CaseStore(path) as opened:
        yield opened


garbage = st.one_of(
    st.binary(max_size=40),
    st.just(b'{"type":"unheard_of"}'),
    st.just(b"[" * 2_000),
    st.just(b'{"type":"rules","at":"\xff"}'),
)


@settings(max_examples=60)
@given(
    st.lists(st.one_of(moves, moves, moves, garbage), max_size=25),
    st.lists(st.integers(1, 6), max_size=30),
    st.lists(st.sampled_from(["decision", "payment", "decision-erased", "payment-erased"]), max_size=6),
)
def test_any_records_in_any_batches_agree_with_the_casebook(
    tmp_path_factory: pytest.TempPathFactory, tried: list[Any], sizes: list[int], evidence: list[str]
) -> None:
    value = payment("P-1", "Иван Петров")
    log = open_case("P-1", value)
    for move in tried:
        if isinstance(move, bytes):
            log.records.append(move)
            log.book.add_record(move)
        else:
            carry_out(log, move)
    keys = {"decision": log.facts.decision, "payment": sha256(value)}
    kept = [
        evidence_record(n, None if name.endswith("erased") else value, keys[name.split("-")[0]])
        for n, name in enumerate(evidence)
    ]
    folder = tmp_path_factory.mktemp("store")
    batched, whole = folder / "batched", folder / "whole"
    position, records = 0, event_records(log.records)
    for number in range(len(records) + len(kept) + 1):
        with CaseStore(batched) as store:  # every batch in a new process
            size = sizes[number % len(sizes)] if sizes else 3
            if number < len(kept):
                add_evidence(store, kept[number])
            repeated = max(0, position - 2)
            chunk = records[repeated : position + size]
            position = min(position + size, len(records))
            store.add(REVIEW_EVENTS.name, 0, chunk, position)
    with CaseStore(whole) as store:
        add_events(store, log.records)
        if kept:
            add_evidence(store, *kept)
        assert {case.case_id: case for case in store.cases()} == log.book.cases
        assert store.rules() == log.book.rules
        assert store.void_counts() == dict(log.book.void)
    assert dump(batched) == dump(whole)


def test_a_store_without_its_file_is_filled_to_the_same(path: Path) -> None:
    value = payment("P-1", "Ivan Petrov")
    log = open_case("P-1", value)
    log.propose("ana", "RELEASE")
    contents = []
    for _ in range(2):
        with CaseStore(path) as store:
            add_events(store, log.records)
            add_evidence(store, evidence_record(0, value))
        contents.append(dump(path))
        schema.delete_projection(path)
    assert contents[0] == contents[1]


def test_names_are_found_in_any_script(store: CaseStore) -> None:
    names = {
        "P-1": "Иван Петров",
        "P-2": "Müller & Söhne GmbH",
        "P-3": "محمد حسن",
        "P-4": "王小明",
        "P-5": "John Miller",
    }
    found = {}
    offset = 0
    for number, (payment_id, name) in enumerate(names.items()):
        value = payment(payment_id, name, "Paying Company")
        log = open_case(payment_id, value)
        add_events(store, log.records, offset)
        offset += len(log.records)
        add_evidence(store, evidence_record(number, value))
        found[payment_id] = log.case_id
    searches = {
        "Petrov Ivan": "P-1",
        "петров": "P-1",
        "Muller": "P-2",
        "MÜLLER sohne": "P-2",
        "mu": "P-2",
        "محمد": "P-3",
        "王小明": "P-4",
        "wang": "P-4",
        "john mil": "P-5",
    }
    for text, payment_id in searches.items():
        assert ids(store.search(text)) == [found[payment_id]], text
    assert set(ids(store.search("paying company"))) == set(found.values())
    assert len(store.search("paying company", limit=2)) == 2


def test_every_other_way_to_find_a_case(store: CaseStore) -> None:
    value = payment("P-1", "Ivan Petrov")
    held_decision = decision_with_uetr(UETR)
    log = open_case(
        "P-1", value, decision=sha256(held_decision), matches=(MatchFacts("ofac:1", "name", 0.8),)
    )
    log.remark(events.CaseTaken, "ana")
    add_events(store, log.records)
    add_evidence(store, evidence_record(0, value), evidence_record(1, held_decision))
    for text in (
        "P-1",
        log.case_id,
        log.case_id.upper(),
        UETR,
        UETR.upper(),
        "ofac:1",
        PEOPLE["ana"].user,
        IBAN,
        IBAN.replace(" ", "").lower(),
    ):
        assert ids(store.search(text)) == [log.case_id], text
    assert ids(store.cases_that_begin(log.case_id[:6])) == [log.case_id]
    for text in ("", " ", "ofac:2", "%", '"', "' OR 1=1", "\ud800", "a" * 10_000, "NEAR(", "\u202epetrov x"):
        assert store.search(text) == [], text


def test_a_queue_is_read_page_by_page_in_due_order(store: CaseStore) -> None:
    logs = [
        open_case(f"P-{n}", due=None if n == 0 else due(n), queue="operations" if n % 2 else "sanctions")
        for n in range(6)
    ]
    offset = 0
    for log in logs:
        log.remark(events.CaseTaken, "ana") if log is logs[3] else None
        add_events(store, log.records, offset)
        offset += len(log.records)
    in_order = [logs[n].case_id for n in (5, 4, 3, 2, 1, 0)]
    assert ids(store.queue_page()) == in_order
    first = store.queue_page(limit=4)
    assert ids(first + store.queue_page(after=first[-1])) == in_order
    assert ids(store.queue_page(queue="sanctions")) == [logs[n].case_id for n in (4, 2, 0)]
    assert ids(store.queue_page(owner=PEOPLE["ana"].user)) == [logs[3].case_id]
    assert store.queue_page(stage="disposed") == []
    assert {(count.queue, count.stage): count.cases for count in store.queue_counts()} == {
        ("sanctions", "open"): 3,
        ("operations", "open"): 3,
    }


def test_erased_evidence_is_gone_from_the_file_and_its_parties_with_it(path: Path) -> None:
    value = payment("P-1", "Zebedee Quux")
    log = open_case("P-1", value)
    with CaseStore(path) as store:
        add_events(store, log.records)
        add_evidence(store, evidence_record(0, value))
        assert store.search("zebedee")
        assert [party.name for party in store.parties(log.case_id)] == ["Anna Muster", "Zebedee Quux"]
        add_evidence(store, evidence_record(1, None, sha256(value)))
        assert store.search("zebedee") == []
        assert store.parties(log.case_id) == []
        erased = store.evidence(sha256(value))
        assert erased is not None
        assert erased.value is None
        assert store.evidence(digest("never came")) is None
        assert store.case(log.case_id) == log.case
    for file in path.parent.iterdir():
        assert b"ebedee" not in file.read_bytes(), file.name


def test_an_erased_case_shows_nothing_of_a_payment_that_is_kept_for_another(store: CaseStore) -> None:
    value = payment("P-1", "Zebedee Quux")
    erased, other = open_case("P-1", value), open_case("P-2", value)
    erased.record_outcome(events.CaseClosed)
    other.record_outcome(events.CaseClosed)
    add_events(store, [*erased.records, *other.records])
    add_evidence(store, evidence_record(0, value))
    assert [case.case_id for case in store.erasable_cases(START + timedelta(days=3649), RULES)] == []
    due = START + timedelta(days=3660)
    assert {case.case_id for case in store.erasable_cases(due, RULES)} == {erased.case_id, other.case_id}
    erased.erase("otto")
    add_events(store, erased.records[-1:], len(erased.records) - 1 + len(other.records))
    assert ids(store.search("zebedee")) == [other.case_id]
    assert store.parties(erased.case_id) == []
    assert ids(list(store.erasable_cases(due, RULES))) == [other.case_id]
    add_evidence(store, evidence_record(1, value))
    assert store.parties(erased.case_id) == []


def test_evidence_under_another_digest_is_ignored(store: CaseStore) -> None:
    value = payment("P-1", "Ivan Petrov")
    log = open_case("P-1", value)
    add_events(store, log.records)
    add_evidence(store, evidence_record(0, payment("P-1", "Somebody Else"), sha256(value)))
    assert store.evidence(sha256(value)) is None
    assert store.parties(log.case_id) == []


def test_precedents_are_cases_of_the_same_party_with_the_same_entry(store: CaseStore) -> None:
    offset = 0
    logs = []
    for number, (name, entry) in enumerate(
        [("Иван Петров", "ofac:1"), ("Ivan Petrov", "ofac:1"), ("Ivan Petrov", "ofac:2"), ("Olga", "ofac:1")]
    ):
        value = payment(f"P-{number}", name, "")
        log = open_case(f"P-{number}", value, matches=(MatchFacts(entry, "name", 0.9),))
        add_events(store, log.records, offset)
        offset += len(log.records)
        add_evidence(store, evidence_record(number, value))
        logs.append(log)
    assert logs[1].case is not None
    [precedent] = store.precedents(logs[1].case)
    assert (precedent.case.case_id, precedent.entry_id, precedent.name) == (
        logs[0].case_id,
        "ofac:1",
        "Иван Петров",
    )
    assert store.entry_outcomes("ofac:1", 500) == [EntryOutcome("open", None, 3)]
    assert store.entry_outcomes("ofac:1", 2) == [EntryOutcome("open", None, 2)]
    logs[0].propose("ana", "REJECT")
    add_events(store, logs[0].records[-1:], offset)
    assert set(store.entry_outcomes("ofac:1", 500)) == {
        EntryOutcome("open", None, 2),
        EntryOutcome("proposed", "REJECT", 1),
    }


def test_events_are_kept_with_the_reason_why_they_do_not_count(store: CaseStore) -> None:
    log = open_case()
    log.propose("ana", "REJECT")
    log.approve("ana")
    log.records.append(b"x" * (5 * 1024 * 1024))
    voids = add_events(store, log.records)
    assert [voids[offset] for offset in sorted(voids)] == [None, None, None, "ROLE_MAY_NOT", "UNREADABLE"]
    kept = store.events(log.case_id)
    assert [(event.type, event.void) for event in kept] == [
        ("opened", None),
        ("proposed", None),
        ("approved", "ROLE_MAY_NOT"),
    ]
    unreadable = store.event_at(4)
    assert unreadable is not None
    assert (unreadable.event, unreadable.void) == (None, "UNREADABLE")
    assert f"{events.MAX_EVENT_BYTES:,} are allowed" in (unreadable.problem or "")
    assert store.event_at(99) is None


@pytest.mark.parametrize("change", ["schema", "origin", "corrupt"])
def test_a_file_that_is_not_of_this_log_and_schema_is_rebuilt(
    path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CaseStore(path, "one") as store:
        add_events(store, open_case().records)
    origin = "one"
    if change == "schema":
        monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
    elif change == "origin":
        origin = "two"
    else:
        path.write_bytes(b"this is no database, and long enough to be read as one " * 100)
    with CaseStore(path, origin) as store:
        assert list(store.cases()) == []
        assert store.next_offset(REVIEW_EVENTS.name, 0) == 0
    with CaseStore(path, origin) as store:
        add_events(store, open_case().records)
        assert len(list(store.cases())) == 1


def test_a_batch_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_case()
    with CaseStore(path) as store:
        add_events(store, log.records)
        before = dump(path)

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        log.remark(events.CaseTaken, "ana")
        monkeypatch.setattr(case_store._Batch, "_write_cases", fail)
        with pytest.raises(KeyboardInterrupt):
            add_events(store, log.records[-1:], len(log.records) - 1)
        monkeypatch.undo()
        assert dump(path) == before
        add_events(store, log.records[-1:], len(log.records) - 1)
        assert store.case(log.case_id) == log.case


def test_a_cleared_store_begins_anew(store: CaseStore) -> None:
    log = open_case()
    add_events(store, log.records)
    store.clear()
    assert store.next_offset(REVIEW_EVENTS.name, 0) == 0
    assert add_events(store, log.records) == {0: None, 1: None}


def test_two_writers_of_one_file_add_each_record_once(path: Path) -> None:
    log = open_case()
    with CaseStore(path) as one, CaseStore(path) as other:
        add_events(one, log.records)
        assert add_events(other, log.records) == {}
        assert other.case(log.case_id) == log.case


def test_no_search_reads_a_whole_table(store: CaseStore) -> None:
    connection = store._connection
    lookups = [*store._exact_lookups("Ivan Petrov"), (case_queries._BY_NAME, '"ivan"')]
    assert len(lookups) == 7
    for query, value in lookups:
        plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", (value, 50))]
        assert not [step for step in plan if re.match(r"SCAN (?!party_words)", step)], (query, plan)
