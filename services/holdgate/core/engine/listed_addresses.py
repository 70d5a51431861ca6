"""Find addresses of parties and agents that a list holds without a party."""

from collections.abc import Iterator

from holdgate.core.engine.finders import Finders, PaymentContext
from holdgate.core.engine.matches import EXACT, exact_match, position_in
from holdgate.core.identifiers.addresses import address_words
from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.screened_fields import PlaceField
from holdgate.core.places.in_address import elements_of


def find_listed_addresses(finders: Finders, field: PlaceField, _context: PaymentContext) -> Iterator[Match]:
    """Yield the listed addresses that an address contains; its elements are read together.

    The evidence `at` gives each element with a word of the listed address.
    """
    listed, address = finders.snapshot.addresses, field.address
    if not listed:
        return
    elements = elements_of(address, field.path)
    for member, text in (("postcode", address.postcode), ("country", address.country)):
        if text:
            elements.append((f"{field.path}.{member}", text))
    words_of_elements = [address_words(text) for _, text in elements]
    for position, words in listed.find(" ".join(text for _, text in elements)):
        entry = finders.snapshot.entries[position]
        parts = [
            element
            for element, own in zip(elements, words_of_elements, strict=True)
            if not words.isdisjoint(own)
        ] or elements  # a word may be cut by the end of a line
        value = ", ".join(text for _, text in parts)
        evidence = Evidence(part=value, matched=f"address {entry.name}", how="exact", weight=EXACT)
        places = (position_in(path, 0, len(text)) for path, text in parts)
        yield exact_match(parts[0][0], value, entry, "address", evidence, *places)
