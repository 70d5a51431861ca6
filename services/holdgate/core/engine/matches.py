"""Build the matches of a decision from name hits, names in text, identifiers and bank codes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Match, Rule
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry
from holdgate.core.model.screened_fields import CodeField, IdField, NameField
from holdgate.core.names.fields.field_readings import FieldReading, FieldReadings, read_name
from holdgate.core.names.matching.matcher import NameHit
from holdgate.core.places.territories import country_code
from holdgate.core.text.finder import NameInText

EXACT = 1.0
"""The score of an identifier, which is either the same or no match at all."""


class Judgement(NamedTuple):
    """The judgement on a name hit: its score, whether it holds, the evidence, and the score that was judged.

    `holding` is compared with the threshold; a country changes `score` alone.
    """

    score: float
    holds: bool
    evidence: tuple[Evidence, ...]
    holding: float


def readings_of(field: NameField) -> FieldReadings:
    """Return the readings of a name field."""
    following = tuple([text for _, text in field.continuation]) if field.continuation else ()
    return read_name(field.value, following)


def name_match(
    field: NameField, reading: FieldReading, hit: NameHit, judgement: Judgement, entry: Entry
) -> Match:
    """Return the match of the name of a party, agent or vessel.

    If the name is not all of the field, the evidence `at` gives its place in the field and in the lines after
    it. Characters are counted from 0; the end is exclusive.
    """
    paths = (field.path, *(path for path, _ in field.continuation))
    places = () if reading.role in ("whole", "first line") else reading.places
    positions = tuple(position_in(paths[line], start, end) for line, start, end in places)
    return Match(
        field=field.path,
        value=reading.value,
        entry_id=entry.id,
        entry_name=entry.name,
        matched_name=hit.matched_name,
        list=entry.list,
        programs=entry.programs,
        rule=field.rule,
        score=judgement.score,
        evidence=judgement.evidence + positions,
    )


def position_in(path: str, start: int, end: int) -> Evidence:
    """Return the evidence that gives the place of a match: path, and characters from 0, the end exclusive."""
    return Evidence(part=path, matched=f"characters {start}-{end}", how="at", weight=0.0)


def text_match(paths: Sequence[str], name: NameInText, entry: Entry) -> Match:
    """Return the match of a listed name inside a text with these paths; the evidence `at` gives its position.

    Characters are counted from 0; the end is exclusive.
    """
    positions = tuple(position_in(paths[span.line], span.start, span.end) for span in name.line_spans)
    return Match(
        field=paths[name.line_spans[0].line],
        value=name.value,
        entry_id=entry.id,
        entry_name=entry.name,
        matched_name=name.hit.matched_name,
        list=entry.list,
        programs=entry.programs,
        rule="text",
        score=name.hit.score,
        evidence=name.hit.evidence + positions,
    )


def bank_matches(field: CodeField, snapshot: Snapshot) -> Iterator[Match]:
    """Yield a match per listed bank that holds the account of an IBAN."""
    for bank in snapshot.with_account(field.value):
        entry = snapshot.entries[bank.entry]
        evidence = Evidence(part=bank.code, matched=f"bank code of bic {bank.bic}", how="exact", weight=EXACT)
        yield exact_match(field.path, field.value, entry, "bic", evidence)


def identifier_matches(field: IdField, snapshot: Snapshot) -> Iterator[Match]:
    """Yield a match per entry that lists the identifier; its issuer may be a country's name."""
    for position, listed in snapshot.with_identifier(field.type, field.value, country_code(field.country)):
        entry = snapshot.entries[position]
        evidence = Evidence(
            part=field.value, matched=f"{listed.type} {listed.value}", how="exact", weight=EXACT
        )
        yield exact_match(field.path, field.value, entry, field.rule, evidence)


def without_repeats(matches: Iterable[Match]) -> list[Match]:
    """Return the matches, each once.

    A field and a search of its value may both find an identifier. A text that is also read as a name may name
    an entry in both ways: what scores higher is reported, else the name in the text, which has a position.
    """
    seen: set[tuple[str, str, str, Rule]] = set()
    kept: list[Match] = []
    scores: dict[Rule, dict[tuple[str, str], float]] = {"name": {}, "text": {}}
    for match in matches:
        key = (match.field, match.value, match.entry_id, match.rule)
        if key not in seen or match.rule == "text":
            seen.add(key)
            kept.append(match)
            if (known := scores.get(match.rule)) is not None:
                place = (match.field, match.entry_id)
                known[place] = max(match.score, known.get(place, 0.0))
    twice = scores["name"].keys() & scores["text"].keys()
    if not twice:
        return kept
    worse = {(*place, "text" if scores["name"][place] > scores["text"][place] else "name") for place in twice}
    return [match for match in kept if (match.field, match.entry_id, match.rule) not in worse]


def exact_match(path: str, value: str, entry: Entry, rule: Rule, *evidence: Evidence) -> Match:
    """Return the match of a value that is either the listed one or none."""
    return Match(
        field=path,
        value=value,
        entry_id=entry.id,
        entry_name=entry.name,
        matched_name=entry.name,
        list=entry.list,
        programs=entry.programs,
        rule=rule,
        score=EXACT,
        evidence=evidence,
    )
