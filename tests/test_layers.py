"""Imports run one way: which part of holdgate may import which, and what the core may not touch.

Each rule is a function from code to a list of violations, tried on a small example that breaks it.
"""

import ast
from collections.abc import Callable, Iterable

import pytest

from deploy.local.daemon import ROOT
from tests.support.code import Code, cycles

HOLDGATE = Code.read(ROOT / "services" / "holdgate")

SHARED = frozenset({"core", "adapters", "runtime"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "runtime": frozenset(),
    "adapters": frozenset({"core", "runtime"}),
    "screening": SHARED,
    "lists": SHARED,
    "probe": SHARED,
    "review": SHARED,
    "replay": SHARED | {"page_design"},
    "deadletters": SHARED,
    "status": SHARED,
    "casework": SHARED | {"explain"},
    "desk": SHARED | {"casework", "explain", "page_design"},
    "explain": frozenset({"core", "runtime"}),
    "quality": frozenset({"core", "page_design"}),
    "page_design": frozenset(),
    "schemas": frozenset({"core"}),
    "audit": SHARED,
}
"""What each top-level module of holdgate may import beside itself and the version in `holdgate`."""

COMMAND_LINE = frozenset({"cli", "__main__"})
"""May import everything, and are imported by nothing else."""

SERVICE_EDGES: dict[tuple[str, str], str] = {}
"""Imports from one service to another, each with its reason. Services meet in topics and in Redis."""

CORE_LEVELS = (
    {"characters"},
    {"model"},
    {"records", "intake", "policy", "identifiers", "names"},
    {"places", "lists", "review"},
    {"text", "sources", "goods"},
    {"engine"},
)
"""The packages of core from the ground up. A package imports only packages of lower levels."""

NAMES_LEVELS = ({"bounded_cache"}, {"words"}, {"index"}, {"matching"}, {"fields"})
"""The packages of core/names from the ground up, by the same rule."""

ENGINE_VERSION_USERS = {"lists", "engine"}
CORE_MODULES = {"engine_version", "goods"}
"""The only modules directly in core/; everything else is in a package."""

ADAPTERS_MAY_IMPORT: dict[str, frozenset[str]] = {
    "kafka": frozenset(),
    "redis": frozenset(),
    "files": frozenset(),
    "sqlite": frozenset(),
    "metrics_server": frozenset(),
    "oidc": frozenset(),
    "prometheus_query": frozenset(),
    "snapshot_lookup": frozenset({"kafka", "redis", "files"}),
    "case_follower": frozenset({"kafka", "sqlite"}),
}
"""One package per technology; `snapshot_lookup` asks several of them in turn, `case_follower` fills one from
another."""

OUTSIDE = {
    "aiohttp", "aiokafka", "asyncio", "click", "faust", "http", "kafka", "logging", "mode", "multiprocessing",
    "os", "pathlib", "prometheus_client", "redis", "requests", "select", "shutil", "signal",
    "socket", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
"""What core does without: clock, randomness, network, Kafka, Redis, environment, files, threads, logs."""
CLOCK = {"now", "utcnow", "today", "fromtimestamp"}
CALLS = {"open", "input", "print"}

Rule = Callable[[Code], Iterable[str]]


def _part(module: str, depth: int) -> str | None:
    """Return the name at a depth of a dotted name: depth 1 of `holdgate.core.names` is `core`."""
    parts = module.split(".")
    return parts[depth] if len(parts) > depth else None


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _edges_inside(code: Code, package: str) -> Iterable[tuple[str, str, str, str]]:
    """Yield (part, imported part, importer, imported) for imports between the parts of a package."""
    depth = package.count(".") + 1
    for importer, imported in sorted(code.edges):
        if _inside(importer, package) and _inside(imported, package):
            part, other = _part(importer, depth), _part(imported, depth)
            if part and other and part != other:
                yield part, other, importer, imported


def every_top_level_module_has_a_rule(code: Code) -> Iterable[str]:
    """A new part of holdgate decides what it may import before it is merged."""
    parts = {part for module in code.trees if (part := _part(module, 1))}
    for part in sorted(parts - set(MAY_IMPORT) - COMMAND_LINE):
        yield f"holdgate.{part} has no rule in MAY_IMPORT"


def parts_import_what_they_may(code: Code) -> Iterable[str]:
    """Core imports nothing, adapters no service, services no other service, and nobody the command line."""
    for part, other, importer, imported in _edges_inside(code, "holdgate"):
        if part in COMMAND_LINE or (part, other) in SERVICE_EDGES:
            continue
        if other not in MAY_IMPORT.get(part, frozenset()):
            yield f"{importer} imports {imported}: {part} may not import {other}"


def core_packages_import_lower_levels(code: Code) -> Iterable[str]:
    """A package of core imports only packages to its left in CORE_LEVELS."""
    level = {part: number for number, parts in enumerate(CORE_LEVELS) for part in parts}
    for module in code.trees:
        part = _part(module, 2) if _inside(module, "holdgate.core") else None
        if part and part not in level and part != "engine_version":
            yield f"holdgate.core.{part} has no level in CORE_LEVELS"
    for part, other, importer, imported in _edges_inside(code, "holdgate.core"):
        if other == "engine_version":
            allowed = part in ENGINE_VERSION_USERS
        else:
            allowed = level.get(other, len(CORE_LEVELS)) < level.get(part, -1)
        if not allowed:
            yield f"{importer} imports {imported}: {part} may not import {other}"


def packages_of_names_import_lower_levels(code: Code) -> Iterable[str]:
    """A package of core/names imports only packages to its left in NAMES_LEVELS."""
    level = {part: number for number, parts in enumerate(NAMES_LEVELS) for part in parts}
    for part, other, importer, imported in _edges_inside(code, "holdgate.core.names"):
        if level.get(other, len(NAMES_LEVELS)) >= level.get(part, -1):
            yield f"{importer} imports {imported}: {part} may not import {other}"


def core_holds_packages(code: Code) -> Iterable[str]:
    """Nothing lies directly in core/ but CORE_MODULES."""
    for module in code.trees:
        directly = module.rpartition(".")[0] == "holdgate.core" and module not in code.folders
        if directly and _part(module, 2) not in CORE_MODULES:
            yield f"{module} lies directly in core/: put it into a package"


def adapters_are_independent(code: Code) -> Iterable[str]:
    """An adapter knows one technology."""
    for module in code.trees:
        part = _part(module, 2) if _inside(module, "holdgate.adapters") else None
        if part and part not in ADAPTERS_MAY_IMPORT:
            yield f"holdgate.adapters.{part} has no rule in ADAPTERS_MAY_IMPORT"
    for part, other, importer, imported in _edges_inside(code, "holdgate.adapters"):
        if other not in ADAPTERS_MAY_IMPORT.get(part, frozenset()):
            yield f"{importer} imports {imported}: {part} may not import {other}"


def packages_have_no_cycle(code: Code) -> Iterable[str]:
    """No package reaches itself by imports."""
    return [f"import cycle: {', '.join(group)}" for group in cycles(code.package_edges())]


def modules_have_no_cycle(code: Code) -> Iterable[str]:
    """No module reaches itself by imports, those for type checkers alone included."""
    return [f"import cycle: {', '.join(group)}" for group in cycles(code.edges)]


def core_touches_nothing_outside(code: Code) -> Iterable[str]:
    """Core gets the time, random numbers and bytes from its callers."""
    for module in (name for name in code.trees if _inside(name, "holdgate.core")):
        for name in code.imported_names(module):
            if name.partition(".")[0] in OUTSIDE:
                yield f"{module} imports {name}"
            if _inside(name, "random") and name != "random.Random":
                yield f"{module} imports {name}: core gets a seeded random.Random"
        for node in ast.walk(code.trees[module]):
            if wrong := _reaches_outside(node):
                yield f"{module}:{getattr(node, 'lineno', 0)} {wrong}"


def _reaches_outside(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        reads_clock = node.value.id in ("datetime", "date") and node.attr in CLOCK
        return "reads the clock" if reads_clock else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in CALLS:
            return f"calls {node.func.id}"
        if node.func.id == "Random" and not node.args:
            return "makes a Random without a seed"
    return None


RULES: dict[Rule, dict[str, str]] = {
    every_top_level_module_has_a_rule: {"holdgate.brand_new": ""},
    parts_import_what_they_may: {
        "holdgate.lists.service": "from holdgate.screening.worker import main",
        "holdgate.screening.worker": "",
    },
    core_packages_import_lower_levels: {
        "holdgate.core.model.payment": "import holdgate.core.names.words.tokens",
        "holdgate.core.names.words.tokens": "",
    },
    packages_of_names_import_lower_levels: {
        "holdgate.core.names.words.tokens": "import holdgate.core.names.matching.query",
        "holdgate.core.names.matching.query": "",
    },
    core_holds_packages: {"holdgate.core.stray": ""},
    adapters_are_independent: {
        "holdgate.adapters.kafka.log": "import holdgate.adapters.redis.keys",
        "holdgate.adapters.redis.keys": "",
    },
    packages_have_no_cycle: {
        "holdgate.a.one": "import holdgate.b.two",
        "holdgate.b.two": "",
        "holdgate.b.three": "from holdgate.a import four",
        "holdgate.a.four": "",
    },
    modules_have_no_cycle: {
        "holdgate.a.one": "import holdgate.a.two",
        "holdgate.a.two": "def late():\n    from holdgate.a.one import name",
    },
    core_touches_nothing_outside: {"holdgate.core.model.payment": "import time"},
}
"""Each rule, with a small example that breaks it."""


def _ids(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", RULES, ids=_ids)
def test_rule_holds(rule: Rule) -> None:
    assert list(rule(HOLDGATE)) == []


@pytest.mark.parametrize("rule", RULES, ids=_ids)
def test_rule_can_fail(rule: Rule) -> None:
    assert list(rule(Code(RULES[rule])))


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (parts_import_what_they_may, "holdgate.core.goods", "import holdgate.runtime.logs"),
        (parts_import_what_they_may, "holdgate.runtime.logs", "import holdgate.adapters.redis.keys"),
        (parts_import_what_they_may, "holdgate.adapters.redis.keys", "import holdgate.replay.walk"),
        (parts_import_what_they_may, "holdgate.replay.walk", "import holdgate.cli.main"),
        (parts_import_what_they_may, "holdgate.explain.page", "import holdgate.adapters.redis.keys"),
        (core_packages_import_lower_levels, "holdgate.core.names.a", "import holdgate.core.intake.b"),
        (core_packages_import_lower_levels, "holdgate.core.names.a", "import holdgate.core.engine_version"),
        (core_packages_import_lower_levels, "holdgate.core.brand_new.a", ""),
        (adapters_are_independent, "holdgate.adapters.brand_new", ""),
        (
            core_touches_nothing_outside,
            "holdgate.core.goods",
            "from datetime import date\ndate.today()",
        ),
        (core_touches_nothing_outside, "holdgate.core.goods", "open('file')"),
        (core_touches_nothing_outside, "holdgate.core.goods", "from random import Random\nRandom()"),
        (core_touches_nothing_outside, "holdgate.core.goods", "from random import choice"),
    ],
)
def test_violation_is_reported(rule: Rule, module: str, source: str) -> None:
    others = dict.fromkeys(line.split()[1] for line in source.splitlines() if line.startswith("import"))
    assert list(rule(Code({**dict.fromkeys(others, ""), module: source})))


def test_the_code_is_read_whole() -> None:
    assert len(HOLDGATE.trees) > 150
    assert len(HOLDGATE.edges) > 400
    for part in (*MAY_IMPORT, "cli"):
        assert f"holdgate.{part}" in HOLDGATE.trees, f"MAY_IMPORT names {part}, which does not exist"


def test_every_exception_is_used() -> None:
    edges = {(part, other) for part, other, _, _ in _edges_inside(HOLDGATE, "holdgate")}
    assert set(SERVICE_EDGES) <= edges
