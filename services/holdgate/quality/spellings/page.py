"""The rates of all kinds of spellings as text."""

from collections.abc import Iterator, Sequence

from holdgate.quality.report import SpellingRate


def mean_recall(rows: Sequence[SpellingRate]) -> float:
    """Return the mean share held of the kinds that should be found."""
    shares = [row.held / row.tried for row in rows if row.expects == "found" and row.tried]
    return sum(shares) / len(shares) if shares else 0.0


def render_spellings(rows: Sequence[SpellingRate], examples: int = 0) -> Iterator[str]:
    """Yield a line per kind: names, share held, share of which the right entry comes first."""
    yield f"{'kind':40} {'names':>5} {'held':>6} {'paid':>6} {'first':>6}"
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            yield f"-- {group}"
        note = "" if row.expects == "found" else f"  {row.expects}"
        first = "" if row.expects == "nobody" else f"{row.first / row.tried:.3f}"
        shares = f"{row.held / row.tried:6.3f} {row.paid / row.tried:6.3f}"
        yield f"{row.name:40} {row.tried:5} {shares} {first:>6}{note}"
        yield from (f"      {example}" for example in row.examples[:examples])
    yield f"{'mean of the kinds to be found':40} {'':5} {mean_recall(rows):6.3f}"
