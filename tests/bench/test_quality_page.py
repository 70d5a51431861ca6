"""docs/quality.md shows what docs/data/quality.json records."""

import json

from bench.quality_page import DATA, PAGE, page


def test_the_page_matches_its_data() -> None:
    """If this fails, run `python -m bench.quality_page`."""
    assert page(json.loads(DATA.read_text(encoding="utf-8"))) == PAGE.read_text(encoding="utf-8")
