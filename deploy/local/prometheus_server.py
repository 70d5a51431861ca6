"""The installed Prometheus, with the rules of deploy/prometheus and local targets."""

import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from deploy.local.daemon import ROOT, Daemon, LocalRuntimeError

RULES = ROOT / "deploy" / "prometheus" / "rules"
GATE = "local"
"""Label of every series of the local stack; the rules ignore what has none."""


class Prometheus(Daemon):
    """A server in `folder` that scrapes `targets` (addresses by job) every `seconds`."""

    ready_seconds = 30

    def __init__(
        self,
        folder: Path,
        targets: Mapping[str, Sequence[str]],
        rules: Path = RULES,
        seconds: float = 5,
    ) -> None:
        super().__init__(folder)
        self._targets = targets
        self._rules = rules
        self._seconds = seconds

    def command(self) -> list[str]:
        """Write the settings and return the command of a server on loopback."""
        interval = f"{self._seconds * 1000:.0f}ms"
        settings = {
            "global": {
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "evaluation_interval": interval,
            },
            "rule_files": [f"{self._rules}/*.yml"],
            "scrape_configs": [
                {
                    "job_name": job,
                    "static_configs": [{"targets": list(addresses), "labels": {"gate": GATE}}],
                }
                for job, addresses in self._targets.items()
            ],
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
        return [
            prometheus_binary(),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=15d",
            f"--web.listen-address={self.address}",
        ]

    def ready(self) -> bool:
        """Return whether its readiness page answers 200."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def prometheus_binary() -> str:
    """Return the path of the server; raises `LocalRuntimeError` if it is not installed."""
    if found := shutil.which("prometheus"):
        return found
    raise LocalRuntimeError(
        "no Prometheus found; run deploy/local/preflight.sh prometheus for the package to install"
    )
