"""Kubernetes manifests as `kubectl apply -k` would send them, and what a container would see of them."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.daemon import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
IMAGE_VARIABLES = re.compile(r"^ENV (PATH=.*? PYTHON.*)$", re.MULTILINE)

Manifest = dict[str, Any]


@cache
def builder() -> list[str]:
    """Return the command that builds a folder of manifests; skips the test if this machine has none."""
    if kustomize := shutil.which("kustomize"):
        return [kustomize, "build"]
    if kubectl := shutil.which("kubectl"):
        said = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True, check=False)
        if re.search(r"Kustomize Version: v([5-9]|\d\d)", said.stdout):
            return [kubectl, "kustomize"]
    pytest.skip("neither kustomize nor kubectl 1.27 or newer is installed")


@cache
def build(folder: Path) -> list[Manifest]:
    """Return the manifests of a folder with a kustomization, which are not to be changed."""
    built = subprocess.run([*builder(), str(folder)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert not built.stderr, built.stderr
    return list(yaml.safe_load_all(built.stdout))


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """Return the manifests of a kind by name."""
    return {item["metadata"]["name"]: item for item in manifests if item["kind"] == kind}


def container(deployment: Manifest) -> Manifest:
    """Return the one container of a Deployment."""
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    found: Manifest = only
    return found


def variables(deployment: Manifest, manifests: list[Manifest]) -> dict[str, str]:
    """Return the HOLDGATE_* variables that the container has: of the image, ConfigMaps and the manifest."""
    maps = of_kind(manifests, "ConfigMap")
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
    (environment,) = IMAGE_VARIABLES.findall(dockerfile)
    values = dict(pair.split("=", 1) for pair in environment.split())
    for source in container(deployment)["envFrom"]:
        values |= maps[source["configMapRef"]["name"]]["data"]
    own: dict[str, str] = {}
    for variable in container(deployment)["env"]:
        if "value" in variable:
            own[variable["name"]] = re.sub(
                r"\$\((\w+)\)", lambda match: own.get(match[1], match[0]), variable["value"]
            )
        else:
            key = variable["valueFrom"]["configMapKeyRef"]
            own[variable["name"]] = maps[key["name"]]["data"][key["key"]]
    return {name: value for name, value in (values | own).items() if name.startswith("HOLDGATE_")}
