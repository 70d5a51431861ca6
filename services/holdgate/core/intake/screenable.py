"""The requirements on every payment, whatever its format: it can be screened with bounded work."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.intake.findings import (
    Findings,
    addresses_of,
    find_missing,
    note_unexpected,
)
from holdgate.core.model.decision import Note
from holdgate.core.model.payment import Payment, Transfer, names_somebody, parties_and_agents
from holdgate.core.model.screened_fields import Field, TextField

MAX_TEXT = 20_000
"""Characters of free text that a payment may hold, addresses, descriptions of goods, long names and unknown
members included: as much as its longest single field, 142 lines of 140.

20,000 characters of words from listed names took 1.6 s to search, random letters 0.3 s; 1 MB of such words
took 19 s, and the payments behind it wait.
"""
MAX_NAME = 140
"""Characters from which a name counts as text: it is searched as one, and ISO 20022 allows no longer one."""
MAX_UNFOLDED = 18
"""Characters that a single one may stand for: U+FDFA is an Arabic phrase of 18."""
MAX_UNFOLDED_BYTE = 6
"""The same for each byte of UTF-8: U+FDFA has three."""


def receive(
    payment: Payment,
    content: bytes,
    origins: Mapping[str, str] = MappingProxyType({}),
    other_fields: tuple[Field, ...] = (),
    notes: tuple[Note, ...] = (),
) -> Received:
    """Return a payment with the reader's findings and those on every payment.

    `content` is its canonical form. Raises `InvalidEventError` for a payment without any name, or with more
    text than can be screened.
    """
    findings = Findings(payment)
    if findings.names or findings.unexpected:
        other_fields += (*findings.names, *findings.unexpected)
        notes += tuple(map(note_unexpected, findings.unexpected))
    _check_screenable(payment, content, other_fields)
    notes = (*findings.empty_names, *notes, *find_missing(payment))
    return Received(payment, hashlib.sha256(content).hexdigest(), origins, notes, other_fields)


def _check_screenable(payment: Payment, content: bytes, other_fields: tuple[Field, ...]) -> None:
    if not names_somebody(payment):
        raise InvalidEventError(
            "no_party", "no party and no agent says who it is: nothing to screen", payment.payment_id
        )
    if not other_fields and _is_short(content):
        return
    texts = _texts(payment)
    if payment.underlying is not None:
        texts += _texts(payment.underlying)
    for field in other_fields:
        if isinstance(field, TextField):
            texts += field.lines
    size = _unfolded_size("".join(texts))
    if size > MAX_TEXT:
        raise InvalidEventError(
            "too_large",
            f"{size:,} characters of free text; at most {MAX_TEXT:,} are screened",
            payment.payment_id,
        )


def _is_short(content: bytes) -> bool:
    """Return whether even the whole content, unfolded, is no more text than can be screened."""
    size = len(content)
    return size * MAX_UNFOLDED_BYTE <= MAX_TEXT or (size <= MAX_TEXT and content.isascii())


def _texts(transfer: Transfer) -> list[str]:
    texts = [*transfer.remittance, *transfer.instructions]
    texts += filter(None, (transfer.purpose, transfer.category_purpose))
    texts += [goods.description for goods in transfer.goods if goods.description]
    for address in addresses_of(transfer):
        texts += address.lines
        texts += filter(None, (address.street, address.town, address.region))
    for named in (*parties_and_agents(transfer), *transfer.vessels):
        if named.name is not None and len(named.name) > MAX_NAME:
            texts.append(named.name)
    return texts


def _unfolded_size(text: str) -> int:
    """Return the number of characters of a text as it is compared, with one that stands for many unfolded."""
    if len(text) <= MAX_TEXT // MAX_UNFOLDED or text.isascii():
        return len(text)
    return sum(times * len(unicodedata.normalize("NFKC", char)) for char, times in Counter(text).items())
