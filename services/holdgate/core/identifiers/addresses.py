"""Addresses listed without a party: their comparable words, and the listed ones that an address contains.

rigour reduces both sides to comparable words: case, script, abbreviations (`Road`, `Rd`), and the names of
countries in all languages. An address matches a listed one if it has all its words, in any order. It is not
compared as a name, since every neighbour has nearly all of the words.

Of 2,000 addresses of OFAC's list of 2023-12-28 all are found in capitals without commas, abbreviated, and
with their parts reversed, and 99.7 % with the country as a code; with other numbers .25 % are. None of 20,000
ordinary addresses matches one. An address takes 22 us, and nothing if no list has addresses by themselves.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct
from rigour.addresses import address_fingerprint

from holdgate.core.model.listed_entry import Entry

MIN_ADDRESS_WORDS = 4
"""Words that a listed address has at least, a house number among them: `34 Ashley Road, Kowloon`. With three,
`Paris 16, France` would be one."""
MIN_BOX_WORDS = 3
"""Words of a listed PO box: itself, its number and its town."""
MAX_HOUSE_DIGITS = 3
"""Digits of the only number of a listed address; a longer number may be a postcode. Of OFAC's 10,460
addresses 7,444 say a house or PO box, 2,567 have no number and 449 only a longer one or too few words."""

_DIGITS = re.compile("[0-9]+")


class KeyedAddress(Struct, frozen=True, array_like=True):
    """The comparable words of a listed address, and the position of its entry."""

    entry: int
    words: tuple[str, ...]


def address_words(text: str) -> frozenset[str]:
    """Return the comparable words of an address in one line."""
    return frozenset((address_fingerprint(text.encode("utf-8", "replace").decode()) or "").split())


def is_house(words: frozenset[str]) -> bool:
    """Return whether the words of an address say a house or a PO box, rather than a town or a district."""
    numbers = [sum(map(len, _DIGITS.findall(word))) for word in words if _DIGITS.search(word)]
    has_house_number = len(numbers) > 1 or any(digits <= MAX_HOUSE_DIGITS for digits in numbers)
    is_box = "pobox" in words and bool(numbers) and len(words) >= MIN_BOX_WORDS
    return is_box or (has_house_number and len(words) >= MIN_ADDRESS_WORDS)


def key_addresses(entries: Iterable[Entry]) -> Iterator[KeyedAddress]:
    """Yield the words of the addresses that are entries themselves, in the order of the entries."""
    for position, entry in enumerate(entries):
        if not entry.names:
            for address in entry.addresses:
                if words := address_words(address.text):
                    yield KeyedAddress(position, tuple(sorted(words)))


class AddressIndex:
    """Index of listed addresses by the rarest word of each."""

    def __init__(self, addresses: Iterable[KeyedAddress]) -> None:
        addresses = tuple(addresses)
        counts = Counter(word for address in addresses for word in address.words)
        self._by_word: dict[str, list[tuple[frozenset[str], int]]] = {}
        for address in addresses:
            rarest = min(address.words, key=lambda word: (counts[word], word))
            self._by_word.setdefault(rarest, []).append((frozenset(address.words), address.entry))

    def __bool__(self) -> bool:
        """Return whether any address is listed."""
        return bool(self._by_word)

    def find(self, text: str) -> Iterator[tuple[int, frozenset[str]]]:
        """Yield entry and words of each listed address that the text contains."""
        words = address_words(text)
        for word in sorted(words & self._by_word.keys()):
            for listed, entry in self._by_word[word]:
                if listed <= words:
                    yield entry, listed
