"""When a listed name inside a text is more than words that happened to stand together.

The figures beside the constants are of 500 listed names (OFAC 2023-12-28, UN 2026-02) planted in
sentences, and of 437 ordinary sentences (tests/cases/ordinary_text.jsonl), some with namesakes of listed
parties (Sergey Ivanov, Mohammed Ali). The constants were chosen on these very sentences: others will see a
hold now and then.
"""

from holdgate.core.model.evidence import Evidence
from holdgate.core.names.candidates import NO_MINIMUM, MinEvidence
from holdgate.core.names.matcher import NameHit
from holdgate.core.names.token_weights import token_weight
from holdgate.core.names.word_classes import Group, word_class

SUBSTANCE = 1.1
"""Nats from which a part counts as a word: particles, titles, legal forms and initials weigh less."""

EVIDENCE = 13.0
"""Nats that have to agree, in two words or more: 0 of the 437 ordinary sentences are held; at 12 it was 4,
at 11 it was 6 (Sergey Ivanov, Golden Star, Export Import)."""
EVIDENCE_RARE = 12.5
"""The same for a person of whose name one word is RARE."""
RARE = 9.0
"""Nats of a word that next to no ordinary name carries."""
DOUBTFUL_FIRM = 2.0
"""Nats that a firm's name of common words needs more: they are words of every text."""
EVIDENCE_NAMED = 7.0
"""Nats that suffice beside a word that says what bears the name (`LLC ...`, `m/v ...`)."""
MISSPELT = 1.0
"""Nats more where such a name is not spelt as listed."""
EVIDENCE_ALONE, LENGTH_ALONE = 9.4, 8
"""Nats and letters of a listed name of one word with nothing beside it. At 7 nats and 4 letters 14 of the
437 sentences were held: auction, Orion, Olympia are listed too."""
SPELT = frozenset(("exact", "joined", "split", "translit"))
"""How a part agrees without being misspelt."""


ROUNDED = 0.1
"""Nats: more than what the parts of a hit are rounded by together."""
_PERSON = MinEvidence(EVIDENCE_ALONE - ROUNDED, EVIDENCE_RARE - ROUNDED)


def min_evidence(group: Group, named: bool) -> MinEvidence:
    """The evidence under which no hit convinces; of firms and ships it shows when they are aligned."""
    return _PERSON if group == "person" and not named else NO_MINIMUM


def is_acceptable(hit: NameHit, group: Group, named: bool) -> bool:
    """Whether a hit on a span of text is more than words that happened to stand together.

    `named` says that a word beside the span tells what bears the name. A weak alias never convinces: nothing
    in a text could confirm it.
    """
    parts = [part for part in hit.evidence if part.weight > SUBSTANCE]
    if hit.name_kind == "weak" or not parts:
        return False
    evidence = sum(part.weight for part in parts)
    surprise = [_surprise(part, group) for part in parts]
    spelt = all(part.how in SPELT for part in parts)
    if group != "person" and any(part.matched and part.weight < -SUBSTANCE for part in hit.evidence):
        return False  # a firm or a ship is named whole
    if named and sum(surprise) >= EVIDENCE_NAMED + (0.0 if spelt else MISSPELT):
        return True
    if len(parts) > 1:
        if group == "person":
            return evidence >= EVIDENCE or (evidence >= EVIDENCE_RARE and max(surprise) >= RARE)
        if group == "vessel" and not spelt:
            return False
        return evidence >= EVIDENCE + DOUBTFUL_FIRM or (sum(surprise) >= EVIDENCE and max(surprise) >= RARE)
    return (
        group != "vessel"
        and parts[0].how in ("exact", "joined")
        and not any(part.weight < -SUBSTANCE for part in hit.evidence)
        and evidence >= EVIDENCE_ALONE
        and len(parts[0].matched) >= LENGTH_ALONE
    )


def _surprise(part: Evidence, group: Group) -> float:
    """What the agreeing words weigh among ordinary names alone: that a list repeats a word (Mellat, Sberbank)
    makes it no likelier in an ordinary text."""
    if part.how not in SPELT:
        return part.weight
    return max(
        part.weight, sum(token_weight(word, word_class(word, group), group) for word in part.matched.split())
    )
