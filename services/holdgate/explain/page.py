"""`holdgate explain`: a decision for a person, in 100 columns."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap

import click
from rich.cells import chop_cells, set_cell_size

from holdgate.core.model.evidence import Evidence, How
from holdgate.explain.explanation import Explanation
from holdgate.explain.nearest_entries import Candidate, ComparedField
from holdgate.runtime.terminal_text import escape_text

WIDTH = 100
MAX_CELL_LINES = 6
"""Maximum lines of a cell: the source of a rule needs as many, a hostile name would take hundreds."""
WEAK_ALIAS_LINE = "a weak alias holds only where the birth date agrees"
PART_OF_FIELD_LINE = "a part of a field, or a name that the next line may continue, needs more evidence"
COMMON_NAME_LINE = "a name of one word, or of common words, holds only where it is the whole listed name"
_REASONS: Mapping[How | None, str] = {
    "weak": WEAK_ALIAS_LINE,
    "common": COMMON_NAME_LINE,
    None: PART_OF_FIELD_LINE,
}
"""Why a name above its threshold does not hold, by the kind of evidence that tells it."""
_COLOURS: Mapping[How, str] = {
    "conflict": "red",
    "conflicts": "red",
    "extra": "yellow",
    "missing": "yellow",
    "weak": "yellow",
}


def render_pages(explanations: Sequence[Explanation]) -> Iterator[str]:
    """Yield the lines of the pages, one page per transaction."""
    for number, explanation in enumerate(explanations, start=1):
        if len(explanations) > 1:
            if number > 1:
                yield ""
            yield f"Transaction {number} of {len(explanations)} ".ljust(WIDTH, "-")
        yield from render_page(explanation)


def render_page(explanation: Explanation) -> Iterator[str]:
    """Yield the lines of one page; `click.echo` drops the colours if the output is no terminal."""
    held = explanation.decision == "HOLD"
    title = f"{escape_text(explanation.payment_id)}: {explanation.decision}"
    yield click.style(title, fg="red" if held else "green", bold=True)
    yield from wrap_lines(explanation.verdict, 0)
    yield f"lists {explanation.list_version}, policy {explanation.policy_version}"
    for note in explanation.notes:
        yield from wrap_lines(f"NOTE {note}", 0)
    for field in explanation.fields:
        yield ""
        yield from _field_lines(field)
    yield ""
    yield f"Would be {'released' if held else 'held'} if"
    for change in explanation.changes:
        yield from wrap_lines(f"- {change}", 2)
    if not explanation.changes:
        yield "  no single change of a threshold, a list entry, a field or a birth date that was tried"


def _field_lines(field: ComparedField) -> Iterator[str]:
    place = "" if field.origin is None else f", at {field.origin}"
    yield from wrap_lines(f"{field.field}, compared as {field.compared_as}{place}", 0)
    yield from wrap_lines(field.value, 2)
    for note in field.notes:
        yield from wrap_lines(f"NOTE {note}", 2)
    for candidate in field.candidates:
        yield from _candidate_lines(candidate)
    if not field.candidates:
        yield "  nothing listed comes near"


def _candidate_lines(candidate: Candidate) -> Iterator[str]:
    against = (
        ""
        if candidate.threshold is None
        else f" against the threshold {candidate.threshold:.4f} ({candidate.kind})"
    )
    if candidate.judged != candidate.score:
        against = f", judged {candidate.judged:.4f}{against}"
    verdict = click.style("holds", fg="red") if candidate.holds else "does not hold"
    if candidate.not_screened:
        verdict = "not screened here, by the rules of the rail"
    yield f"  {candidate.score:.4f}{against}: {verdict}"
    if (
        not candidate.holds
        and not candidate.not_screened
        and candidate.judged >= (candidate.threshold or 0.0)
    ):
        kinds = {part.how for part in candidate.evidence}
        yield f"    {next(line for how, line in _REASONS.items() if how in kinds or how is None)}"
    programmes = ", ".join(candidate.programs) or "no programme"
    yield from wrap_lines(
        f"{candidate.entry_id} {candidate.entry_name}, list {candidate.list}, {programmes}", 4
    )
    if candidate.matched_name != candidate.entry_name:
        yield from wrap_lines(f"as {candidate.matched_name}", 4)
    if candidate.read_as is not None:
        yield from wrap_lines(f"read from the field: {candidate.read_as}", 4)
    yield from evidence_lines(candidate.evidence)


def evidence_lines(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield the lines of a table: the parts of the payment beside the listed parts that they matched."""
    yield f"    {'payment':<34} {'how':<9} {'listed':<38} {'weight':>7}"
    for part in evidence:
        yield from _part_lines(part)


def wrap_lines(text: str, indent: int) -> Iterator[str]:
    """Yield the text in lines of WIDTH columns; wide characters (Han, Hangul) take two."""
    for line in wrap(escape_text(text), WIDTH - indent):
        for part in chop_cells(line, WIDTH - indent):
            yield " " * indent + part


def _part_lines(part: Evidence) -> Iterator[str]:
    """Yield the lines of a row: the part of the payment beside the listed part that it matched."""
    how = click.style(f"{part.how:<9}", fg=_COLOURS.get(part.how))
    payment_cell, listed_cell = _cell_lines(part.part, 34), _cell_lines(part.matched, 38)
    for line, (left, right) in enumerate(zip_longest(payment_cell, listed_cell, fillvalue="")):
        left, right = set_cell_size(left, 34), set_cell_size(right, 38)
        yield (
            f"    {left} {how} {right} {part.weight:>7.2f}"
            if not line
            else f"    {left} {'':<9} {right}".rstrip()
        )


def _cell_lines(text: str, width: int) -> list[str]:
    lines = [part for line in wrap(escape_text(text), width) for part in chop_cells(line, width)] or [""]
    if len(lines) > MAX_CELL_LINES:
        lines[MAX_CELL_LINES - 1 :] = [set_cell_size(lines[MAX_CELL_LINES - 1], width - 3) + "..."]
    return lines
