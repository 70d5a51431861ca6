"""The match that a decision tells: one for each way in which a field can agree with an entry."""

from collections.abc import Iterator
from typing import NamedTuple

from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Match, Rule
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry
from holdgate.core.model.screened_fields import AddressTextField, CodeField, IdField, NameField, TextField
from holdgate.core.names.matcher import NameHit
from holdgate.core.text.finder import NameInText

EXACT = 1.0
"""The score of an identifier: it is the same one or it is none."""


class Judgement(NamedTuple):
    """A name match with everything weighed: its score, whether it holds, and why."""

    score: float
    holds: bool
    evidence: tuple[Evidence, ...]


def name_match(field: NameField, hit: NameHit, judged: Judgement, entry: Entry) -> Match:
    """The match of a party's name."""
    return Match(
        field=field.path,
        value=field.value,
        entry_id=entry.id,
        entry_name=entry.name,
        matched_name=hit.matched_name,
        list=entry.list,
        programs=entry.programs,
        rule=field.rule,
        score=judged.score,
        evidence=judged.evidence,
    )


def text_match(field: TextField | AddressTextField, found: NameInText, entry: Entry) -> Match:
    """The match of a listed name inside a text; its place stands in the evidence (`at`).

    Characters count from 0, the second number is that of the one after.
    """
    places = tuple(
        Evidence(
            part=field.paths[place.line],
            matched=f"characters {place.start}-{place.end}",
            how="at",
            weight=0.0,
        )
        for place in found.line_spans
    )
    return Match(
        field=field.paths[found.line_spans[0].line],
        value=found.value,
        entry_id=entry.id,
        entry_name=entry.name,
        matched_name=found.hit.matched_name,
        list=entry.list,
        programs=entry.programs,
        rule="text",
        score=found.hit.score,
        evidence=found.hit.evidence + places,
    )


def bank_matches(field: CodeField, snapshot: Snapshot) -> Iterator[Match]:
    """The matches of listed banks that an IBAN is of."""
    for bank in snapshot.with_account(field.value):
        entry = snapshot.entries[bank.entry]
        evidence = Evidence(part=bank.code, matched=f"bank code of bic {bank.bic}", how="exact", weight=EXACT)
        yield _exact(field.path, field.value, entry, "bic", evidence)


def identifier_matches(field: IdField, snapshot: Snapshot) -> Iterator[Match]:
    """The matches of entries that list the identifier."""
    for position, listed in snapshot.with_identifier(field.type, field.value, field.country):
        entry = snapshot.entries[position]
        evidence = Evidence(
            part=field.value, matched=f"{listed.type} {listed.value}", how="exact", weight=EXACT
        )
        yield _exact(field.path, field.value, entry, field.rule, evidence)


def _exact(path: str, value: str, entry: Entry, rule: Rule, evidence: Evidence) -> Match:
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
        evidence=(evidence,),
    )
