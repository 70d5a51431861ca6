"""Names in context: every context can be filled, and a listed name that stands alone is held."""

from random import Random

import pytest

from holdgate.quality.contexts import Context, build_payment, contexts, measure_contexts
from holdgate.quality.report import OrdinaryName
from holdgate.quality.table import render_contexts
from tests.support.listed import screener

INNOCENT = {"person": ["Maria Lopez"], "entity": ["Blue Sky Bakery Ltd"]}
ORDINARY = [OrdinaryName("Maria Lopez", "person"), OrdinaryName("Blue Sky Bakery Ltd", "entity")]


@pytest.mark.parametrize("context", contexts(), ids=lambda context: context.name)
def test_a_context_makes_a_payment_that_can_be_read(context: Context) -> None:
    assert build_payment(context, "Boris Ivanov", INNOCENT, Random(1)) is not None


def test_contexts_have_names_of_their_own_and_only_known_placeholders() -> None:
    names = [context.name for context in contexts()]
    assert len(names) == len(set(names)) >= 60
    for context in contexts():
        made = build_payment(context, "Boris Ivanov", INNOCENT, Random(1))
        assert made is not None
        assert "{" not in repr(made.payment), context.name


def test_a_name_that_fits_into_no_line_of_an_mt_is_left_out() -> None:
    (context,) = [context for context in contexts() if context.name == "MT 59, one line"]
    assert build_payment(context, "Boris " + "I" * 40, INNOCENT, Random(1)) is None
    assert build_payment(context, "Борис Иванов", INNOCENT, Random(1)) is None


def test_a_listed_name_alone_is_held_and_an_ordinary_one_is_not() -> None:
    gate = screener()
    rows = {row.name: row for row in measure_contexts(gate, gate.snapshot.entries, ORDINARY, 7, 4)}
    alone = rows["alone"]
    assert alone.persons_held == alone.persons_tried > 0
    assert alone.entities_held == alone.entities_tried > 0
    assert alone.ordinary_held == 0 < alone.ordinary_tried
    assert rows == {row.name: row for row in measure_contexts(gate, gate.snapshot.entries, ORDINARY, 7, 4)}
    assert "joint" in {row.group for row in rows.values()}
    assert any("trading as" in line for line in render_contexts(list(rows.values())))
