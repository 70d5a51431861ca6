"""Cues: words next to a name that tell the party type, so that even common words may be its name."""

from collections.abc import Mapping, Sequence, Set

from holdgate.core.names.words.word_classes import LEGAL, Group

SHIP_CUES = frozenset(
    "mv mt vessel vsl ship tanker imo ss motor судно танкер теплоход navire buque schiff".split()
)
FIRM_CUES = LEGAL - frozenset(
    "as ca ei ip mit open public private closed joint stock est sp pt lp gp se sl cv rl ab cia firma tbk pk "
    "assoc coop co ag ao sa pty sro company compania compagnie gesellschaft establishment".split()
) | {"fzc", "sal", "ооо", "оао", "зао", "пао", "тоо"}
CUES: Mapping[Group, frozenset[str]] = {"person": frozenset(), "entity": FIRM_CUES, "vessel": SHIP_CUES}
ALL_CUES = FIRM_CUES | SHIP_CUES
ALL_FIRM_WORDS = FIRM_CUES | LEGAL


def find_cues(plain_words: Sequence[str], group: Group) -> Set[int]:
    """Return where words tell the party type: cues, and legal forms of several words (joint stock)."""
    cues = CUES[group]
    words = ALL_FIRM_WORDS if group == "entity" else cues
    if words.isdisjoint(plain_words):
        return frozenset()
    return {
        position
        for position, word in enumerate(plain_words)
        if word in cues
        or (
            word in words
            and any(
                plain_words[i] in words for i in (position - 1, position + 1) if 0 <= i < len(plain_words)
            )
        )
    }
