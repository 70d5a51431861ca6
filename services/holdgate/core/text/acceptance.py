"""Acceptance: whether a name hit on a span of text is a listed name or words that happen to be adjacent.

Last stage of the search in text. The figures at the constants are from 500 listed names (OFAC 2023-12-28, UN
2026-02) planted in sentences, and from 437 ordinary sentences (tests/cases/ordinary_text.jsonl), some with
namesakes of listed parties (Sergey Ivanov, Mohammed Ali). The constants were chosen on these very sentences,
so others will be held now and then.
"""

from holdgate.core.model.evidence import Evidence
from holdgate.core.names.fields.field_readings import (
    EXACT_SPELLINGS,
    MIN_SINGLE_WORD,
    MIN_SINGLE_WORD_WITH_LEGAL_FORM,
    Role,
    has_legal_form,
)
from holdgate.core.names.matching.matcher import NameHit
from holdgate.core.names.matching.scoring import SUBSTANCE
from holdgate.core.names.matching.unmatched_words import MISSPELT_LEGAL_FORM_WEIGHT
from holdgate.core.names.words.token_weights import token_weight
from holdgate.core.names.words.word_classes import Group, word_class
from holdgate.core.text.words import Bounds

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
MIN_WHOLE_PERSON = 10.0
"""Nats of a person's name that is whole, exactly as listed, and bounded (`for Ali Saade, invoice 3`).
Of 1,500 listed persons 14 have less. At 0 two more ordinary sentences are held (Mohammed Ali, Abdulrahman Al
Qahtani); without the rule 1 of 150 listed persons is missed."""
MIN_WHOLE_ENTITY, MIN_WHOLE_ENTITY_BOUNDED = 13.0, 8.0
"""The same for a firm's name of several words, without and with bounds. At 0, one
more of 1,000 ordinary firms and two sentences are held without bounds (Golden Star hotel, Export Import
licence) and none with them. Of 150 listed firms none is found by this alone: it is for common words."""
MIN_WHOLE_LEGAL_FORM = 6.5
"""The same for a firm's name with its legal form; one of a single word needs bounds too. It finds 1 of 150
listed firms; at 0 no more of 1,000 ordinary firms is held."""
MIN_LONG_WORD, MIN_LONG_WORD_LETTERS = 7.5, 8
"""Nats and letters of a single word with its legal form, as listed, that needs no bounds. Of 150 listed firms
in sentences 0.7 % more are found; no more of 3,000 ordinary firms are held."""
MIN_MISSPELT_PERSON, MIN_MISSPELT_ENTITY, MIN_MISSPELT_LEGAL_FORM = 12.0, 9.5, 7.5
"""Nats of a name that is whole, bounded and nearly as listed: a person's, a firm's of several words, and a
firm's of one word with its legal form. Of 150 listed names with one edit they find 1, 4 and 2. At 0, three
more ordinary sentences are held for persons (Muhammad Usman), and no more for firms."""
MIN_SCORE_MISSPELT_PERSON = 0.78
"""Similarity of such a person's name. Without it two ordinary sentences are held (Juma Hamisi, JUM'AH, Hamid
with 0.71; Omar Farouk as OMAIRI, Farouk with 0.75). Of 500 listed persons with one edit in a sentence .958
are found with and without it, .950 at 0.80."""


def is_acceptable(hit: NameHit, group: Group, has_cue: bool, bounds: Bounds = "") -> bool:
    """Return whether a hit on a span of text is more than words that happen to be adjacent.

    `has_cue`: a word next to the span tells the party type; `bounds`: what else stands next to it. A weak
    alias is never acceptable, as nothing in a text can confirm it.
    """
    parts = [part for part in hit.evidence if part.weight > SUBSTANCE]
    if hit.name_kind == "weak" or not parts:
        return False
    evidence = sum(part.weight for part in parts)
    surprisals = [_surprisal(part, group) for part in parts]
    is_spelt_as_listed = all(part.how in EXACT_SPELLINGS for part in parts)
    if _is_whole(hit):
        if is_spelt_as_listed and _is_enough(hit, group, len(parts), evidence, bounds):
            return True
        if bounds and _is_enough_misspelt(hit, group, len(parts), evidence):
            return True
    if group != "person" and any(part.matched and part.weight < -SUBSTANCE for part in hit.evidence):
        return False  # firms and ships are called by their full name
    needed_with_cue = MIN_EVIDENCE_WITH_CUE + (0.0 if is_spelt_as_listed else MISSPELLING_PENALTY)
    if has_cue and sum(surprisals) >= needed_with_cue and (bounds or len(parts) > 1):
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


def _is_whole(hit: NameHit) -> bool:
    """Return whether no word of substance is left over on either side."""
    return all(part.weight >= -MISSPELT_LEGAL_FORM_WEIGHT for part in hit.evidence)


def _is_enough(hit: NameHit, group: Group, words: int, evidence: float, bounds: Bounds) -> bool:
    """Return whether a name that is written exactly as listed, and whole, is evidence enough."""
    if group == "vessel":
        return False
    if bounds == "announced" and (words > 1 or _is_enough_announced(hit, evidence)):
        return True
    if group == "person":
        return words > 1 and bool(bounds) and evidence >= MIN_WHOLE_PERSON
    if has_legal_form(hit):
        if words > 1 or bounds:
            return evidence >= MIN_WHOLE_LEGAL_FORM
        letters = max(len(part.matched) for part in hit.evidence)
        return evidence >= MIN_LONG_WORD and letters >= MIN_LONG_WORD_LETTERS
    return words > 1 and evidence >= (MIN_WHOLE_ENTITY_BOUNDED if bounds else MIN_WHOLE_ENTITY)


def _is_enough_announced(hit: NameHit, evidence: float) -> bool:
    """Return whether a name of one word that is announced (`FFC AL FURQAN`) is evidence enough.

    It is what suffices in a name field, where the listed name has no legal form that is left out.
    """
    role: Role = "set apart"
    if has_legal_form(hit):
        return evidence >= MIN_SINGLE_WORD_WITH_LEGAL_FORM[role]
    nats, letters = MIN_SINGLE_WORD[role]
    longest = max(len(part.matched) for part in hit.evidence if part.part)
    return evidence >= nats and longest >= letters and all(part.part for part in hit.evidence)


def _is_enough_misspelt(hit: NameHit, group: Group, words: int, evidence: float) -> bool:
    """Return whether a name that is whole, bounded and nearly as listed is evidence enough."""
    if group == "person":
        return words > 1 and evidence >= MIN_MISSPELT_PERSON and hit.score >= MIN_SCORE_MISSPELT_PERSON
    if group == "vessel":
        return False
    if words > 1:
        return evidence >= MIN_MISSPELT_ENTITY
    return has_legal_form(hit) and evidence >= MIN_MISSPELT_LEGAL_FORM


def _surprisal(part: Evidence, group: Group) -> float:
    """Return the weight of the agreeing words among ordinary names alone.

    That a list repeats a word (Mellat, Sberbank) makes it no more likely in an ordinary text.
    """
    if part.how not in EXACT_SPELLINGS:
        return part.weight
    return max(
        part.weight, sum(token_weight(word, word_class(word, group), group) for word in part.matched.split())
    )
