"""docker-compose.yml says only what the code knows. No Docker is needed: files are compared with files."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from deploy.local.daemon import ROOT
from deploy.local.jars import POM
from holdgate.runtime.settings import from_environ
from tests.support.commands import understand

COMPOSE = ROOT / "docker-compose.yml"
OURS = ("audit", "lists", "probe", "rescreen", "review", "screening", "topics")


def _interpolate(text: str) -> str:
    """The file as Compose reads it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    document = yaml.safe_load(_interpolate(COMPOSE.read_text()))
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def test_it_follows_the_compose_specification() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*checker, str(COMPOSE)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_holds_the_services_of_the_design(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {
        "kafka",
        "redis",
        "topics",
        "lists",
        "screening",
        "rescreen",
        "desk",
        "audit",
        "review",
        "probe",
        "prometheus",
        "grafana",
    }


def test_one_service_builds_the_image_that_all_of_ours_use(services: dict[str, dict[str, Any]]) -> None:
    """Two builds of one tag at once can race. The others depend on the service that builds it."""
    assert {name for name, service in services.items() if "build" in service} == {"topics"}
    assert {services[name]["image"] for name in OURS} == {"holdgate:local"}
    for name in set(OURS) - {"topics"}:
        assert services[name]["pull_policy"] == "never", name
        assert services[name]["depends_on"]["topics"] == {"condition": "service_completed_successfully"}, name
    assert services["topics"]["pull_policy"] != "never"
    build = services["topics"]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_each_command_exists_with_its_options(name: str, services: dict[str, dict[str, Any]]) -> None:
    command = services[name]["command"]
    assert understand(command).name == [word for word in command if not word.startswith("--")][-1]


def test_an_unknown_command_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        understand(["screening", "--no-such-option"])
    with pytest.raises(click.UsageError):
        understand(["no-such-command"])


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_a_setting_with_a_valid_value(
    name: str, services: dict[str, dict[str, Any]]
) -> None:
    settings = from_environ(services[name]["environment"])
    for address in (settings.kafka, settings.redis.removeprefix("redis://").removesuffix("/0")):
        host, port = address.split(":")
        assert host in services
        assert port == {"kafka": "9092", "redis": "6379"}[host]


@pytest.mark.parametrize("name", ["audit", "lists", "probe", "rescreen", "review", "screening"])
def test_health_means_progress(name: str, services: dict[str, dict[str, Any]]) -> None:
    kind, program, *words = services[name]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "holdgate")
    assert understand(words).name == "health"


def test_every_long_running_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"topics"}


SLOWEST_CHECK_SECONDS = 18
"""Kafka's check, a JVM, took so long on a loaded machine."""


def test_a_health_check_has_room_on_a_busy_machine(services: dict[str, dict[str, Any]]) -> None:
    """A check that runs out of time while the services start keeps all of them from starting."""
    checks = {name: service["healthcheck"] for name, service in services.items() if "healthcheck" in service}
    for name, check in checks.items():
        least = 3 * SLOWEST_CHECK_SECONDS if name == "kafka" else 30
        assert _seconds(check["timeout"]) >= least, name
        assert check["retries"] >= 3, name
        assert _seconds(check["start_period"]) >= 2 * least, name


def _seconds(duration: str) -> int:
    assert duration.endswith("s"), duration
    return int(duration[:-1])


def test_every_service_is_confined(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service.get("read_only", False) or name == "kafka", name


def test_ports_are_opened_on_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    opened = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(opened) == {"kafka", "desk", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in opened.values() for port in ports)


def test_no_config_is_inline() -> None:
    """Compose copies inline text into the container: "container rootfs is marked read-only"."""
    configs = yaml.safe_load(_interpolate(COMPOSE.read_text()))["configs"]
    assert [config for config in configs.values() if not (ROOT / config["file"]).is_file()] == []


def test_screening_can_be_scaled(services: dict[str, dict[str, Any]]) -> None:
    assert not {"ports", "container_name", "hostname"} & set(services["screening"])
    assert services["screening"]["deploy"]["replicas"] >= 2


def test_what_is_mounted_from_the_checkout_is_there(services: dict[str, dict[str, Any]]) -> None:
    def mounted() -> Iterator[str]:
        for service in services.values():
            yield from (volume.split(":")[0] for volume in service.get("volumes", ()))

    own = [place for place in mounted() if place.startswith("./")]
    assert len(own) >= 4
    assert [place for place in own if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("name", OURS)
def test_the_data_folder_is_on_a_volume_or_in_memory(name: str, services: dict[str, dict[str, Any]]) -> None:
    """The root file system is read-only."""
    service = services[name]
    image = re.search(r"HOLDGATE_DATA=(\S+)", (ROOT / "deploy" / "Dockerfile").read_text())
    assert image is not None
    data = Path(service["environment"].get("HOLDGATE_DATA", image[1]))
    writable = [
        *(mount.split(":")[0] for mount in service["tmpfs"]),
        *(volume.split(":")[1] for volume in service.get("volumes", ()) if not volume.endswith(":ro")),
    ]
    assert any(data.is_relative_to(place) for place in writable)


def test_kafka_is_of_the_version_that_the_tests_run(services: dict[str, dict[str, Any]]) -> None:
    version = re.search(r"<kafka.version>(.+)</kafka.version>", POM.read_text())
    assert version is not None
    assert services["kafka"]["image"] == f"apache/kafka:{version[1]}"


@pytest.mark.parametrize("name", ["audit", "lists", "probe", "rescreen", "review", "screening"])
def test_prometheus_reads_the_port_that_is_served(name: str, services: dict[str, dict[str, Any]]) -> None:
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    [found] = [job["dns_sd_configs"] for job in settings["scrape_configs"] if job["job_name"] == name]
    [served] = found
    assert served["names"] == [name]
    assert [str(served["port"])] == services[name]["expose"]


def test_grafana_asks_prometheus(services: dict[str, dict[str, Any]]) -> None:
    file = ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml"
    (source,) = yaml.safe_load(file.read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert services["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
