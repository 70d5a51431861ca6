"""Serve /metrics for Prometheus, in services that have no web server of their own."""

from prometheus_client import CollectorRegistry, start_http_server

from holdgate.runtime.settings import Settings, SettingsError


def serve_metrics(registry: CollectorRegistry, settings: Settings) -> None:
    """Serve a registry's metrics at HOLDGATE_HTTP; raise `SettingsError` if that address cannot be used."""
    host, port = settings.http_address
    try:
        start_http_server(port, host, registry=registry)
    except OSError as error:
        raise SettingsError(f"HOLDGATE_HTTP: cannot listen on {settings.http}: {error.strerror}") from error
