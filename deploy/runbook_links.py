"""`python -m deploy.runbook_links URL`: set where alerts and dashboards say that the runbooks are."""

import re
import sys
from pathlib import Path

from deploy.local.daemon import ROOT

SETTING = ROOT / "deploy" / "runbooks" / "base-url.txt"
"""The address below which the files of deploy/runbooks can be read, without a slash at the end."""

ALERTS = ROOT / "deploy" / "prometheus" / "rules" / "alerts.yml"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"


def base_url() -> str:
    """Return the address below which the runbooks are."""
    return SETTING.read_text(encoding="utf-8").strip()


def runbook_url(alert: str) -> str:
    """Return the address of an alert's runbook."""
    return f"{base_url()}/{alert}.md"


def main(url: str, dashboards: Path = DASHBOARDS) -> None:
    """Write the setting, and with it the rules and dashboards. Raises `ValueError` if it is no address."""
    if not re.fullmatch(r"https?://[^\s'\"\\]+", url):
        raise ValueError(f"{url} is not an address; give one such as https://wiki.example/holdgate")
    SETTING.write_text(url.rstrip("/") + "\n", encoding="utf-8")
    rules = ALERTS.read_text(encoding="utf-8")
    ALERTS.write_text(
        re.sub(r"(runbook_url: )\S+/(\w+\.md)$", rf"\g<1>{base_url()}/\2", rules, flags=re.MULTILINE),
        encoding="utf-8",
    )
    from deploy.dashboards.__main__ import write  # it reads what was written above

    write(dashboards)


if __name__ == "__main__":
    main(sys.argv[1])
