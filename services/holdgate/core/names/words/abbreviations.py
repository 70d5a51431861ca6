"""Abbreviations that anybody would understand: the beginning of a word, or some of its consonants.

The equivalents of a list are built with these, for the words that say what a company does.
"""

from itertools import combinations

MIN_ABBREVIATION = 3
"""Letters of the shortest abbreviation."""
MAX_ABBREVIATION_OF_CONSONANTS = 4
"""Letters of the longest abbreviation that leaves out consonants: mfg, mgmt."""
MAX_ABBREVIATED_BEGINNING = 5
"""Letters of the longest beginning that is followed by the last letter alone: intl, technoly."""


def abbreviations(word: str) -> set[str]:
    """Return the usual abbreviations of a word in letters a-z: constr, natl, mfg, mgmt, svcs."""
    if len(word) < MIN_ABBREVIATION:
        return set()
    found = {word[:size] for size in range(MIN_ABBREVIATION, len(word))}
    found |= {word[:size] + word[-1] for size in range(2, MAX_ABBREVIATED_BEGINNING + 1)}
    for vowels in ("aeiou", "aeiouy"):
        consonants = word[0] + "".join(char for char in word[1:] if char not in vowels)
        found |= {consonants[:size] for size in range(MIN_ABBREVIATION, len(consonants) + 1)}
        for size in range(MIN_ABBREVIATION, min(MAX_ABBREVIATION_OF_CONSONANTS, len(consonants)) + 1):
            inner = combinations(consonants[1:-1], size - 2)
            found |= {consonants[0] + "".join(chosen) + consonants[-1] for chosen in inner}
    return {short for short in found if MIN_ABBREVIATION <= len(short) < len(word)}
