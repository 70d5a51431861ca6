"""Listed names written in another script, as ICU transliterates from Latin.

Few bearers write them so: this tells whether a script is seen at all, not how much of it is found. True
pairs of a script are those that a list itself gives (the UN's are Arabic, Cyrillic and Han).
"""

import unicodedata
from functools import cache

from icu import Transliterator

from holdgate.core.names.tokens import scripts_of

SCRIPTS = ("Cyrillic", "Devanagari", "Greek", "Hangul", "Hebrew", "Katakana", "Thai")
"""Those of ordinary names that ICU writes: Han it does not, Arabic only with vowels that nobody writes."""


def transliterate(name: str, script: str) -> str | None:
    """The name in the script; None where letters of another are left."""
    plain = "".join(char if char.isalpha() or char == "'" else " " for char in name.casefold())
    words = [_transliterator(script).transliterate(word) for word in plain.split()]
    written = unicodedata.normalize("NFC", " ".join(words))
    return written if scripts_of(written) == {script} else None


@cache
def _transliterator(script: str) -> Transliterator:
    return Transliterator.createInstance(f"Latin-{script}")
