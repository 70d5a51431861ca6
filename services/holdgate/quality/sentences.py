"""Ordinary sentences of remittance texts, with words that nobody wrote before.

People write new words: products, places, persons. They are made here from the halves of two words of names,
so that their letters are as common as those of names.
"""

from collections.abc import Sequence
from random import Random

NEW_WORDS = 3
"""New words per sentence."""
MIN_LETTERS_TO_CUT = 6
"""Letters of a word that is cut in two."""

WITH_NEW_WORDS = (
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
OF_KNOWN_WORDS = (
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


def long_words(names: Sequence[str]) -> list[str]:
    """Return the words of names that `made_word` can cut in two, each once."""
    words = dict.fromkeys(word for name in names for word in name.split())
    return [word for word in words if len(word) >= MIN_LETTERS_TO_CUT and word.isalpha()]


def made_word(words: Sequence[str], rng: Random) -> str:
    """Return the first half of one word with the second half of another."""
    front, back = rng.choice(words), rng.choice(words)
    return front[: len(front) // 2] + back[len(back) // 2 :].lower()


def sentence(words: Sequence[str], rng: Random) -> str:
    """Return a sentence with words made of these."""
    return rng.choice(WITH_NEW_WORDS).format(*(made_word(words, rng) for _ in range(NEW_WORDS)))
