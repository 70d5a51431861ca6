"""The Kubernetes manifests say only what the code knows, and no pod has more rights than it needs."""

import re
import textwrap
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.kubernetes.__main__ import RULES, WRITTEN, prometheus_rules
from deploy.local.daemon import ROOT
from holdgate.core.records.topics import SUBMITTED
from holdgate.desk import service as desk_service
from holdgate.runtime.settings import Settings, from_environ
from holdgate.screening import watchdog
from tests.support.commands import understand
from tests.support.manifests import KUBERNETES, Manifest, build, container, of_kind, variables

OVERLAYS = sorted(folder.name for folder in (KUBERNETES / "overlays").iterdir())
COMPONENTS = sorted(folder.name for folder in (KUBERNETES / "components").iterdir())
SERVICES = {"screening", "lists", "rescreen", "review", "probe", "desk", "audit"}

SCHEMAS = ("1.31", "1.37")
"""Oldest and newest version of Kubernetes that the manifests are checked against."""

OTHERS = {
    "monitoring.coreos.com/v1": {"ServiceMonitor", "PrometheusRule"},
    "keda.sh/v1alpha1": {"ScaledObject", "TriggerAuthentication"},
}
"""Kinds of the Prometheus Operator and of KEDA, whose schemas are not Kubernetes' own."""


@pytest.fixture(scope="module")
def built() -> dict[str, list[Manifest]]:
    return {name: build(KUBERNETES / "overlays" / name) for name in OVERLAYS}


@pytest.fixture(scope="module")
def production(built: dict[str, list[Manifest]]) -> list[Manifest]:
    return built["production"]


def _deployments(built: dict[str, list[Manifest]]) -> list[tuple[Manifest, list[Manifest]]]:
    return [
        (deployment, manifests)
        for manifests in built.values()
        for deployment in of_kind(manifests, "Deployment").values()
    ]


def test_every_overlay_is_valid(built: dict[str, list[Manifest]]) -> None:
    for manifest in [manifest for manifests in built.values() for manifest in manifests]:
        if manifest["kind"] in OTHERS.get(manifest["apiVersion"], ()):
            continue
        for version in SCHEMAS:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_an_invalid_manifest_would_be_noticed(production: list[Manifest]) -> None:
    wrong = {**of_kind(production, "Deployment")["probe"], "spec": {"replica": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, SCHEMAS[0], strict=True)


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_component_builds_alone(component: str, tmp_path: Path) -> None:
    base = build(KUBERNETES / "base")
    kustomization = tmp_path / "kustomization.yaml"
    folder = Path("../" * (len(tmp_path.parts) - 1)) / KUBERNETES.relative_to("/")
    kustomization.write_text(f"resources: [{folder}/base]\ncomponents: [{folder}/components/{component}]\n")
    assert len(build(tmp_path)) >= len(base)
    assert all(manifest["metadata"].get("namespace") for manifest in base if manifest["kind"] != "Namespace")


def test_there_is_a_deployment_of_every_service(built: dict[str, list[Manifest]]) -> None:
    for manifests in built.values():
        assert set(of_kind(manifests, "Deployment")) == SERVICES


def test_every_variable_is_a_setting_with_a_valid_value(built: dict[str, list[Manifest]]) -> None:
    for deployment, manifests in _deployments(built):
        settings = from_environ(variables(deployment, manifests))
        ports = {port["name"]: port["containerPort"] for port in container(deployment)["ports"]}
        assert ports["metrics"] == settings.http_address[1]
        if "desk" in ports:
            assert str(ports["desk"]) == settings.desk.rpartition(":")[2]
            desk_service.check_settings(settings)


def test_every_secret_is_a_file_of_a_mounted_secret(built: dict[str, list[Manifest]]) -> None:
    """And every mounted Secret is the service's own."""
    for deployment, manifests in _deployments(built):
        name, pod = deployment["metadata"]["name"], deployment["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = {
            mount["mountPath"]: volumes[mount["name"]] for mount in container(deployment)["volumeMounts"]
        }
        for variable, value in variables(deployment, manifests).items():
            if variable.endswith("_FILE") and variable != "HOLDGATE_HEALTH_FILE":
                volume = mounts[str(Path(value).parent)]
                assert "secret" in volume or ("configMap" in volume and value.endswith(".pem")), variable
        assert {v["secret"]["secretName"] for v in volumes.values() if "secret" in v} <= {f"holdgate-{name}"}
        assert all("secretKeyRef" not in str(variable) for variable in container(deployment)["env"])


def test_no_secret_is_in_the_repository(built: dict[str, list[Manifest]]) -> None:
    assert [of_kind(manifests, "Secret") for manifests in built.values()] == [{}] * len(built)


def test_every_secret_is_described(production: list[Manifest]) -> None:
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    rows = dict(re.findall(r"^\| (holdgate-[a-z]+) \| (.+?) \|", page, re.MULTILINE))
    for name, deployment in of_kind(production, "Deployment").items():
        for value in variables(deployment, production).values():
            if value.startswith("/run/secrets/holdgate/"):
                assert f"`{Path(value).name}`" in rows[f"holdgate-{name}"], name
            if value.startswith("/etc/holdgate/trust/"):
                assert f"`{Path(value).name}`" in rows["holdgate-trust"], name


def test_each_command_exists_with_its_options(built: dict[str, list[Manifest]]) -> None:
    for deployment, _ in _deployments(built):
        words = container(deployment)["args"]
        assert understand(words).name == [word for word in words if not word.startswith("--")][-1]


def test_probes_ask_what_the_services_answer(production: list[Manifest]) -> None:
    """A worker has pages; the others touch a file, which is judged as in docker-compose.yml."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    pages = (ROOT / "services/holdgate/screening/http_pages.py").read_text()
    for name, deployment in of_kind(production, "Deployment").items():
        main = container(deployment)
        for probe in [
            main[kind] for kind in ("startupProbe", "livenessProbe", "readinessProbe") if kind in main
        ]:
            if name == "screening":
                assert f'"{probe["httpGet"]["path"]}"' in pages
            else:
                program, *words = probe["exec"]["command"]
                assert (program, understand(words).name) == ("holdgate", "health")
                assert ["CMD", program, *words] == compose[name]["healthcheck"]["test"]


def test_a_rollout_waits_for_workers_and_moves_partitions_once(production: list[Manifest]) -> None:
    spec = of_kind(production, "Deployment")["screening"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert spec["minReadySeconds"] > 0
    longest_stop = watchdog.STOP_SECONDS + watchdog.LOOP_CHECK_SECONDS
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > longest_stop
    for name in ("lists", "rescreen", "probe", "desk", "audit"):
        single = of_kind(production, "Deployment")[name]["spec"]
        assert (single["replicas"], single["strategy"]) == (1, {"type": "Recreate"}), name


def test_there_are_never_more_workers_than_partitions(built: dict[str, list[Manifest]]) -> None:
    assert of_kind(built["minimal"], "Deployment")["screening"]["spec"]["replicas"] <= Settings().partitions
    (scaled,) = of_kind(built["production"], "ScaledObject").values()
    assert (
        1 <= scaled["spec"]["minReplicaCount"] <= scaled["spec"]["maxReplicaCount"] <= Settings().partitions
    )
    assert "replicas" not in of_kind(built["production"], "Deployment")["screening"]["spec"]
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["metadata"]["consumerGroup"] == Settings().group
    assert trigger["metadata"]["topic"] == SUBMITTED.name
    worker = variables(of_kind(built["production"], "Deployment")["screening"], built["production"])
    assert trigger["metadata"]["bootstrapServers"] == worker["HOLDGATE_KAFKA"]


def test_every_pod_is_restricted(built: dict[str, list[Manifest]]) -> None:
    """The profile `restricted` of Kubernetes, a read-only root, and no token for its API."""
    for deployment, manifests in _deployments(built):
        pod, main = deployment["spec"]["template"]["spec"], container(deployment)
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert main["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert {kind for volume in pod["volumes"] for kind in volume} - {"name"} <= {
            *("emptyDir", "secret", "configMap", "persistentVolumeClaim")
        }
        assert main["resources"]["limits"]["memory"]
        (user,) = re.findall(r"^USER (\d+):\d+$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
        assert str(pod["securityContext"]["runAsUser"]) == user
        (namespace,) = of_kind(manifests, "Namespace").values()
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_what_is_written_is_on_a_volume(built: dict[str, list[Manifest]]) -> None:
    for deployment, manifests in _deployments(built):
        settings = from_environ(variables(deployment, manifests))
        writable = [m["mountPath"] for m in container(deployment)["volumeMounts"] if not m.get("readOnly")]
        for place in (settings.data, settings.health_file):
            assert any(Path(str(place)).is_relative_to(mount) for mount in writable)
        if settings.archive and settings.archive.startswith("/") and deployment["metadata"]["name"] != "desk":
            assert settings.archive in writable


def _selected(manifests: list[Manifest], selector: dict[str, Any]) -> set[str]:
    """Return the Deployments whose pods a selector of labels or expressions chooses."""
    wanted = selector.get("matchLabels", {})
    expressions = selector.get("matchExpressions", ())
    return {
        name
        for name, deployment in of_kind(manifests, "Deployment").items()
        if wanted.items() <= (labels := deployment["spec"]["template"]["metadata"]["labels"]).items()
        and all(labels.get(one["key"]) in one["values"] for one in expressions)
    }


def test_only_programs_with_a_redis_user_reach_redis(production: list[Manifest]) -> None:
    policies = of_kind(production, "NetworkPolicy")
    with_user = {
        name
        for name, deployment in of_kind(production, "Deployment").items()
        if "HOLDGATE_REDIS_PASSWORD_FILE" in variables(deployment, production)
    }
    users = re.findall(
        r"^user (?!default)(\w+)", (ROOT / "deploy/security/redis-users.acl").read_text(), re.M
    )
    assert _selected(production, policies["redis"]["spec"]["podSelector"]) == with_user
    assert {"worker" if name == "screening" else name for name in with_user} == set(users)
    assert _selected(production, policies["default-deny"]["spec"]["podSelector"]) == SERVICES
    assert _selected(production, policies["kafka"]["spec"]["podSelector"]) == SERVICES
    archives = {
        name for name in SERVICES if "HOLDGATE_ARCHIVE" in str(of_kind(production, "Deployment")[name])
    }
    assert _selected(production, policies["lists-and-archive"]["spec"]["podSelector"]) >= archives


def test_kafka_users_are_those_with_permissions(production: list[Manifest]) -> None:
    permitted = {
        line.split()[0]
        for line in (ROOT / "deploy/security/kafka-acls.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    used = {
        variables(deployment, production)["HOLDGATE_KAFKA_USER"]
        for deployment in of_kind(production, "Deployment").values()
    }
    assert len(used) == len(SERVICES)
    assert used | {"keda"} <= permitted


def test_prometheus_finds_every_service_under_the_job_of_the_rules(production: list[Manifest]) -> None:
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    (monitor,) = of_kind(production, "ServiceMonitor").values()
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = of_kind(production, "Service").values()
    (service,) = [s for s in services if wanted <= s["metadata"].get("labels", {}).items()]
    assert _selected(production, {"matchLabels": service["spec"]["selector"]}) == SERVICES
    assert {job["job_name"] for job in jobs} >= SERVICES
    labels = {
        rule["targetLabel"]: rule["sourceLabels"] for rule in monitor["spec"]["endpoints"][0]["relabelings"]
    }
    assert labels["job"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    assert labels["gate"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_instance"]
    for name, deployment in of_kind(production, "Deployment").items():
        assert deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == name


def test_the_rules_are_those_of_prometheus(production: list[Manifest]) -> None:
    assert WRITTEN.read_text() == prometheus_rules(), "run `make kubernetes`"
    for name, rule in of_kind(production, "PrometheusRule").items():
        file = RULES / f"{name.removeprefix('holdgate-')}.yml"
        assert rule["spec"] == yaml.safe_load(file.read_text())


def test_every_dashboard_is_there(production: list[Manifest]) -> None:
    dashboards = {
        file: text
        for config in of_kind(production, "ConfigMap").values()
        if config["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
        for file, text in config["data"].items()
    }
    files = (ROOT / "deploy/grafana/dashboards").glob("*.json")
    assert dashboards == {file.name: file.read_text() for file in files}


def test_the_policy_of_the_documentation_is_mounted(tmp_path: Path) -> None:
    """The overlay that docs/kubernetes.md shows for one's own policy builds, and replaces the image's."""
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    shown = page.partition("<!-- an overlay with a policy of its own -->")[2].partition("\n## ")[0]
    text = textwrap.dedent("\n".join(re.findall(r"^(?:    .*|)$", shown, re.MULTILINE)))
    base = Path("../" * (len(tmp_path.parts) - 1)) / (KUBERNETES / "base").relative_to("/")
    (tmp_path / "kustomization.yaml").write_text(text.replace("../../base", str(base)))
    for name in ("policy.toml", "geography.toml", "goods.toml", "review.toml"):
        (tmp_path / name).write_text((ROOT / "deploy" / name).read_text())
    manifests = build(tmp_path)
    for name, deployment in of_kind(manifests, "Deployment").items():
        (mount,) = [m for m in container(deployment)["volumeMounts"] if m["name"] == "policy"]
        settings = from_environ(variables(deployment, manifests))
        assert Path(settings.policy).parent == Path(mount["mountPath"]), name
        assert Path(settings.review_rules).parent == Path(mount["mountPath"]), name
