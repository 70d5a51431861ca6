"""The SWIFT MT types that are read: who stands in which field, and what has to be there.

Source: SWIFT User Handbook, category 1, 2 and n (common group) message formats.
"""

from typing import NamedTuple

INTERMEDIARIES = "intermediary_agents"


class MessageType(NamedTuple):
    """A type: who stands in which field, what has to be there, and the tag that begins a transaction.

    `about` is whether it is about another message, of which it may hold a copy.
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
"""Numbers of the fields of a message about another one; what follows the first other field is the copy."""


def type_of_copy(kind: str) -> MessageType:
    """How the copy of a message of a type is read: nothing has to be there."""
    parties = _BETWEEN_BANKS if kind.startswith("2") else _CUSTOMER
    return MessageType("copy", parties, _BANKS, ())


TEXTS = {
    "70": "remittance",
    "77T": "remittance",
    "72": "instructions",
    "77B": "instructions",
    "23E": "instructions",
}
"""Fields of text to the member that holds it; every other field that has no place is an instruction."""
