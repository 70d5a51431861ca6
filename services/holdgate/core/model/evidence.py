"""Why a name matched: what stood in the query, what it met in the listed name, and what that was worth."""

from msgspec import Struct


class Evidence(Struct, frozen=True, omit_defaults=True):
    """One aligned part of two names, or a part that found no counterpart.

    `part` is what stood in the query and `matched` what it met in the listed name. `how` is `exact`,
    `translit`, `edit`, `phonetic`, `symbol`, `initial`, `joined`, `split`, `prefix`, `ocr` or
    `homoglyph` for parts that agree; `extra` (only in the query), `missing` (only in the listed name)
    and `conflict` (one left over on each side) for parts that do not. `weight` is in nats of evidence,
    negative where the part speaks against a match.

    Beside the name, a birth date or a country `agrees` or `conflicts`, with the change of score as its
    weight; `weak` (weight 0) says that the listed name is a weak alias. An identifier is `exact`, weight 1.

    Of a sanctioned place and of goods `exact` and `edit` (weight 1) say what was read; `place` why it
    counts, `route` and `corridor` where the goods go or pass, `at` where in a text it stands and what leads
    there, and `source` since when and by which rule (all of weight 0).
    """

    part: str
    matched: str
    how: str
    weight: float
