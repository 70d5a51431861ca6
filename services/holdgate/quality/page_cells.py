"""Cells of a quality report as a page: shares, intervals, and tables that open on demand."""

from markupsafe import Markup

from holdgate.quality.intervals import Interval

INTERVALS = "Each share is in per cent, with its 95 % interval (Wilson)."


def details(summary: str, content: Markup) -> Markup:
    """Return a part of the page that opens on demand."""
    return Markup("<details><summary>{}</summary>\n{}\n</details>").format(summary, content)


def percent(share: float) -> str:
    """Return a share in per cent, with two digits below a tenth."""
    return f"{100 * share:.2f} %" if 0 < share < 0.1 else f"{100 * share:.1f} %"


def interval_text(interval: Interval) -> str:
    """Return an interval of a share in per cent."""
    digits = 2 if interval[1] < 0.1 else 1
    return f"{100 * interval[0]:.{digits}f} to {100 * interval[1]:.{digits}f} %"


def decimals(interval: Interval | None) -> str:
    """Return an interval of a figure between 0 and 1."""
    return "not measured" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def microseconds(interval: Interval | None) -> str:
    """Return an interval of a time in microseconds."""
    return "not measured" if interval is None else f"{interval[0]:,.0f} to {interval[1]:,.0f}"
