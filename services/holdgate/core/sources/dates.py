"""Convert dates as lists print them to ISO 8601.

A date without day or month stays partial (`1945-03`, `1957`); a range is `first/last`.
"""

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}

_SHAPES = tuple(
    re.compile(shape, re.ASCII)
    for shape in (
        r"(?P<year>\d{4})",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?(?:T.*|Z|[+-]\d\d:\d\d)?",
        # The United Kingdom writes unknown parts as 00, or keeps the placeholder: dd/mm/1957.
        r"(?P<day>\d{1,2}|dd)/(?P<month>\d{1,2}|mm)/(?P<year>\d{4})(?: 00:00(?::00)?)?",
        r"(?:(?P<day>\d{1,2}) )?(?P<word>[A-Za-z]{3,9})\.? (?P<year>\d{4})",
        r"(?P<word>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}), (?P<year>\d{4})",
    )
)
_CIRCA = re.compile(r"(?:circa|approximately|approx\.?|about|c\.)\s+", re.IGNORECASE)
_RANGE = re.compile(r"\s+(?:to|and|-)\s+|(?<=^\d{4})\s*[-/]\s*(?=\d{4}$)")


def iso_date(text: str) -> str | None:
    """Return a date in ISO 8601, or None if the text is not a date.

    `15 Jan 1955` -> `1955-01-15`, `Mar 1945` -> `1945-03`, `00/00/1957` -> `1957`.
    """
    text = " ".join(text.split())
    for shape in _SHAPES:
        if match := shape.fullmatch(text):
            parts = match.groupdict()
            word = parts.get("word")
            month = _MONTHS.get(word.lower(), 0) if word else _number_or_zero(parts.get("month"))
            if word and not month:
                continue
            return _iso(int(parts["year"]), month, _number_or_zero(parts.get("day")))
    return None


def iso_dates(text: str) -> str | None:
    """Return a date, a range (`1951 to 1953` -> `1951/1953`) or an approximate date; None for other texts.

    "circa 1951" becomes `1950/1952`: the year is approximate, so a payment with the year before or after
    must not count as a conflict.
    """
    text = " ".join(text.split())
    if circa := _CIRCA.match(text):
        return _widen_optional(iso_dates(text[circa.end() :]))
    if (single := iso_date(text)) is not None:
        return single
    ends = _RANGE.split(text.removeprefix("between ").removeprefix("Between "))
    if len(ends) == 2:
        first, last = iso_date(ends[0]), iso_date(ends[1])
        if first is not None and last is not None:
            return f"{first}/{last}" if first[:4] <= last[:4] else f"{last}/{first}"
    return None


def period(first: str, last: str) -> str:
    """Return the shortest notation of a range of days: 1951-01-01 to 1951-12-31 is `1951`."""
    if first == last:
        return first
    if first.endswith("-01-01") and last.endswith("-12-31"):
        return first[:4] if first[:4] == last[:4] else f"{first[:4]}/{last[:4]}"
    if (
        first[:7] == last[:7]
        and first[8:] == "01"
        and _iso(int(last[:4]), int(last[5:7]), int(last[8:]) + 1) is None
    ):
        return first[:7]
    return f"{first}/{last}"


def widen_years(iso: str) -> str:
    """Return the range from the year before an approximate date to the year after it.

    `1951` and `1951-03` both become `1950/1952`.
    """
    first, _, last = iso.partition("/")
    return f"{int(first[:4]) - 1:04d}/{int((last or first)[:4]) + 1:04d}"


def _widen_optional(iso: str | None) -> str | None:
    return widen_years(iso) if iso is not None else None


def _number_or_zero(digits: str | None) -> int:
    return int(digits) if digits and digits.isdigit() else 0


def _iso(year: int, month: int, day: int) -> str | None:
    if year < 1000:
        return None
    if not month:
        return f"{year:04d}"
    if not day:
        return f"{year:04d}-{month:02d}" if month <= 12 else None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
