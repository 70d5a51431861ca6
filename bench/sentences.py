"""Remittance text of ordinary sentences, with words that no payment had before.

The other texts of the workload draw on some twenty words, all of which are in the caches after a hundred
payments.
"""

from collections.abc import Iterator, Sequence
from random import Random

from bench.parties import OrdinaryParty
from holdgate.quality.sentences import NEW_WORDS, OF_KNOWN_WORDS, WITH_NEW_WORDS, long_words, made_word

MAX_TRIES = 1_000
"""Attempts to make a new word; a handful of words has few combinations."""


class Sentences:
    """Texts for payments, and the words that were used so far."""

    def __init__(self, pool: Sequence[OrdinaryParty], rng: Random) -> None:
        self._words = long_words([party.name for party in pool])
        self._used = set(self._words)
        self._rng = rng

    def payment_texts(self) -> Iterator[str]:
        """Yield the lines of a payment: one with the new words, then as many others as are needed.

        Raises `ValueError` if the pool has too few words to make new ones.
        """
        yield self._rng.choice(WITH_NEW_WORDS).format(*(self._new_word() for _ in range(NEW_WORDS)))
        while True:
            yield self._rng.choice(OF_KNOWN_WORDS)

    def _new_word(self) -> str:
        for _ in range(MAX_TRIES if self._words else 0):
            word = made_word(self._words, self._rng)
            if word not in self._used:
                self._used.add(word)
                return word
        raise ValueError(f"{len(self._words)} words of the names are not enough to make new ones")


_INVOICES = (
    "Invoice {number} dated {day}.11.2026, purchase order {order}, less 2% discount",
    "INV {number} CUST NO {order} DELIVERY {day}/11",
    "Rechnung Nr. {number} vom {day}.11.2026, Kundennummer {order}",
    "FACTURE {number} DU {day}/11/2026 REF CLIENT {order}",
    "/INV/{number} /PO/{order} goods as per proforma",
)


def invoices(rng: Random) -> Iterator[str]:
    """Yield lines that name invoices."""
    while True:
        number, order = rng.randrange(10**8), rng.randrange(10**10)
        yield rng.choice(_INVOICES).format(number=number, order=order, day=rng.randrange(1, 31))
