"""The app of a worker is created from the settings. No Kafka is needed."""

from pathlib import Path
from typing import Any

import pytest

from holdgate.adapters.kafka.faust_app import new_app
from holdgate.runtime.settings import Settings, SettingsError


def test_the_data_folder_may_be_below_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    """In the image HOLDGATE_DATA is /tmp/holdgate/data, below an empty tmpfs; faust creates no parents."""
    folder = tmp_path / "holdgate" / "data"
    app: Any = new_app(Settings(data=str(folder)))
    app._create_directories()  # faust's first step when a worker starts
    assert app.conf.datadir == folder
    assert app.conf.tabledir.is_dir()


def test_a_data_folder_that_cannot_be_created_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"HOLDGATE_DATA: .*/file/data: Not a directory"):
        new_app(Settings(data=str(tmp_path / "file" / "data")))
