"""`holdgate health --ready` asks the worker whether it can decide."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdgate.cli.main import main


class Worker(BaseHTTPRequestHandler):
    answer = 200, b"ready\n"

    def do_GET(self) -> None:
        status, text = self.answer
        self.send_response(status if self.path == "/health/ready" else 404)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Worker) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _check(tmp_path: Path, address: str) -> tuple[int, str]:
    health = tmp_path / "health"
    health.touch()
    environment = {"HOLDGATE_HEALTH_FILE": str(health), "HOLDGATE_HTTP": address}
    result = CliRunner().invoke(main, ["health", "--ready"], env=environment)
    return result.exit_code, result.stderr


def test_a_ready_worker_passes(tmp_path: Path, port: int) -> None:
    """Also if it listens on every address."""
    assert _check(tmp_path, f"127.0.0.1:{port}") == (0, "")
    assert _check(tmp_path, f"0.0.0.0:{port}") == (0, "")


def test_a_worker_without_lists_fails_and_says_so(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "answer", (503, b"no lists are published\n"))
    code, error = _check(tmp_path, f"127.0.0.1:{port}")
    assert code == 1
    assert "not ready: no lists are published" in error


def test_an_address_where_nobody_answers_fails(tmp_path: Path) -> None:
    code, error = _check(tmp_path, "127.0.0.1:1")
    assert code == 1
    assert "127.0.0.1:1 does not answer" in error
