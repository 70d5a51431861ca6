"""What the command line shows of all cases, to compare it before and after its database is lost."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local.stack import HOLDGATE
from holdgate.adapters.case_follower import CASES_FILE
from holdgate.adapters.sqlite.schema import delete_projection
from holdgate.cli.cases import MAX_LISTED_CASES

STAGES = ("open", "proposed", "disposed")


class CasePages:
    """The pages of cases, read by the real commands with a database of their own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {
            **environment,
            "HOLDGATE_DATA": str(folder),
            "HOLDGATE_REVIEW_SIGN_IN": "demo",
        }

    def read(self) -> dict[tuple[str, int], str]:
        """Return the lines of the queues, by case and revision; raises `OSError` if a command fails."""
        lines = [line for stage in STAGES for line in self._list(stage).splitlines()]
        return {(case["case_id"], case["revision"]): line for line in lines for case in [json.loads(line)]}

    def lose(self) -> None:
        """Delete the database."""
        delete_projection(self._folder / CASES_FILE)

    def _list(self, stage: str) -> str:
        limit = str(MAX_LISTED_CASES)
        command = [str(HOLDGATE), "cases", "list", "--stage", stage, "--limit", limit, "--json"]
        environment = {**os.environ, **self._environment}
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=300, text=True
        )
        if done.returncode:
            raise OSError(f"cases list ended with {done.returncode}: {done.stderr[-200:]}")
        return done.stdout
