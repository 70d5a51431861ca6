"""Remittance text of ordinary sentences, a few words of which no payment had before.

The other texts of the workload draw on some twenty words, all of which are in the caches after a hundred
payments. People write new words: products, places, persons. Here each payment has a few of them, made from
the halves of words in names, so that their letters are as common as those of names.
"""

from collections.abc import Iterator, Sequence
from random import Random

from bench.parties import OrdinaryParty

NEW_WORDS = 3
"""New words per payment."""
MAX_TRIES = 1_000
"""Attempts to make a new word; a handful of words has few combinations."""

_WITH_NEW_WORDS = (
    "Please credit without charges: second instalment for {0} {1} delivered in March, see our letter to {2}",
    "We refer to your offer for {0} and pay half of the price in advance, the rest after {1} in {2}",
    "Zahlung für die Lieferung von {0} gemäß Vertrag, Ansprechpartner ist Herr {1} aus {2}",
    "Paiement de la facture pour {0} et {1}, livraison à {2} comme convenu au téléphone",
    "Pago de la factura por {0}, entrega en {1} según lo acordado con la señora {2}",
    "Travel and hotel for the visit to {0} from 3 to 7 May, booked by {1} for the team of {2}",
    "School fees and books of our daughter {0}, spring term, {1} college, house {2}",
    "Monthly rent for the flat in {0} street, water and heating included, landlord {1}, agent {2}",
    "Gift for the wedding of {0} and {1}, with all our best wishes from the family in {2}",
    "Refund of the deposit for {0}, the order was cancelled by the customer {1} on behalf of {2}",
)
_OF_KNOWN_WORDS = (
    "Thank you for the quick delivery, the goods arrived in good order and complete",
    "Please inform the beneficiary by telephone as soon as the amount has been credited to the account",
    "The invoice was checked and approved by our accounts department on the 14th of this month",
    "All bank charges outside the country are to be paid by the receiver of this payment",
    "Bitte den Betrag ohne Abzug gutschreiben und den Empfänger sofort benachrichtigen",
    "Die Rechnung wurde geprüft, der Rest folgt nach der Abnahme im nächsten Monat",
    "Merci de nous envoyer un reçu après avoir crédité le compte du bénéficiaire",
    "El resto del importe se pagará al final del mes, después de recibir la mercancía",
    "For medical treatment and medicine, please use the money for the hospital and the doctors only",
    "As agreed we deduct the discount of two percent for payment within ten days",
    "This payment settles all open amounts of the last quarter, please confirm the balance",
    "Support for living costs of our parents, sent every month from our salary",
)


class Sentences:
    """Texts for payments, and the words that were used so far."""

    def __init__(self, pool: Sequence[OrdinaryParty], rng: Random) -> None:
        words = dict.fromkeys(word for party in pool for word in party.name.split() if word.isalpha())
        self._words = [word for word in words if len(word) >= 6]
        self._used = set(words)
        self._rng = rng

    def payment_texts(self) -> Iterator[str]:
        """Yield the lines of a payment: one with the new words, then as many others as are needed.

        Raises `ValueError` if the pool has too few words to make new ones.
        """
        yield self._rng.choice(_WITH_NEW_WORDS).format(*(self._new_word() for _ in range(NEW_WORDS)))
        while True:
            yield self._rng.choice(_OF_KNOWN_WORDS)

    def _new_word(self) -> str:
        if self._words:
            for _ in range(MAX_TRIES):
                front, back = self._rng.choice(self._words), self._rng.choice(self._words)
                word = front[: len(front) // 2] + back[len(back) // 2 :].lower()
                if word not in self._used:
                    self._used.add(word)
                    return word
        raise ValueError(f"{len(self._words)} words of the names are not enough to make new ones")
