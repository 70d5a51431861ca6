"""A listed BIC of any country is looked up among its banks; gaps in a directory do not stop a list."""

import pytest

from holdgate.core.identifiers.bank_codes import bank_codes
from holdgate.core.model.listed_entry import Entry, ListedId, ListedName


@pytest.mark.parametrize("country", ["CH", "LI", "DE", "RU", "BY", "NL", "IR", "KP", "XX"])
def test_a_bic_of_any_country_can_be_looked_up(country: str) -> None:
    """OFAC's consolidated list has a Swiss BIC, and the directory has thirteen Swiss banks without a BIC."""
    listed = Entry("x:1", "x", "entity", (ListedName("Bank"),), ids=(ListedId("bic", f"QXVA{country}22"),))
    assert all(found.entry == 0 and found.country == country for found in bank_codes([listed]))
