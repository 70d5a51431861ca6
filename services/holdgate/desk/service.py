"""`holdgate desk`: serve the pages until SIGTERM."""

import socket
from contextlib import ExitStack
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog
import uvicorn

from holdgate.adapters import metrics_server
from holdgate.core.review.parties import name_key
from holdgate.desk.case_projection import CaseProjection
from holdgate.desk.case_summaries import CaseSummaries
from holdgate.desk.decision_feed import DecisionFeed
from holdgate.desk.gate_figures import GateWatch
from holdgate.desk.list_archive import ListArchive
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.page_templates import make_templates
from holdgate.desk.sessions import SessionStore, StreamCounter
from holdgate.desk.visit import DeskState
from holdgate.desk.web import make_app
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings, SettingsError, variable_name

log = structlog.get_logger()

MAX_CONNECTIONS = 200
"""Connections at a time; more are answered with 503."""

KEEP_ALIVE_SECONDS = 5
MAX_HEADER_BYTES = 32 * 1024
GRACE_SECONDS = 10
"""Time that open requests have to end after SIGTERM."""


def serve(settings: Settings) -> None:
    """Run until SIGTERM. Raises `SettingsError` if the desk may not run with these settings."""
    configure(settings.log_level)
    check_settings(settings)
    metrics, health = DeskMetrics(), Health(settings.health_file)
    with ExitStack() as exits:
        desk = make_desk(settings, metrics, health, exits)
        server = DeskServer(desk)
        metrics_server.serve_metrics(metrics.registry, settings)
        desk.projection.start()
        desk.feed.start()
        warm_up()
        log.info("the desk listens", address=settings.desk_url)
        server.run()


def warm_up() -> None:
    """Load what the first page with a name would wait for: ICU's rules of romanisation take half a second."""
    name_key("Иван محمد 金")


def make_desk(settings: Settings, metrics: DeskMetrics, health: Health, exits: ExitStack) -> DeskState:
    """Return a desk whose projection is not started; `exits` will close it."""
    projection = CaseProjection(settings, metrics, health)
    exits.callback(projection.close)
    lists = ListArchive(settings)
    exits.callback(lists.close)
    feed = DecisionFeed(settings)
    exits.callback(feed.close)
    templates = make_templates(settings.desk_is_demo)
    return DeskState(
        settings,
        projection,
        SessionStore(),
        lists,
        CaseSummaries(),
        templates,
        metrics,
        GateWatch(settings),
        feed,
        StreamCounter(),
    )


class DeskServer(uvicorn.Server):
    """Serves a desk. When it ends, it ends the streams of the live page first, which would last for hours."""

    def __init__(self, desk: DeskState) -> None:
        super().__init__(server_config(desk))
        self._desk = desk

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then wait for open requests."""
        self._desk.feed.stop()
        await super().shutdown(sockets)


def server_config(desk: DeskState) -> uvicorn.Config:
    """Return how uvicorn serves the desk. It logs nothing: an address may have a name that was searched."""
    host, _, port = desk.settings.desk.rpartition(":")
    return uvicorn.Config(
        make_app(desk),
        host=host.strip("[]"),
        port=int(port),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )


def check_settings(settings: Settings) -> None:
    """Raise `SettingsError` for an address at which sessions or a demo would be open to others."""
    origin = urlsplit(settings.desk_url)
    if origin.scheme != "https" and not _is_loopback(origin.hostname or ""):
        raise SettingsError(
            f"{variable_name('desk_origin')}: {settings.desk_url} has to be https, or a loopback address"
        )
    if not settings.desk_is_demo:
        return
    if not _is_loopback(origin.hostname or ""):
        raise SettingsError(f"{variable_name('desk_sign_in')}=demo is for a loopback address only")
    host = settings.desk.rpartition(":")[0].strip("[]")
    if settings.desk_sign_in == "demo" and not _is_loopback(host):
        raise SettingsError(f"{variable_name('desk')}: a demo listens on loopback only, not on {host}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
