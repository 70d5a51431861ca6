"""HTTP pages of a worker: /metrics, /health/live (makes progress or waits), /health/ready (can decide)."""

from typing import Any

import faust
from aiohttp.web import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from holdgate.runtime.health import Health
from holdgate.screening.list_follower import ListFollower
from holdgate.screening.metrics import Metrics


def serve_pages(app: faust.App, metrics: Metrics, health: Health, lists: ListFollower) -> None:
    """Add the pages to the app's web server, which answers only while the worker's event loop runs."""

    async def show_metrics(_page: object, _request: object) -> Response:
        return Response(body=generate_latest(metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})

    async def live(_page: object, _request: object) -> Response:
        done = f"waits for {health.waits_for}; tried" if health.waits_for else "last progress"
        return _answer(health.alive, f"{done} {health.idle_seconds:.1f} s ago")

    async def ready(_page: object, _request: object) -> Response:
        problems = []
        if not health.assigned:
            problems.append("no partitions assigned")
        if lists.screener is None:
            problems.append(lists.missing())
        if health.waits_for:
            problems.append(f"waits for {health.waits_for}")
        return _answer(not problems, "; ".join(problems) or "ready")

    web: Any = app  # faust declares its own Response type, but its server accepts aiohttp's
    web.page("/metrics", name="metrics")(show_metrics)
    web.page("/health/live", name="live")(live)
    web.page("/health/ready", name="ready")(ready)


def _answer(ok: bool, text: str) -> Response:
    return Response(text=text + "\n", status=200 if ok else 503)
