"""The rescreening service refuses to start without a usable data folder. No Kafka is needed."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from deploy.local.stack import HOLDGATE
from tests.support.rig import PATIENCE

pytestmark = pytest.mark.slow  # starts a service


def test_it_ends_if_it_cannot_write_to_its_data_folder(tmp_path: Path) -> None:
    """It must not look healthy and do nothing: without the folder no round can store a plan.

    The folder's path is below a file, since tests may run as root, who could write to another user's volume.
    """
    (tmp_path / "file").touch()
    folder, health = tmp_path / "file" / "data", tmp_path / "health"
    ended = subprocess.run(
        [HOLDGATE, "rescreen", "--serve"],
        env={
            "PATH": os.environ["PATH"],
            "HOLDGATE_DATA": str(folder),
            "HOLDGATE_HEALTH_FILE": str(health),
            "HOLDGATE_HTTP": f"127.0.0.1:{free_port()}",
            "HOLDGATE_KAFKA": f"127.0.0.1:{free_port()}",
            "HOLDGATE_REDIS": f"redis://127.0.0.1:{free_port()}/0",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"holdgate: HOLDGATE_DATA: cannot write to {folder}: Not a directory; make it a folder that user"
        f" {os.getuid()} can write to, or set HOLDGATE_DATA to another one\n"
    )
    assert not health.exists()
