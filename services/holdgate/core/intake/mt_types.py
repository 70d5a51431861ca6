"""The SWIFT MT types that are read: the party in each field, and the mandatory fields.

Source: SWIFT User Handbook, category 1, 2 and n (common group) message formats.
"""

from typing import NamedTuple

INTERMEDIARIES = "intermediary_agents"


class MessageType(NamedTuple):
    """A message type: parties and agents by field, mandatory fields, and the tag that begins a transaction.

    `refers_to_message` is true if it refers to another message, of which it may contain a copy.
    """

    name: str
    parties: dict[str, str]
    agents: dict[str, str]
    required: tuple[str, ...]
    first_field: str | None = None
    refers_to_message: bool = False


_CUSTOMER = {"50": "debtor", "59": "creditor"}
_BANKS = {"52": "debtor_agent", "57": "creditor_agent"} | dict.fromkeys(
    ("51", "53", "54", "55", "56"), INTERMEDIARIES
)
_BETWEEN_BANKS = {"52": "debtor", "58": "creditor"}

_ALL = (
    MessageType("101", _CUSTOMER, _BANKS, ("20", "21", "32", "50", "59"), "21"),
    MessageType("103", _CUSTOMER, _BANKS, ("20", "32", "50", "59")),
    MessageType("202", _BETWEEN_BANKS, _BANKS, ("20", "21", "32", "58")),
    MessageType("205", _BETWEEN_BANKS, _BANKS, ("20", "21", "32", "52", "58")),
    MessageType("210", {"50": "debtor"}, _BANKS, ("20", "21", "32"), "21"),
    *(
        MessageType(name, {}, {}, ("20", "21"), refers_to_message=True)
        for name in ("192", "292", "196", "296")
    ),
    *(MessageType(name, {}, {}, ("20", "79"), refers_to_message=True) for name in ("199", "299", "999")),
)
MESSAGE_TYPES = {kind.name: kind for kind in _ALL}
"""Type to how it is read. Recalls (n92), their answers (n96) and free messages (n99) say what a payment is
about in free text, and may repeat the fields of the one they are about."""

COVER_MESSAGE = MessageType("cover", _CUSTOMER, _BANKS, ("50", "59"))
"""Sequence B of an MT202 COV or MT205 COV: it begins with field 50a."""

FIELDS_BEFORE_COPY = frozenset({"20", "21", "11", "76", "77", "79"})
"""Fields that a message about another one has of its own; the copy begins at the first other field."""

SINGLE_LINE_FIELDS = frozenset({"20", "21", "25", "30", "32"})
"""Fields of one line by their formats; further lines are searched as text."""


def type_of_copy(kind: str) -> MessageType:
    """Return the type for reading the copy of a message, in which no field is mandatory."""
    parties = _BETWEEN_BANKS if kind.startswith("2") else _CUSTOMER
    return MessageType("copy", parties, _BANKS, ())


TEXTS = {
    "70": "remittance",
    "77T": "remittance",
    "72": "instructions",
    "77B": "instructions",
    "23E": "instructions",
}
"""Maps text fields to payment members; every other field without a member is an instruction."""
