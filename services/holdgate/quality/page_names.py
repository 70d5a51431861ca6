"""Sections of a quality report about names among other words, and about ways of spelling them."""

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from holdgate.page_design.charts import share_bar
from holdgate.page_design.report_page import Cell, data_table, report_section
from holdgate.quality.contexts import add_up
from holdgate.quality.intervals import wilson_interval
from holdgate.quality.page_cells import INTERVALS, details, interval_text, percent
from holdgate.quality.report import ContextRate, HeldCount, SpellingRate


def contexts_section(rows: Sequence[ContextRate]) -> Markup:
    """Return the section about names among other words; empty without data."""
    if not rows:
        return Markup("")

    def listed(row: ContextRate) -> HeldCount:
        return add_up((row.persons, row.entities))

    def edited(row: ContextRate) -> HeldCount:
        return add_up((row.edited_persons, row.edited_entities))

    head = ("Context", "Listed, held", "", "With one edit, held", "", "Ordinary, held", "")
    cells = [(row.name, *_held(listed(row)), *_held(edited(row)), *_held(row.ordinary)) for row in rows]
    summary: tuple[Cell, ...] = (
        "all contexts",
        *_held(add_up(map(listed, rows))),
        *_held(add_up(map(edited, rows))),
        *_held(add_up(row.ordinary for row in rows)),
    )
    explanation = (
        f"{INTERVALS} Listed names share a field with other words and have to be found; ordinary ones not."
    )
    table = data_table(head, [summary], range(1, 7)) + details(
        f"Each of {len(rows)} contexts", data_table(head, cells, range(1, 7))
    )
    return report_section("Names among other words: how many are held", explanation, table)


def _held(count: HeldCount) -> tuple[Cell, Cell]:
    if not count.tried:
        return "not measured", ""
    interval = interval_text(wilson_interval(count.held, count.tried))
    return percent(count.held / count.tried), f"{interval} of {count.tried:,}"


def spellings_section(rows: Sequence[SpellingRate]) -> Markup:
    """Return the section about ways of spelling; empty without data."""
    tried = [row for row in rows if row.tried]
    if not tried:
        return Markup("")
    head = ("Kind", "Names", "Held", "95 % interval", "", "In a payment", "Right entry first")
    wanted = {"found": "have to be held", "nobody": "are somebody else's, so should not be held"}
    content = Markup("")
    for (group, expects), items in groupby(tried, key=lambda row: (row.group, row.expects)):
        kinds = list(items)
        held, names = sum(row.held for row in kinds), sum(row.tried for row in kinds)
        summary = (
            f"{group}: {names:,} names that {wanted.get(expects, 'are only measured')},"
            f" {percent(held / names)} held ({interval_text(wilson_interval(held, names))})"
        )
        content += details(summary, data_table(head, [_spelling_cells(row) for row in kinds], (2, 3, 5, 6)))
    return report_section("Spellings: how many names are held", INTERVALS, content)


def _spelling_cells(row: SpellingRate) -> tuple[Cell, ...]:
    low, high = wilson_interval(row.held, row.tried)
    held = row.held / row.tried
    first = "" if row.expects == "nobody" else percent(row.first / row.tried)
    bar = share_bar(held, low, high, is_bad=row.expects == "nobody" and row.held > 0)
    return (
        row.name,
        row.tried,
        percent(held),
        interval_text((low, high)),
        bar,
        percent(row.paid / row.tried),
        first,
    )
