"""Dependencies are declared, explained and locked; set-up says what it needs; CI runs the tests."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.local.daemon import ROOT
from holdgate.core.policy import policy

PYPROJECT = ROOT / "pyproject.toml"
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-build.lock",
    "requirements-fuzz.lock",
    "requirements-supply.lock",
)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(PYPROJECT.read_text())
    return project


def _names(requirements: list[Any]) -> set[str]:
    return {
        _canonical(re.split(r"[<>=~!;\[ ]", requirement)[0])
        for requirement in requirements
        if isinstance(requirement, str)
    }


def _pins(lock: str) -> set[str]:
    """Return each `name==version` of a lock."""
    return set(re.findall(r"^([a-z0-9.-]+==[^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE))


def _imported(folder: Path) -> set[str]:
    """Return the top-level modules that a folder's code imports."""
    modules: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Import(names=names):
                    modules |= {alias.name.split(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    modules.add(module.split(".")[0])
    return modules


def test_the_package_imports_what_it_declares() -> None:
    owners = importlib.metadata.packages_distributions()
    foreign = _imported(ROOT / "services") - set(sys.stdlib_module_names) - {"holdgate"}
    project = _project()["project"]
    declared = _names(project["dependencies"] + project["optional-dependencies"]["oidc"])
    undeclared = {
        module
        for module in foreign
        if not declared & {_canonical(name) for name in owners.get(module, [module])}
    }
    # faust is built on the first two, which come and go with its version; jinja2 on the third.
    assert undeclared <= {"mode", "aiohttp", "markupsafe"}


def test_every_data_file_is_in_the_package() -> None:
    patterns = _project()["tool"]["setuptools"]["package-data"]["*"]
    beside_code = [
        file
        for file in (ROOT / "services" / "holdgate").rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".md")
    ]
    assert len(beside_code) >= 2
    assert [str(file) for file in beside_code if not any(file.match(pattern) for pattern in patterns)] == []


def test_each_dependency_says_why() -> None:
    lines = PYPROJECT.read_text().splitlines()
    bare = [
        line
        for line in lines
        if re.match(r'\s+"[A-Za-z0-9-]+[<>=~]+[0-9]', line)
        and "#" not in line
        and not line.strip().startswith('"types-')
    ]
    assert bare == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(
        r"^\s*-", re.sub(r"^\s+--hash=sha256:[0-9a-f]{64}", "", text, flags=re.MULTILINE), re.MULTILINE
    )
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_locks_hold_what_is_declared_and_agree() -> None:
    project = _project()
    runtime, development = _pins("requirements.lock"), _pins("requirements-dev.lock")
    in_image = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["oidc"]
    assert _names(in_image) <= {pin.split("==")[0] for pin in runtime}
    assert _names(project["dependency-groups"]["dev"]) <= {pin.split("==")[0] for pin in development}
    assert runtime <= development
    assert _pins("requirements-build.lock") <= development


def _preflight(*subjects: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "deploy/local/preflight.sh"), *subjects]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with a shell, apt-get and nothing that Holdgate needs."""
    for tool, program in (("sh", "sh"), ("sed", "sed"), ("head", "head"), ("apt-get", "true")):
        found = Path("/bin") / program
        (tmp_path / tool).symlink_to(found if found.exists() else Path("/usr/bin") / program)
    return str(tmp_path)


def test_missing_programs_are_listed_with_the_command_that_installs_them(bare_path: str) -> None:
    report = _preflight(PATH=bare_path)
    assert report.returncode == 1
    for program in ("Python 3.11", "Java 17", "Maven", "C++ compiler", "ICU", "Prometheus"):
        assert program in report.stderr
    packages = _preflight("packages", PATH=bare_path)
    assert packages.returncode == 0
    assert {"libicu-dev", "g++", "maven", "openjdk-17-jre-headless", "prometheus"} <= set(
        packages.stdout.split()
    )
    assert f"sudo apt-get install {packages.stdout.strip()}" in report.stderr


@pytest.mark.parametrize(
    ("subject", "needed", "not_needed"),
    [
        ("python", ["Python 3.11", "ICU"], ["Java", "Maven", "Prometheus"]),
        ("kafka", ["Java 17", "Maven"], ["Python 3.11", "ICU", "Prometheus and"]),
        ("prometheus", ["Prometheus"], ["Python 3.11", "Java", "Maven"]),
    ],
)
def test_a_command_asks_only_for_what_it_needs(
    bare_path: str, subject: str, needed: list[str], not_needed: list[str]
) -> None:
    report = _preflight(subject, PATH=bare_path)
    assert report.returncode == 1
    assert [program for program in needed if program not in report.stderr] == []
    assert [program for program in not_needed if program in report.stderr] == []


def test_an_unknown_argument_of_preflight_is_refused() -> None:
    report = _preflight("pyhton", **os.environ)
    assert report.returncode == 2
    assert "unknown argument 'pyhton'; use python, kafka" in report.stderr


def test_preflight_prints_nothing_where_nothing_is_missing() -> None:
    report = _preflight(**{**os.environ, "PYTHON": sys.executable})
    assert (report.returncode, report.stdout, report.stderr) == (0, "", "")


def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+)", listed, re.MULTILINE)) == set(phony[1].split())


def test_ci_runs_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    for command in ("make test", "make lint", "make chaos ROUNDS=2"):
        assert re.search(rf"^(?!#).*\b{command}$", text, re.MULTILINE), command


def test_the_sample_policy_differs_in_the_sample_alone() -> None:
    def read(file: str) -> policy.Policy:
        return policy.from_toml((ROOT / file).read_bytes(), file)

    ours, sample = read("deploy/policy.toml"), read("deploy/sample/policy.toml")
    edition = tomllib.loads((ROOT / "deploy/sample/ofac/edition.toml").read_text())
    assert ours.freshness.exempt == ()
    assert sample.freshness.exempt == (edition["label"],)
    assert sample.thresholds == ours.thresholds
    assert sample.rails == ours.rails
    assert sample.freshness.max_age_hours == ours.freshness.max_age_hours
