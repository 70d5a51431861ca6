"""docs/comparison.md shows what docs/data/comparison.json records."""

from bench.comparison_page import PAGE, Comparison, page


def test_the_page_matches_its_data() -> None:
    """If this fails, run `python -m bench.comparison_page`."""
    data = (PAGE.parent / "data" / "comparison.json").read_text(encoding="utf-8")
    comparison = Comparison.from_json(data)
    assert page(comparison) == PAGE.read_text(encoding="utf-8")
    assert Comparison.from_json(comparison.to_json()) == comparison
