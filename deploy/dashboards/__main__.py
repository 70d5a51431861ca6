"""`python -m deploy.dashboards`: write the dashboards that Grafana reads."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.dashboards import fairness, lists, review, runtime, screening
from deploy.dashboards.panels import build
from deploy.runbook_links import DASHBOARDS

FOLDER = DASHBOARDS
PAGES = (screening.PAGE, lists.PAGE, review.PAGE, fairness.PAGE, runtime.PAGE)


def compiled() -> dict[str, str]:
    """Return each dashboard's JSON by its file name."""
    return {
        f"{page.uid}.json": JSONEncoder(sort_keys=True, indent=2).encode(build(page)) + "\n" for page in PAGES
    }


def write(folder: Path = FOLDER) -> None:
    """Write every dashboard and delete JSON files of dashboards that no longer exist."""
    wanted = compiled()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
