"""Settings come from HOLDGATE_* variables, and errors name the variable."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from holdgate.runtime import settings
from holdgate.runtime.settings import (
    Settings,
    SettingsError,
    data_folder,
    from_environ,
    secret,
    variable_name,
)


def test_without_variables_everything_has_a_default() -> None:
    assert from_environ({}) == Settings()
    assert from_environ({"PATH": "/bin", "HOLDGATE": "x", "holdgate_batch": "1"}) == Settings()


def test_an_empty_variable_counts_as_unset() -> None:
    """Compose files and shells set unused variables to the empty string."""
    assert from_environ({"HOLDGATE_BATCH": "", "HOLDGATE_NO_SUCH": ""}) == Settings()


def test_each_type_of_value_is_read() -> None:
    found = from_environ(
        {
            "HOLDGATE_KAFKA": "a:9092,b:9092",
            "HOLDGATE_BATCH": "50",
            "HOLDGATE_CLAIM_HOURS": "0.5",
            "HOLDGATE_HTTP": "[::1]:6066",
            "HOLDGATE_KAFKA_CA_FILE": "/run/ca.pem",
            "HOLDGATE_REDIS": "rediss://user@redis:6380/1",
        }
    )
    assert (found.kafka, found.batch, found.claim_hours) == ("a:9092,b:9092", 50, 0.5)
    assert found.http_address == ("[::1]", 6066)
    assert (found.kafka_ca_file, found.redis) == ("/run/ca.pem", "rediss://user@redis:6380/1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOLDGATE_BATCH", "many"),
        ("HOLDGATE_BATCH", "0"),
        ("HOLDGATE_BATCH", "5001"),
        ("HOLDGATE_BATCH", "1.5"),
        ("HOLDGATE_CLAIM_HOURS", "0"),
        ("HOLDGATE_CLAIM_HOURS", "nan"),
        ("HOLDGATE_PARTITIONS", "-1"),
        ("HOLDGATE_HTTP", "6066"),
        ("HOLDGATE_REDIS", "http://redis"),
        ("HOLDGATE_GROUP", "with space"),
        ("HOLDGATE_TOPIC_PREFIX", "a/b"),
        ("HOLDGATE_LOG_LEVEL", "DEBUG"),
        ("HOLDGATE_LISTS_REFRESH", "0"),
    ],
)
def test_the_error_for_an_invalid_value_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        from_environ({name: value})


@pytest.mark.parametrize("name", ["HOLDGATE_KAFKA_SERVERS", "HOLDGATE_", "HOLDGATE_batch"])
def test_an_unknown_variable_is_rejected(name: str) -> None:
    """Otherwise a mistyped name would silently mean the default."""
    with pytest.raises(SettingsError, match=f"^{name} is not a setting; .*HOLDGATE_KAFKA,"):
        from_environ({name: "x"})


@pytest.mark.parametrize(
    "name",
    [
        "HOLDGATE_SERVICE_HOST",
        "HOLDGATE_SCREENING_SERVICE_PORT",
        "HOLDGATE_SCREENING_SERVICE_PORT_HTTP",
        "HOLDGATE_PORT",
        "HOLDGATE_LISTS_PORT_6066_TCP_ADDR",
    ],
)
def test_variables_that_kubernetes_adds_to_every_pod_are_ignored(name: str) -> None:
    """Kubernetes adds them for a service called holdgate-..."""
    assert from_environ({name: "tcp://10.0.0.1:6066"}) == Settings()


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_no_setting_looks_like_a_variable_of_kubernetes(field: str) -> None:
    """A setting whose name ends in _PORT would be silently ignored."""
    assert not settings._KUBERNETES.search(variable_name(field))


def test_the_prefix_applies_to_every_topic() -> None:
    assert (
        from_environ({"HOLDGATE_TOPIC_PREFIX": "eu."}).topic("payments.submitted") == "eu.payments.submitted"
    )
    assert Settings().topic("payments.submitted") == "payments.submitted"


def test_a_secret_is_read_from_its_file_without_the_newline(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(" pass word \r\n", encoding="utf-8")
    assert secret(str(tmp_path / "password")) == " pass word "


def test_the_error_for_a_missing_secret_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent"):
        secret(str(tmp_path / "absent"))


def test_the_data_folder_is_created_with_its_parents(tmp_path: Path) -> None:
    folder = tmp_path / "absent" / "data"
    for _ in range(2):
        assert data_folder(Settings(data=str(folder))) == folder
        assert list(folder.iterdir()) == []


def test_a_data_folder_that_cannot_be_created_is_reported_with_variable_path_and_cause(
    tmp_path: Path,
) -> None:
    """The path is below a file, since a read-only folder would not stop root."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    with pytest.raises(SettingsError) as refusal:
        data_folder(Settings(data=str(folder)))
    assert str(refusal.value).startswith(f"HOLDGATE_DATA: cannot write to {folder}: Not a directory; ")


def test_a_data_folder_in_which_no_file_can_be_created_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder exists but belongs to another user, so its existence does not mean that it is writable."""

    def denied(**_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)
    with pytest.raises(SettingsError, match=f"HOLDGATE_DATA: cannot write to {tmp_path}: Permission denied"):
        data_folder(Settings(data=str(tmp_path)))
