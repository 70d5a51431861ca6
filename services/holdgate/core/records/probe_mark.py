"""Which payments are the probe's: it signs each with a key that it shares with the workers.

Any sender can set the header `holdgate_probe`. Only a header with the right signature counts: an HMAC-SHA-256
over the record's value, as hexadecimal digits. A worker ignores every other one and removes it from what it
writes, so the mark of a decision in `screening.decisions` is the word of a worker.
"""

import hmac

from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import PROBE

_PURPOSE = b"holdgate probe 1\n"


def sign_probe(key: bytes, value: bytes) -> bytes:
    """Return the header's value for a payment of the probe."""
    return hmac.new(key, _PURPOSE + value, "sha256").hexdigest().encode()


def is_probe(record: Record) -> bool:
    """Return whether a record has the probe's header, whoever set it."""
    return bool(record.headers) and any(name.lower() == PROBE for name, _ in record.headers)


def is_signed_probe(key: bytes | None, record: Record) -> bool:
    """Return whether every mark on a record is the probe's signature; without a key, none is."""
    marks = [mark for name, mark in record.headers if name.lower() == PROBE]
    if key is None or record.value is None or not marks:
        return False
    signature = sign_probe(key, record.value)
    return all(hmac.compare_digest(mark, signature) for mark in marks)


def without_probe_mark(record: Record) -> Record:
    """Return a record without the probe's header."""
    return record._replace(headers=[header for header in record.headers if header[0].lower() != PROBE])
