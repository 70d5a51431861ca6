"""The Dockerfile makes a small image that runs without root. No Docker is needed: it is read and linted."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from deploy.local.daemon import ROOT
from holdgate.runtime.settings import from_environ

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


def _instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments, continuation lines joined."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    words = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in words]


def _last_stage() -> list[tuple[str, str]]:
    found = _instructions()
    start = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def test_hadolint_finds_nothing() -> None:
    assert HADOLINT is not None, "hadolint is missing from .venv: is requirements-dev.lock installed?"
    linted = subprocess.run([HADOLINT, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_image_is_built_in_two_stages_and_leaves_compilers_behind() -> None:
    assert [name for name, _ in _instructions()].count("FROM") == 2
    assert not [rest for _, rest in _last_stage() if "g++" in rest or "libicu-dev" in rest]


def test_it_runs_as_nobody_special() -> None:
    (user,) = [rest for name, rest in _last_stage() if name == "USER"]
    assert user.split(":")[0].isdigit()
    assert int(user.split(":")[0]) >= 1_000


def test_named_volumes_belong_to_the_user_of_the_image() -> None:
    """An empty named volume takes over the owner of the image's folder; without one it is root's."""
    stage = _last_stage()
    (user,) = [rest for name, rest in stage if name == "USER"]
    commands = " && ".join(
        rest for name, rest in stage[: [name for name, _ in stage].index("USER")] if name == "RUN"
    )
    made = re.findall(r"\binstall --directory --owner=(\d+) --group=(\d+)(?: --mode=\d+)? ([^&]+)", commands)
    owners = {path: f"{owner}:{group}" for owner, group, paths in made for path in paths.split()}

    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    ours = {
        name: service for name, service in compose["services"].items() if service["image"] == "holdgate:local"
    }
    mounts = {
        (name, volume.split(":")[1])
        for name, service in ours.items()
        for volume in service.get("volumes", ())
        if volume.split(":")[0] in compose["volumes"]
    }
    assert mounts == {
        *((name, "/data") for name in ("rescreen", "audit", "review", "desk")),
        *((name, "/archive") for name in ("lists", "desk")),
    }
    assert {path: owners.get(path) for _, path in mounts} == {path: user for _, path in mounts}


def test_its_entry_point_is_the_command_of_the_package() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (entry,) = [rest for name, rest in _last_stage() if name == "ENTRYPOINT"]
    assert entry == '["holdgate"]'
    assert "holdgate" in scripts


def test_its_variables_are_settings_with_valid_values() -> None:
    (environment,) = [rest for name, rest in _last_stage() if name == "ENV"]
    settings = from_environ(dict(pair.split("=", 1) for pair in environment.split()))
    (port,) = [rest for name, rest in _last_stage() if name == "EXPOSE"]
    assert settings.http_address == ("0.0.0.0", int(port))
    (policy,) = [rest for name, rest in _last_stage() if name == "COPY" and "policy" in rest]
    assert policy.split() == ["deploy/policy.toml", settings.policy]


def test_what_it_copies_is_there_and_reaches_the_builder() -> None:
    admitted = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = [
        source
        for name, rest in _instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert len(copied) >= 6
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert set(copied) == admitted


def test_what_the_package_links_to_reaches_the_builder_first() -> None:
    """A link to a file that is not there would be left out of the package without a word."""
    copied = {source for name, rest in _instructions() if name == "COPY" for source in rest.split()[:-1]}
    package = ROOT / "services" / "holdgate"
    links = [path for path in package.rglob("*.toml") if path.is_symlink()]
    assert len(links) == 3
    assert {path.resolve().relative_to(ROOT).as_posix() for path in links} <= copied
