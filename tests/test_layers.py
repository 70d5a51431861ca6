"""The shape of the code: imports run one way, and a file has one subject."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.daemon import ROOT

SERVICES = ROOT / "services"
PACKAGE = SERVICES / "holdgate"
CORE, ADAPTERS = "holdgate.core", "holdgate.adapters"
SERVICE_NAMES = (
    "holdgate.screening",
    "holdgate.lists.publication",
    "holdgate.probe",
    "holdgate.replay",
    "holdgate.deadletters",
)
"""A service is a module, or a folder once it needs a second file."""

OUTSIDE = {
    "aiohttp", "aiokafka", "asyncio", "click", "faust", "http", "kafka", "logging", "mode", "multiprocessing",
    "os", "pathlib", "prometheus_client", "redis", "requests", "select", "shutil", "signal",
    "socket", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
"""What the core does without: clock, chance, network, Kafka, Redis, environment, files, threads, logs."""

CLOCK = {"now", "utcnow", "today", "fromtimestamp"}
MOST_LINES = 300
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

FILES = sorted(PACKAGE.rglob("*.py"))
LONG: dict[str, str] = {}
"""Files that may be longer than MOST_LINES, each with the reason."""


def _module(path: Path) -> str:
    parts = path.relative_to(SERVICES).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _ids(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=path.relative_to(PACKAGE).as_posix()) for path in paths]


IN_CORE = _ids([path for path in FILES if _within(_module(path), CORE)])
IN_ADAPTERS = _ids([path for path in FILES if _within(_module(path), ADAPTERS)])


def test_there_is_something_to_look_at() -> None:
    assert len(IN_CORE) > 20
    assert len(IN_ADAPTERS) > 2
    assert {f"{CORE}.screen", f"{ADAPTERS}.redis", "holdgate.screening.gate"} <= {
        _module(path) for path in FILES
    }


@pytest.mark.parametrize("path", IN_CORE)
def test_core_imports_neither_adapters_nor_services(path: Path) -> None:
    """Of the package it knows itself, its version, and the names of topics and headers."""
    for name in _imports(path):
        if _within(name, "holdgate"):
            allowed = (CORE, "holdgate.core.records.topics", "holdgate.__version__")
            assert any(_within(name, module) for module in allowed), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", IN_CORE)
def test_core_touches_nothing_outside(path: Path) -> None:
    outside = {name.partition(".")[0] for name in _imports(path)} & OUTSIDE
    assert not outside, f"{path.name} imports {', '.join(sorted(outside))}"


@pytest.mark.parametrize("path", IN_CORE)
def test_core_takes_chance_from_outside(path: Path) -> None:
    """A generator that it is given, or one of a seed: the same seed gives the same."""
    assert not {name for name in _imports(path) if _within(name, "random")} - {"random.Random"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Random":
            assert node.args, f"{path.name}:{node.lineno} makes a Random without a seed"


@pytest.mark.parametrize("path", IN_CORE)
def test_core_has_no_clock_and_opens_no_file(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            reads_clock = node.value.id in ("datetime", "date") and node.attr in CLOCK
            assert not reads_clock, f"{path.name}:{node.lineno} reads the clock"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "input", "print"), f"{path.name}:{node.lineno} {node.func.id}"


@pytest.mark.parametrize("path", IN_ADAPTERS)
def test_adapters_import_no_service(path: Path) -> None:
    for name in _imports(path):
        assert not any(_within(name, service) for service in SERVICE_NAMES), f"{path.name} imports {name}"


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_services_never_import_each_other(service: str) -> None:
    """Topics and Redis join them."""
    others = [other for other in SERVICE_NAMES if other != service]
    for path in FILES:
        if _within(_module(path), service):
            for name in _imports(path):
                assert not any(_within(name, other) for other in others), f"{path} imports {name}"


def test_nothing_imports_the_command_line() -> None:
    for path in FILES:
        assert not any(_within(name, "holdgate.cli.main") for name in _imports(path)), path


@pytest.mark.parametrize("path", _ids(FILES))
def test_a_file_is_of_a_length_that_can_be_read(path: Path) -> None:
    """Past the limit there is a second subject to be found."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    name = path.relative_to(PACKAGE).as_posix()
    assert lines <= MOST_LINES or name in LONG, f"{name} has {lines} lines"


@pytest.mark.parametrize("path", _ids(FILES))
def test_a_file_is_named_after_its_subject(path: Path) -> None:
    assert not VAGUE & {path.stem, *path.relative_to(PACKAGE).parts}


@pytest.mark.parametrize("path", _ids(FILES))
def test_a_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
