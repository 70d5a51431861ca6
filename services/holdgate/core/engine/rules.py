"""The rules of the engine: which fields are screened, by what, and the reason that a match gives."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from holdgate.core.engine.finders import Finders, PaymentContext
from holdgate.core.engine.listed_addresses import find_listed_addresses
from holdgate.core.model.decision import HoldReason, Match, Rule
from holdgate.core.model.screened_fields import (
    AddressTextField,
    CodeField,
    Field,
    GoodsField,
    IdField,
    NameField,
    PlaceField,
    TextField,
)


class ScreeningRule(NamedTuple):
    """What one type of field is screened for.

    `match_rules` are the values that `rule` has in the matches of `find`; an identifier found in a text has
    those of an identifier field. `reason` is the decision's reason if such a match comes first.
    """

    name: str
    field_type: type[Field]
    find: Callable[[Finders, Any, PaymentContext], Iterable[Match]]
    match_rules: tuple[Rule, ...]
    reason: HoldReason


ID_RULES: tuple[Rule, ...] = ("identifier", "bic", "wallet", "vessel")

RULES: tuple[ScreeningRule, ...] = (
    ScreeningRule("names", NameField, Finders.find_names, ("name", "vessel"), "LIST_MATCH"),
    ScreeningRule("texts", TextField, Finders.find_names_in_text, ("text",), "LIST_MATCH"),
    ScreeningRule("addresses", AddressTextField, Finders.find_names_in_text, ("text",), "LIST_MATCH"),
    ScreeningRule("identifiers", IdField, Finders.find_identifiers, ID_RULES, "LIST_MATCH"),
    ScreeningRule("banks", CodeField, Finders.find_banks, ("bic",), "LIST_MATCH"),
    ScreeningRule("codes in names", NameField, Finders.find_identifiers_in_text, ID_RULES, "LIST_MATCH"),
    ScreeningRule("codes in text", TextField, Finders.find_identifiers_in_text, ID_RULES, "LIST_MATCH"),
    ScreeningRule(
        "codes in addresses", AddressTextField, Finders.find_identifiers_in_text, ID_RULES, "LIST_MATCH"
    ),
    ScreeningRule("listed addresses", PlaceField, find_listed_addresses, ("address",), "LIST_MATCH"),
    ScreeningRule("country codes", CodeField, Finders.find_country, ("geography",), "GEOGRAPHY"),
    ScreeningRule("places in names", NameField, Finders.find_places_in_name, ("geography",), "GEOGRAPHY"),
    ScreeningRule("places", PlaceField, Finders.find_place, ("geography",), "GEOGRAPHY"),
    ScreeningRule("places in text", TextField, Finders.find_places_in_text, ("geography",), "GEOGRAPHY"),
    ScreeningRule("goods", GoodsField, Finders.find_goods, ("goods",), "GOODS"),
)
"""In the order in which their matches are reported and give the reason: first parties on a list, then places,
then goods, since a reviewer has to know of the party before anything else. All matches are reported."""

RULES_BY_FIELD: Mapping[type[Field], tuple[ScreeningRule, ...]] = {
    field_type: tuple(rule for rule in RULES if rule.field_type is field_type)
    for field_type in dict.fromkeys(rule.field_type for rule in RULES)
}

REASONS: Mapping[Rule, HoldReason] = {
    match_rule: rule.reason for rule in RULES for match_rule in rule.match_rules
}
"""The reason that a match gives, by its rule."""

_REASON_ORDER = tuple(dict.fromkeys(rule.reason for rule in RULES))

PRIORITIES: Mapping[Rule, int] = {rule: _REASON_ORDER.index(reason) for rule, reason in REASONS.items()}
"""The place of a match in the order of reasons, by its rule; 0 comes first."""

POLICY_RULES: frozenset[Rule] = frozenset(rule for rule, reason in REASONS.items() if reason != "LIST_MATCH")
"""Rules whose entries are sections of the policy rather than entries of a list."""
