"""Names in context: every context can be filled, and a listed name that stands alone is held."""

from random import Random

import pytest

from holdgate.quality.context_messages import Context, Surroundings, build_payment
from holdgate.quality.contexts import contexts, edit_long_word, measure_contexts, whole_payments
from holdgate.quality.report import OrdinaryName
from holdgate.quality.table import render_contexts
from tests.support.listed import screener

ORDINARY = [OrdinaryName("Maria Lopez", "person"), OrdinaryName("Blue Sky Bakery Ltd", "entity")]


@pytest.mark.parametrize("context", contexts(), ids=lambda context: context.name)
def test_a_context_makes_payments_that_can_be_read(context: Context) -> None:
    """Every text of the context is drawn, and no placeholder is left."""
    for seed in range(30):
        made = build_payment(context, "Boris Ivanov", Surroundings(ORDINARY), Random(seed))
        assert made is not None
        assert "{" not in repr(made.payment).replace("{}", "")


def test_contexts_have_names_of_their_own() -> None:
    names = [context.name for context in contexts()]
    assert len(names) == len(set(names)) >= 120


def test_a_name_that_fits_into_no_line_of_an_mt_is_left_out() -> None:
    (context,) = [context for context in contexts() if context.name == "MT 59, one line"]
    assert build_payment(context, "Boris " + "I" * 40, Surroundings(), Random(1)) is None
    assert build_payment(context, "Борис Иванов", Surroundings(), Random(1)) is None


def test_a_listed_name_alone_is_held_and_an_ordinary_one_is_not() -> None:
    gate = screener()
    rows = {row.name: row for row in measure_contexts(gate, gate.snapshot.entries, ORDINARY, 7, 4)}
    alone = rows["alone"]
    assert alone.persons.held == alone.persons.tried > 0
    assert alone.entities.held == alone.entities.tried > 0
    assert alone.edited_persons.tried == alone.edited_entities.tried == 4
    assert alone.ordinary.held == 0 < alone.ordinary.tried
    assert rows == {row.name: row for row in measure_contexts(gate, gate.snapshot.entries, ORDINARY, 7, 4)}
    assert "joint" in {row.group for row in rows.values()}
    assert any("trading as" in line for line in render_contexts(list(rows.values())))


def test_whole_payments_are_reproducible_and_of_every_format() -> None:
    payments = list(whole_payments(ORDINARY, 3, 30))
    assert payments == list(whole_payments(ORDINARY, 3, 30))
    assert len(payments) == 30
    assert {type(received.payment.remittance[0]) for received in payments} == {str}
    assert sum(bool(received.origins) for received in payments) == 20, "XML and MT tell their positions"


@pytest.mark.parametrize("seed", range(40))
def test_an_edit_changes_one_letter_of_a_long_word(seed: int) -> None:
    edited = edit_long_word("Al Barakaat BANK of ho", Random(seed))
    assert edited is not None
    before, after = "Al Barakaat BANK of ho".split(), edited.split()
    assert len(before) == len(after)
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1
    assert changed[0][0] in ("Barakaat", "BANK")
    assert abs(len(changed[0][0]) - len(changed[0][1])) <= 1


def test_a_name_without_a_long_word_is_not_edited() -> None:
    assert edit_long_word("Al Li 1234", Random(1)) is None
