"""The templates and their filters: text from outside, times, amounts and people."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from holdgate.casework.case_text import SHORT_ID
from holdgate.casework.sign_in import DEMO_PEOPLE, demo_person
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.review.event_contents import REVIEW_USER
from holdgate.desk.text_marks import show_text
from holdgate.page_design.charts import line_sample

CACHED_ROWS = 5_000
"""Rows that are kept: a page has 50 of them, some 1.5 kB each."""

STAGE_TEXTS = {
    "open": "open",
    "proposed": "waits for approval",
    "approved": "approved, decision follows",
    "disposed": "decided",
    "closed": "closed",
}


def make_templates(is_demo: bool) -> Environment:
    """Return the templates; in a demo its people have names instead of pseudonyms."""
    environment = Environment(
        loader=PackageLoader("holdgate.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = {REVIEW_USER: "the review process"} | (_demo_names() if is_demo else {})
    environment.filters |= {
        "outside": show_text,
        "moment": show_moment,
        "second": show_second,
        "duration": show_duration,
        "rate": lambda number: "-" if number is None else f"{number:,.1f}",
        "percent": show_percent,
        "left": time_left,
        "money": show_money,
        "short": lambda text: text[:SHORT_ID],
        "person": lambda user: names.get(user, user),
        "people": lambda text: re.sub(r"u:[0-9a-f]+", lambda user: names.get(user[0], user[0]), text),
        "stage": lambda stage: STAGE_TEXTS[stage],
        "score": lambda score: "" if score is None else f"{score:.2f}",
    }
    environment.globals["line_sample"] = line_sample
    environment.filters["cells"] = RowCells(environment).render
    return environment


class RowCells:
    """Rows of queues without their due time, rendered once per revision of a case.

    Rendering 50 rows took 4 of the 4.6 ms of processor time that a page of the queue needed.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._known: BoundedCache[tuple[str, int, object], Markup] = BoundedCache(CACHED_ROWS)

    def render(self, row: Any) -> Markup:
        """Return the cells of a `queue_page.QueueRow`."""
        key = (row.case.case_id, row.case.revision, row.summary)
        found = self._known.get(key)
        if found is None:
            found = self._environment.get_template("parts.html").module.cells(row)  # type: ignore[attr-defined]
            self._known[key] = found
        return found


def show_moment(moment: datetime | None) -> Markup:
    """Return a time in UTC, which a script turns into the reader's zone."""
    if moment is None:
        return Markup("")
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), f"{utc:%Y-%m-%d %H:%M} UTC"
    )


def show_second(moment: datetime) -> Markup:
    """Return a time of day in UTC with its second, which a script turns into the reader's zone."""
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}" data-second>{}</time>').format(
        utc.isoformat(timespec="seconds"), f"{utc:%H:%M:%S} UTC"
    )


def show_duration(seconds: float | None) -> str:
    """Return a length of time as `12 ms`, `3.4 s`, `12 min`, `5 h` or `3 days`; None as `-`."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def show_percent(share: float | None) -> str:
    """Return a share in per cent, with two digits if it is small; None as `-`."""
    if share is None:
        return "-"
    return f"{100 * share:.1f} %" if share >= 0.01 or not share else f"{100 * share:.2g} %"


def time_left(due: datetime | None, now: datetime) -> str:
    """Return the time until a case is due, with a sign of its own for what is late."""
    if due is None:
        return "no due time"
    minutes = int((due - now).total_seconds() // 60)
    days, rest = divmod(abs(minutes), 24 * 60)
    hours, rest = divmod(rest, 60)
    length = f"{days} d {hours} h" if days else f"{hours} h {rest:02} min" if hours else f"{rest} min"
    return f"{length} late" if minutes < 0 else length


def show_money(amount: str | None, currency: str | None) -> str:
    """Return an amount with groups of three digits."""
    if not amount:
        return "amount unknown"
    whole, point, fraction = amount.partition(".")
    return f"{int(whole):,}{point}{fraction} {currency or ''}".strip()


@cache
def _demo_names() -> dict[str, str]:
    return {demo_person(name).user: name.capitalize() for name in DEMO_PEOPLE}
