"""Listed names written in another script, as ICU transliterates from Latin.

Few people write their names like this: it shows whether a script is supported at all, not its recall. True
pairs of a script come from the lists themselves (the UN's are Arabic, Cyrillic and Han).
"""

import unicodedata
from functools import cache

from icu import Transliterator

from holdgate.core.names.words.tokens import scripts_of

SCRIPTS = ("Cyrillic", "Devanagari", "Greek", "Hangul", "Hebrew", "Katakana", "Thai")
"""Scripts that ICU can write: Han it cannot, and Arabic only with vowels that nobody writes."""


def transliterate(name: str, script: str) -> str | None:
    """Return the name in the script; None if letters of another script remain."""
    plain = "".join(char if char.isalpha() or char == "'" else " " for char in name.casefold())
    words = [_transliterator(script).transliterate(word) for word in plain.split()]
    written = unicodedata.normalize("NFC", " ".join(words))
    return written if scripts_of(written) == {script} else None


@cache
def _transliterator(script: str) -> Transliterator:
    return Transliterator.createInstance(f"Latin-{script}")
