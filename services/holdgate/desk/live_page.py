"""The live page: what the gate does now. Without JavaScript a reload shows more; with it, a stream does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from holdgate.desk.gate_figures import CHART_SECONDS, CHART_STEP, GateFigures
from holdgate.desk.sessions import DeskSession
from holdgate.desk.visit import DeskState, Visit
from holdgate.page_design.charts import ChartAxis, ChartLine, line_chart, share_bar

STREAM_SECONDS = 1.0
"""Time between two messages of a stream. It sends nothing if nothing is new."""

MAX_IDLE_TURNS = 15
"""Messages without content after so many seconds let a proxy keep the connection."""


def show_live(visit: Visit) -> Response:
    """Show the figures and the last decisions."""
    return visit.page("live.html", **_figures(visit.desk.gate.read()), **_rows(visit.desk, visit.sees_cases))


def stream_live(visit: Visit) -> Response:
    """Send what changes on the page as server-sent events, until the session or the desk ends."""
    # A browser that connects again says what it got last.
    after = visit.request.headers.get("last-event-id") or visit.argument("after")
    messages = _messages(
        visit.desk,
        visit.session,
        visit.sees_cases,
        int(after) if after.isdecimal() and len(after) < 16 else 0,
    )
    return StreamingResponse(messages, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _messages(
    desk: DeskState, session: DeskSession, sees_cases: bool, after: int
) -> AsyncIterator[str]:
    if not desk.streams.take(session):
        yield _message("full", "")
        return
    try:
        asked_at, idle_turns = 0.0, 0
        while desk.feed.is_running and desk.sessions.is_open(session):
            figures = await run_in_threadpool(desk.gate.read)
            feed = desk.feed.read(after)
            if figures.at > asked_at:
                asked_at = figures.at
                yield _message("figures", _render(desk, "live_figures.html", _figures(figures)))
            if feed.rows and sees_cases:
                after = feed.rows[0].number
                yield _message(
                    "decisions", _render(desk, "live_rows.html", {"rows": feed.rows, "is_new": True}), after
                )
            idle_turns = 0 if feed.rows else idle_turns + 1
            if idle_turns >= MAX_IDLE_TURNS:
                idle_turns = 0
                yield ": nothing new\n\n"
            await asyncio.sleep(STREAM_SECONDS)
        yield _message("ended", "")
    finally:
        desk.streams.give_back(session)


def _message(event: str, html: str, number: int | None = None) -> str:
    data = "\n".join(f"data: {line}" for line in html.splitlines() or [""])
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {event}\n{data}\n\n"


def _render(desk: DeskState, template: str, context: Mapping[str, Any]) -> str:
    return desk.templates.get_template(template).render(context)


def _rows(desk: DeskState, sees_cases: bool) -> dict[str, Any]:
    feed = desk.feed.read()
    return {
        "rows": feed.rows if sees_cases else (),
        "is_new": False,
        "newest": feed.rows[0].number if feed.rows else 0,
        "feed_problem": feed.problem,
        "skipped": feed.skipped,
        "sees_cases": sees_cases,
    }


def _figures(figures: GateFigures) -> dict[str, Any]:
    most_held = max((item.share for item in figures.reasons), default=0.0)
    return {
        "figures": figures,
        "figures_at": datetime.fromtimestamp(figures.at, UTC),
        "now_arriving": figures.arriving[-1][1] if figures.arriving else None,
        "now_decided": figures.decided[-1][1] if figures.decided else None,
        "now_held": figures.held_share[-1][1] if figures.held_share else None,
        "now_oldest": figures.oldest[-1][1] if figures.oldest else None,
        "charts": _charts(figures),
        "reason_bars": [share_bar(item.share, full=most_held or 1.0) for item in figures.reasons],
    }


def _charts(figures: GateFigures) -> dict[str, Any]:
    start = figures.at - CHART_SECONDS
    axis = ChartAxis(
        start,
        figures.at,
        [(start, "30 min ago"), (start + CHART_SECONDS / 2, "15 min"), (figures.at, "now")],
    )
    rates = [ChartLine("arriving", 2, figures.arriving), ChartLine("decided", 1, figures.decided)]
    return {
        "rates": line_chart(
            "Payments arriving and decided per second, last 30 minutes", axis, rates, step=CHART_STEP
        ),
        "held": line_chart(
            "Share of payments held, last 30 minutes",
            axis,
            [ChartLine("held", 1, figures.held_share)],
            y_text=lambda share: f"{100 * share:g} %",
            step=CHART_STEP,
        ),
        "oldest": line_chart(
            "Age in seconds of the oldest payment without a decision, last 30 minutes",
            axis,
            [ChartLine("oldest", 1, figures.oldest)],
            limit=figures.deadline,
            y_text="{:g} s".format,
            step=CHART_STEP,
        ),
    }
