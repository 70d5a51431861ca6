"""Finders: the methods that find the matches of each type of field, with one snapshot and one policy."""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import msgspec

from holdgate.core.engine.common_names import commonness
from holdgate.core.engine.corroboration import corroborate, min_name_score
from holdgate.core.engine.inside_finder import InsideFinder
from holdgate.core.engine.matches import (
    Judgement,
    bank_matches,
    identifier_matches,
    name_match,
    readings_of,
    text_match,
)
from holdgate.core.engine.notes import note_many_names, note_partly_searched
from holdgate.core.goods import GoodsFinder
from holdgate.core.identifiers.iban import is_iban, plain_iban
from holdgate.core.identifiers.in_text import find_identifiers, may_hold_identifiers
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Match, Note
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.model.screened_fields import (
    AddressTextField,
    CodeField,
    Facts,
    GoodsField,
    IdField,
    NameField,
    PlaceField,
    TextField,
)
from holdgate.core.names.fields.field_readings import (
    ROLES_OF_PARTY,
    FieldReading,
    is_acceptable_reading,
    may_continue,
)
from holdgate.core.names.matching.matcher import Matcher, NameHit, Query
from holdgate.core.places.finder import PlaceFinder
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.profile import BirthDates, Profile
from holdgate.core.text.address_finder import AddressFinder
from holdgate.core.text.finder import NameInText, TextFinder, accept_all

NEAR_MISS_MARGIN = 0.05
"""Scores within this margin below the threshold count as near misses; they are not reported. Looking for them
takes 5 % longer on 2,500 listed names with an error or two."""

WEAK_ALIAS = Evidence(part="", matched="a weak alias", how="weak", weight=0.0)
"""OFAC FAQ 122: weak aliases are broad or generic; they may confirm a match but not make one."""

NO_FACTS = Facts()

NameHits = Mapping[tuple[float, Query], list[NameHit]]
"""The hits of a batch's names, by minimum score and query."""


class PaymentContext(NamedTuple):
    """What finders need to know about the payment beside the field.

    Finders add a note to `notes` for a field that they could not search to its end.
    """

    profile: Profile
    day: date | None
    name_hits: NameHits
    notes: list[Note]


class Finders:
    """The finders of one snapshot and one policy. The costly ones are built on first use.

    `near_misses` counts names that scored just below their threshold.
    """

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self.snapshot = snapshot
        self.policy = policy
        self.matcher = Matcher(snapshot.index)
        self.near_misses = 0

    @cached_property
    def text_finder(self) -> TextFinder:
        """Finds names in texts."""
        return TextFinder(self.matcher)

    @cached_property
    def inside_finder(self) -> InsideFinder:
        """Finds names beside other words of a name field."""
        return InsideFinder(self.text_finder, self.snapshot.entries)

    @cached_property
    def address_finder(self) -> AddressFinder:
        """Finds names in addresses."""
        return AddressFinder(self.text_finder)

    @cached_property
    def place_finder(self) -> PlaceFinder:
        """Finds sanctioned places."""
        return PlaceFinder(self.policy.geography)

    @cached_property
    def goods_finder(self) -> GoodsFinder:
        """Finds listed goods."""
        return GoodsFinder(self.policy.goods)

    def find_names(self, field: NameField, context: PaymentContext) -> list[Match]:
        """Return the listed names that hold a party, agent or vessel name, one per entry; count near misses.

        The name is read whole, in parts, and with the lines that may continue it.
        """
        thresholds = context.profile.thresholds
        min_score = self.min_score(field.facts, context.profile)
        best: dict[int, Match] = {}
        near: set[int] = set()
        cleared: set[int] = set()  # by a verified birth date
        readings, is_complete = readings_of(field)
        if not is_complete:
            context.notes.append(note_many_names(field.path))
        for reading in readings:
            for hit in context.name_hits[min_score, Query(reading.value, field.type)]:
                judgement = self.judge(hit, field.type, field.facts, context.profile, reading)
                entry = self.snapshot.entries[hit.entry]
                if judgement.holds:
                    known = best.get(hit.entry)
                    if known is None or judgement.score > known.score:
                        best[hit.entry] = name_match(field, reading, hit, judgement, entry)
                    continue
                if judgement.holding < hit.score:
                    cleared.add(hit.entry)
                if judgement.score >= thresholds.for_kind(entry.type) - NEAR_MISS_MARGIN:
                    near.add(hit.entry)
        self.near_misses += len(near - best.keys())
        return [*best.values(), *self.find_names_inside(field, context, best.keys() | cleared, is_complete)]

    def find_names_inside(
        self, field: NameField, context: PaymentContext, known: Container[int], is_read_whole: bool
    ) -> Iterator[Match]:
        """Yield the listed names that stand in a name field exactly as listed, beside other words.

        What stands in the lines after it alone is found there.
        """
        lines = (field.value, *takewhile(may_continue, (text for _, text in field.continuation)))
        search = self.inside_finder.find(lines, context.profile.thresholds.text, is_read_whole)
        if not search.complete:
            context.notes.append(note_partly_searched(field.path))
        paths = (field.path, *(path for path, _ in field.continuation))
        for name in search.names:
            if name.hit.entry not in known:
                match = text_match(paths, name, self.snapshot.entries[name.hit.entry])
                yield msgspec.structs.replace(match, field=field.path, rule=field.rule)

    def find_names_in_text(self, field: TextField | AddressTextField, context: PaymentContext) -> list[Match]:
        """Return the listed names inside a text or an address."""
        profile = context.profile
        finder = self.address_finder if isinstance(field, AddressTextField) else self.text_finder
        entries = self.snapshot.entries

        def is_screened(name: NameInText) -> bool:
            return profile.screens(field.paths[name.line_spans[0].line], entries[name.hit.entry].list)

        search = finder.find(
            field.lines, profile.thresholds.text, is_screened if profile.not_screened else accept_all
        )
        if not search.complete:
            context.notes.append(note_partly_searched(field.paths[0]))
        return [text_match(field.paths, name, entries[name.hit.entry]) for name in search.names]

    def find_identifiers(self, field: IdField, _context: PaymentContext) -> Iterator[Match]:
        """Yield the entries that list the identifier."""
        return identifier_matches(field, self.snapshot)

    def find_banks(self, field: CodeField, _context: PaymentContext) -> Iterable[Match]:
        """Return the listed banks that hold the account, where the code is an IBAN."""
        is_account = field.kind == "iban" or (field.kind == "account" and is_iban(plain_iban(field.value)))
        return bank_matches(field, self.snapshot) if is_account else ()

    def find_identifiers_in_text(
        self, field: NameField | TextField | AddressTextField, context: PaymentContext
    ) -> Iterator[Match]:
        """Yield the matches of identifiers and IBANs inside a name or text, with positions as evidence."""
        if isinstance(field, NameField):
            if not may_hold_identifiers(field.value):
                return
            field = TextField((field.path,), (field.value,))
        for identifier in find_identifiers(field.paths, field.lines):
            position = Evidence(
                identifier.field.path, f"characters {identifier.start}-{identifier.end}", "at", 0.0
            )
            for match in self._identifier_or_account(identifier.field, context):
                yield msgspec.structs.replace(match, evidence=(*match.evidence, position))

    def find_country(self, field: CodeField, context: PaymentContext) -> Iterator[Match]:
        """Yield the sanctioned country or territory that a code stands for."""
        return self.place_finder.find_in_code(field, context.day)

    def find_place(self, field: PlaceField, context: PaymentContext) -> Iterator[Match]:
        """Yield the sanctioned place in which an address is."""
        return self.place_finder.find_in_address(field, context.day)

    def find_places_in_name(self, field: NameField, context: PaymentContext) -> list[Match]:
        """Return the sanctioned governments that a name is a mission or organ of, and the towns it gives."""
        search = self.place_finder.find_in_name(field, context.day)
        if not search.complete:
            context.notes.append(note_partly_searched(field.path))
        return search.matches

    def find_places_in_text(self, field: TextField, context: PaymentContext) -> list[Match]:
        """Return the sanctioned places that a text says money or goods go to or come from."""
        search = self.place_finder.find_in_text(field, context.day)
        if not search.complete:
            context.notes.append(note_partly_searched(field.paths[0]))
        return search.matches

    def find_goods(self, field: GoodsField, _context: PaymentContext) -> Iterator[Match]:
        """Yield the listed goods with a route to a destination of their list."""
        return self.goods_finder.find(field)

    def min_score(self, facts: Facts, profile: Profile) -> float:
        """Return the name score from which a name is looked at: a near miss, or more where facts may help."""
        lowest = profile.thresholds.for_kind("unknown")
        return max(0.0, min_name_score(lowest, facts, self.policy.corroboration) - NEAR_MISS_MARGIN)

    def judge(
        self,
        hit: NameHit,
        query_type: EntryType = "unknown",
        facts: Facts = NO_FACTS,
        profile: Profile | None = None,
        reading: FieldReading | None = None,
    ) -> Judgement:
        """Weigh a name hit against the other facts known about the party.

        `query_type` is what the party is said to be, `profile` the rules of the payment (default: the
        policy's), `reading` what was compared: a part of a field needs more, and may name another party.
        """
        entry = self.snapshot.entries[hit.entry]
        thresholds = self.policy.thresholds if profile is None else profile.thresholds
        is_of_party = reading is None or reading.role in ROLES_OF_PARTY
        birth_dates: BirthDates = profile.birth_dates if profile is not None and is_of_party else "hint"
        corroborated = corroborate(hit.score, facts, entry, self.policy.corroboration, birth_dates)
        evidence = hit.evidence + corroborated.evidence
        holds = corroborated.holding >= thresholds.for_kind(entry.type)
        if hit.name_kind == "weak":
            evidence += (WEAK_ALIAS,)
            holds = holds and corroborated.identified
        common = commonness(hit, query_type, entry.type, self.policy.common_names)
        if common is not None:
            evidence += common.evidence
            holds = holds and (corroborated.identified or common.may_hold(self.policy.common_names))
        holds = holds and (reading is None or is_acceptable_reading(hit, reading, entry.type))
        return Judgement(corroborated.score, holds, evidence, corroborated.holding)

    def _identifier_or_account(self, field: IdField | CodeField, context: PaymentContext) -> Iterable[Match]:
        if isinstance(field, IdField):
            return self.find_identifiers(field, context)
        return [*self.find_banks(field, context), *self.find_country(field, context)]
