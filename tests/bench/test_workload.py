"""The workload is reproducible, readable, and has the promised sizes and shares."""

from itertools import pairwise, product
from pathlib import Path
from random import Random

import pytest

from bench.calibration import calibration_seconds
from bench.lists import enlarge
from bench.parties import OrdinaryParty, ordinary_parties
from bench.sentences import Sentences
from bench.workload import MAX_BYTES, MIN_BYTES, Texts, WorkloadRecord, workload
from holdgate.core.intake.reader import read
from holdgate.core.model.payment import Payment
from tests.support.listed import snapshot

POOL = [OrdinaryParty(f"Party{at} Ordinary{at}", "person" if at % 2 else "entity") for at in range(2_000)]


def made(seed: int = 1, number: int = 1_000, *, repeat: bool = True) -> list[WorkloadRecord]:
    return list(workload(POOL, snapshot().entries, seed, number, repeat=repeat))


def with_new_words(number: int, texts: Texts = "sentences") -> list[WorkloadRecord]:
    words = ["".join(syllables) for syllables in product("bor lam tig ves dul fen kos nar".split(), repeat=3)]
    pool = [OrdinaryParty(f"{first} {last}", "person") for first, last in pairwise(words)]
    return list(workload(pool, snapshot().entries, 1, number, texts=texts))


def parsed(one: WorkloadRecord) -> Payment:
    [received] = read(one.value, one.payment_id.encode())
    return received.payment


def names(payments: list[WorkloadRecord]) -> list[str]:
    return [
        party.name
        for one in payments
        if not one.listed
        for party in (parsed(one).debtor, parsed(one).creditor)
        if party and party.name
    ]


def test_equal_seeds_give_equal_payments_and_different_seeds_do_not() -> None:
    assert made(seed=3, number=50) == made(seed=3, number=50)
    assert {one.value for one in made(seed=3, number=50)}.isdisjoint(
        one.value for one in made(seed=4, number=50)
    )


def test_sizes_formats_and_the_share_of_listed_parties_are_as_promised() -> None:
    payments = made()
    assert all(MIN_BYTES <= len(one.value) <= MAX_BYTES for one in payments)
    assert sum(one.listed for one in payments) == 2, "0.2 % of a thousand"
    assert 150 < sum(one.is_xml for one in payments) < 250, "one in five"


def test_parties_repeat_or_never_repeat() -> None:
    repeated, distinct = names(made(number=400)), names(made(number=400, repeat=False))
    assert len(set(repeated)) < 0.7 * len(repeated)
    assert len(set(distinct)) == len(distinct)


def test_sentences_bring_new_words_with_every_payment() -> None:
    payments = [parsed(one) for one in with_new_words(300)]
    assert payments == [parsed(one) for one in with_new_words(300)]
    seen: set[str] = set()
    for number, payment in enumerate(payments):
        words = set(" ".join(payment.remittance).replace(",", " ").split())
        if number >= 200 and words:
            assert len(words - seen) >= 3, "by now every other word of the sentences was seen"
        seen |= words


def test_names_with_too_few_words_for_new_ones_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 words of the names are not enough"):
        list(Sentences([OrdinaryParty("Wanderer Sojourner", "person")], Random(1)).payment_texts())


def test_a_pool_too_small_for_distinct_parties_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 names are enough for only 0 payments"):
        list(workload(POOL[:1], snapshot().entries, 1, 5, repeat=False))


def test_without_the_reference_data_the_names_are_those_of_the_demo(tmp_path: Path) -> None:
    said, pool = ordinary_parties(tmp_path / "absent")
    assert "no reference data" in said
    assert len(pool) > 50
    assert {one.kind for one in pool} == {"person", "entity"}


def test_an_enlarged_list_keeps_its_entries_and_adds_new_names() -> None:
    entries = snapshot().entries
    larger = enlarge(entries, 3, seed=1)
    assert larger[: len(entries)] == list(entries)
    assert len(larger) == 3 * len(entries) == len({entry.id for entry in larger})
    assert larger == enlarge(entries, 3, seed=1)


def test_ordinary_texts_are_sentences_and_invoices_and_customers_always_look_the_same() -> None:
    payments = [parsed(one) for one in with_new_words(200, "ordinary")]
    texts = [" ".join(payment.remittance) for payment in payments if payment.remittance]
    invoices = [text for text in texts if any(char.isdigit() for char in text.split(",")[0])]
    assert 0 < len(invoices) < len(texts)
    debtors = [payment.debtor for payment in payments if payment.debtor]
    assert any(" and " in (debtor.name or "") for debtor in debtors), "joint accounts"
    assert any(debtor.address and debtor.address.lines for debtor in debtors), "names of two lines"


def test_the_calibration_takes_time() -> None:
    assert calibration_seconds() > 0.0
