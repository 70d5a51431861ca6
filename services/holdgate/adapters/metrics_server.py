"""The page that Prometheus reads, for services that have no web server of their own."""

from prometheus_client import CollectorRegistry, start_http_server

from holdgate.runtime.settings import Settings, SettingsError


def serve_metrics(registry: CollectorRegistry, settings: Settings) -> None:
    """Answer with a registry's metrics at HOLDGATE_HTTP; raises `SettingsError` where that is taken."""
    host, port = settings.http_address
    try:
        start_http_server(port, host, registry=registry)
    except OSError as error:
        raise SettingsError(f"HOLDGATE_HTTP: cannot listen on {settings.http}: {error.strerror}") from error
