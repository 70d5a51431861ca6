"""Evidence: the parts of a payment's value beside the parts of a list entry or rule that they met."""

from typing import Literal

from msgspec import Struct

How = Literal[
    # Parts of a name that agree; `weight` is their evidence in nats.
    "exact",  # the same word; also an identifier, address, place or goods code (weight 1)
    "translit",  # the same word in another script or romanisation
    "symbol",  # a name in another language or a nickname; an abbreviation or a translation
    "edit",  # the same word misspelt; also a misspelt place (weight 1)
    "homoglyph",  # letters of one script drawn as similar letters of another
    "ocr",  # digits and letters mistaken for each other
    "lost",  # the same word with signs in place of letters
    "initial",  # an initial beside the word that it stands for
    "prefix",  # a word cut short
    "joined",  # one word in the payment, several in the listed name
    "split",  # several words in the payment, one in the listed name
    # Parts of a name that found no counterpart; `weight` is negative.
    "extra",  # only in the payment
    "missing",  # only in the listed name
    "conflict",  # unmatched words on both sides
    # Facts beside the name.
    "agrees",  # an equal birth date or country; `weight` is the change of score
    "conflicts",  # a different birth date or country; `weight` is the change of score
    "common",  # how many people are estimated to bear the words of the name (weight 0)
    "weak",  # the listed name is a weak alias, which holds only with an agreeing birth date (weight 0)
    # Context of a match, all of weight 0.
    "at",  # the position of the match in a name field or text, or the word that makes a place count
    "place",  # why a sanctioned place counts
    "route",  # a country on the route that is a destination of the goods list
    "corridor",  # a country on the route through which such goods are transshipped
    "source",  # the rule of a place or goods list, and the date it is in force from
]
"""How a part of a payment met its counterpart."""


class Evidence(Struct, frozen=True, omit_defaults=True):
    """One aligned part of two names, or a part without a counterpart.

    `part` is the payment's side and `matched` the list's side. `weight` is in nats of evidence, negative
    where the part speaks against a match. `how` is one of the following.

    Parts that agree: `exact`, `translit` (another script or romanisation), `symbol` (a name in another
    language or a nickname, an abbreviation or a translation), `edit` (misspelt), `homoglyph` (similar letters
    of another script), `ocr` (digits for letters), `lost` (signs for letters), `initial`,
    `prefix` (cut short), `joined` (one word in the payment, several in the listed name) and `split` (the
    reverse). Parts without a counterpart: `extra` (only in the payment), `missing` (only in the listed name)
    and `conflict` (unmatched on both sides).

    Beside the name, a birth date or country `agrees` or `conflicts`; the weight is the change of score.
    `weak` (weight 0) marks a weak alias, and `common` (weight 0) says of a name of one word or of common
    words how many people are estimated to bear it. An identical identifier and a listed address with all its
    words are `exact` with weight 1.

    For sanctioned places and goods, `exact` and `edit` (weight 1) give the words or code that were
    recognised. With weight 0, `place` says why the place counts, `route` and `corridor` name countries on
    the route of the goods, `at` gives the position in a name field or text or the word that makes a place
    count, and `source` the rule and the date it is in force from.
    """

    part: str
    matched: str
    how: How
    weight: float
