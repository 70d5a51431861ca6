"""What a worker shows over HTTP: /metrics, /health/live (progress), /health/ready (may it get payments)."""

from typing import Any

import faust
from aiohttp.web import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from holdgate.runtime.health import Health
from holdgate.screening.list_follower import ListFollower
from holdgate.screening.metrics import Metrics


def serve_pages(app: faust.App, metrics: Metrics, health: Health, lists: ListFollower) -> None:
    """Put the pages on the app's own web server: it answers only while the worker's loop comes round."""

    async def show_metrics(_page: object, _request: object) -> Response:
        return Response(body=generate_latest(metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})

    async def live(_page: object, _request: object) -> Response:
        return _answer(health.alive, f"last progress {health.idle_seconds:.1f} s ago")

    async def ready(_page: object, _request: object) -> Response:
        wanting = []
        if not health.assigned:
            wanting.append("no partitions assigned")
        if lists.screener is None:
            wanting.append(lists.missing())
        return _answer(not wanting, "; ".join(wanting) or "ready")

    web: Any = app  # faust's types ask for its own Response, its server takes aiohttp's
    web.page("/metrics", name="metrics")(show_metrics)
    web.page("/health/live", name="live")(live)
    web.page("/health/ready", name="ready")(ready)


def _answer(good: bool, text: str) -> Response:
    return Response(text=text + "\n", status=200 if good else 503)
