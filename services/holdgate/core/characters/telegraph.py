"""Chinese commercial codes: names of Chinese characters sent as groups of four digits (`7115 6153`).

SWIFT messages carry them since their character set has no Chinese. `telegraph-codes.tsv.gz` has the code
books of the mainland and of Taiwan; `deploy/data/build_telegraph_codes.py` makes it from the Unihan database.
"""

import gzip
import re
from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files

_GROUPS = re.compile(
    r"(?:\bCTC[\s:/.]*)?(?<![\w/-])(?<!\d[ ,])[0-9]{4}(?:[ ,]{1,2}[0-9]{4})+(?![ ,]?\d|[\w/-])"
)
_SURNAMES = frozenset(
    files("holdgate.core.characters")
    .joinpath("data", "chinese-surnames.tsv")
    .read_text(encoding="utf-8")
    .strip()
)
_COMPANY = "公司"


def decode_telegraph(text: str) -> tuple[str, ...]:
    """Return the readings of a text with its groups of codes as characters, one per code book that has all of
    them; none if the text has no groups."""
    if not any(map(str.isdigit, text)) or not _GROUPS.search(text):
        return ()
    readings = dict.fromkeys(_GROUPS.sub(partial(_decode, book), text) for book in _books())
    return tuple(reading for reading in readings if reading != text)


def is_chinese_name(decoded: str) -> bool:
    """Return whether decoded characters are probably a name: of a frequent surname, or of a company."""
    return decoded[:1] in _SURNAMES or _COMPANY in decoded


def _decode(book: Mapping[str, str], groups: re.Match[str]) -> str:
    try:
        return "".join(book[code] for code in re.findall("[0-9]{4}", groups.group()))
    except KeyError:
        return groups.group()


@cache
def _books() -> tuple[Mapping[str, str], ...]:
    packed = files("holdgate.core.characters").joinpath("data", "telegraph-codes.tsv.gz").read_bytes()
    rows = [line.split("\t") for line in gzip.decompress(packed).decode().splitlines()[1:]]
    return tuple({row[0]: row[column] for row in rows if row[column] != "-"} for column in (1, 2))
