"""Acceptance: whether a name hit on a span of text is a listed name or words that happen to be adjacent.

Last stage of the search in text. The figures at the constants are from 500 listed names (OFAC 2023-12-28, UN
2026-02) planted in sentences, and from 437 ordinary sentences (tests/cases/ordinary_text.jsonl), some with
namesakes of listed parties (Sergey Ivanov, Mohammed Ali). The constants were chosen on these very sentences,
so others will be held now and then.
"""

from holdgate.core.model.evidence import Evidence, How
from holdgate.core.names.candidates import NO_MINIMUM, MinEvidence
from holdgate.core.names.matcher import NameHit
from holdgate.core.names.scoring import SUBSTANCE
from holdgate.core.names.token_weights import token_weight
from holdgate.core.names.word_classes import Group, word_class

MIN_EVIDENCE_MULTI_WORD = 13.0
"""Nats that must agree, in two words or more: 0 of the 437 ordinary sentences are held; at 12 it was 4, at 11
it was 6 (Sergey Ivanov, Golden Star, Export Import)."""
MIN_EVIDENCE_WITH_RARE_WORD = 12.5
"""The same for a person's name with a word of at least MIN_RARE_WEIGHT."""
MIN_RARE_WEIGHT = 9.0
"""Nats of a word that hardly any ordinary name carries."""
COMMON_FIRM_PENALTY = 2.0
"""Additional nats for a firm's name of common words, which occur in every text."""
MIN_EVIDENCE_WITH_CUE = 7.0
"""Nats that suffice next to a cue, i.e. a word that tells the party type (`LLC ...`, `m/v ...`)."""
MISSPELLING_PENALTY = 1.0
"""Additional nats if a name next to a cue is not spelt as listed."""
MIN_EVIDENCE_SINGLE_WORD, MIN_LENGTH_SINGLE_WORD = 9.4, 8
"""Nats and letters of a listed name of one word without a cue. At 7 nats and 4 letters 14 of the 437
sentences were held: auction, Orion, Olympia are listed too."""
EXACT_SPELLINGS: frozenset[How] = frozenset(("exact", "joined", "lost", "split", "translit"))
"""Kinds of agreement that are not misspellings."""


ROUNDING_TOLERANCE = 0.1
"""Nats: more than the total rounding error of the parts of a hit."""
_PERSON_MINIMUM = MinEvidence(
    MIN_EVIDENCE_SINGLE_WORD - ROUNDING_TOLERANCE, MIN_EVIDENCE_WITH_RARE_WORD - ROUNDING_TOLERANCE
)


def min_evidence(group: Group, has_cue: bool) -> MinEvidence:
    """Return the evidence below which no hit is acceptable; for firms and ships only alignment shows it."""
    return _PERSON_MINIMUM if group == "person" and not has_cue else NO_MINIMUM


def is_acceptable(hit: NameHit, group: Group, has_cue: bool) -> bool:
    """Return whether a hit on a span of text is more than words that happen to be adjacent.

    `has_cue`: a word next to the span tells the party type. A weak alias is never acceptable, as nothing in a
    text can confirm it.
    """
    parts = [part for part in hit.evidence if part.weight > SUBSTANCE]
    if hit.name_kind == "weak" or not parts:
        return False
    evidence = sum(part.weight for part in parts)
    surprisals = [_surprisal(part, group) for part in parts]
    is_spelt_as_listed = all(part.how in EXACT_SPELLINGS for part in parts)
    if group != "person" and any(part.matched and part.weight < -SUBSTANCE for part in hit.evidence):
        return False  # firms and ships are called by their full name
    needed_with_cue = MIN_EVIDENCE_WITH_CUE + (0.0 if is_spelt_as_listed else MISSPELLING_PENALTY)
    if has_cue and sum(surprisals) >= needed_with_cue:
        return True
    if len(parts) > 1:
        has_rare_word = max(surprisals) >= MIN_RARE_WEIGHT
        if group == "person":
            return evidence >= MIN_EVIDENCE_MULTI_WORD or (
                evidence >= MIN_EVIDENCE_WITH_RARE_WORD and has_rare_word
            )
        if group == "vessel" and not is_spelt_as_listed:
            return False
        return evidence >= MIN_EVIDENCE_MULTI_WORD + COMMON_FIRM_PENALTY or (
            sum(surprisals) >= MIN_EVIDENCE_MULTI_WORD and has_rare_word
        )
    return (
        group != "vessel"
        and parts[0].how in ("exact", "joined")
        and not any(part.weight < -SUBSTANCE for part in hit.evidence)
        and evidence >= MIN_EVIDENCE_SINGLE_WORD
        and len(parts[0].matched) >= MIN_LENGTH_SINGLE_WORD
    )


def _surprisal(part: Evidence, group: Group) -> float:
    """Return the weight of the agreeing words among ordinary names alone.

    That a list repeats a word (Mellat, Sberbank) makes it no more likely in an ordinary text.
    """
    if part.how not in EXACT_SPELLINGS:
        return part.weight
    return max(
        part.weight, sum(token_weight(word, word_class(word, group), group) for word in part.matched.split())
    )
