"""Listed names written in another script, as ICU transliterates from Latin.

The matcher's own romanisation is ICU's too, the other way round: what is found so is the most that could be
found of names as their bearers write them.
"""

import unicodedata
from functools import cache

from icu import Transliterator

from holdgate.core.tokens import scripts_of

SCRIPTS = ("Arabic", "Cyrillic", "Devanagari", "Greek", "Hangul", "Hebrew", "Katakana", "Thai")
"""Those of ordinary names measured with that ICU writes; Han it does not."""


def in_script(name: str, script: str) -> str | None:
    """The name in the script; None where letters of another are left."""
    plain = "".join(char for char in name if char.isalpha() or char in " -'")
    written = unicodedata.normalize("NFC", _to(script).transliterate(plain.casefold()))
    return written if scripts_of(written) == {script} else None


@cache
def _to(script: str) -> Transliterator:
    return Transliterator.createInstance(f"Latin-{script}")
