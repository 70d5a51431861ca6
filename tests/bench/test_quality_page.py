"""docs/quality.md shows what docs/data/quality.json records."""

from bench.quality_page import BEFORE, DATA, PAGE, SPELLINGS_BEFORE, page, read


def test_the_page_matches_its_data() -> None:
    """If this fails, run `python -m bench.quality_page`."""
    assert page(read(DATA), read(BEFORE), read(SPELLINGS_BEFORE)) == PAGE.read_text(encoding="utf-8")
