"""Trade words: words of a company's name that say what it does, and not which company it is.

Alignment asks for them where a rare listed name agrees: Almaz-Antey Telecommunications is held for CONCERN
ALMAZ-ANTEY, while an oil company is no gas company where only common words agree.
"""

import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from holdgate.core.model.evidence import How
from holdgate.core.names.words.token_weights import ordinary_names

MIN_ORDINARY_COMPANIES = 30
"""Ordinary companies, of 14,998, that carry a word that is a trade word by its frequency alone."""
TRADE_WORD_PENALTY = 1.2
"""Penalty of a trade word that only one of the two names has, where the rest is rare. It exceeds SUBSTANCE:
in a text, firms are called by their full name, and Cuban cigars are not CUBAN CIGARS TRADE."""
MIN_RARE_EVIDENCE = 12.0
"""Nats of agreeing words that no ordinary name carries from which trade words hardly count."""

SPELT_AS_LISTED: frozenset[How] = frozenset(("exact", "homoglyph", "joined", "lost", "ocr", "split"))
"""Kinds of agreement in which a word is more than near to the listed one."""


@cache
def trade_words() -> frozenset[str]:
    """Return the trade words: those of the bundled table and the frequent words of ordinary companies."""
    text = files("holdgate.core.names").joinpath("data", "trade-words.toml").read_text(encoding="utf-8")
    listed = {word for words in tomllib.loads(text).values() for word in words.split()}
    counts = ordinary_names().counts.items()
    return frozenset(listed | {word for word, (_, firms) in counts if firms >= MIN_ORDINARY_COMPANIES})


@lru_cache(maxsize=8192)
def is_rare_word(form: str) -> bool:
    """Return whether a word is no trade word, and no ordinary person or company of those counted has it."""
    return len(form) > 3 and sum(ordinary_names().counts.get(form, (0, 0))) <= 1 and form not in trade_words()
