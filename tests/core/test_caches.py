"""docs/caches.md lists every cache of core with the bound that the code has."""

import ast
import re
from importlib import import_module
from pathlib import Path

from deploy.local.daemon import ROOT

CORE = ROOT / "services" / "holdgate" / "core"
DOCUMENT = (ROOT / "docs" / "caches.md").read_text(encoding="utf-8")
OF_SCREENER = re.findall(r"^\| `([\w.]+):(\w+)` \| ([\d,]+) \|", DOCUMENT, re.MULTILINE)
OF_PROCESS = re.findall(r"^\| `([\w.]+)` \| ([\d,]+) \|", DOCUMENT, re.MULTILINE)
MODULES = [path for path in sorted(CORE.rglob("*.py")) if path.parent.name != "sources"]


def test_bounds_of_screener_caches_are_those_of_the_code() -> None:
    assert len(OF_SCREENER) > 10
    for module, constant, bound in OF_SCREENER:
        assert getattr(import_module(module), constant) == _number(bound), f"{module}:{constant}"


def test_every_cache_of_a_screener_is_listed() -> None:
    listed = {constant for _, constant, _ in OF_SCREENER}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "BoundedCache":
                bound = ast.unparse(node.args[0])
                assert bound in listed or (path.stem, bound) == ("matcher", "cache_size"), path


def test_bounds_of_process_caches_are_those_of_the_code() -> None:
    in_code = [(module, bound) for path in MODULES for module, bound in _lru_caches(path)]
    assert sorted(in_code) == sorted((module, _number(bound)) for module, bound in OF_PROCESS)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _lru_caches(path: Path) -> list[tuple[str, int]]:
    """Return module and bound of each function of a module that has an `lru_cache`."""
    if "lru_cache" not in path.read_text(encoding="utf-8"):
        return []
    name = ".".join(path.relative_to(ROOT / "services").with_suffix("").parts)
    values = vars(import_module(name)).values()
    cached = [value for value in values if hasattr(value, "cache_parameters") and value.__module__ == name]
    return [
        (name, value.cache_parameters()["maxsize"]) for value in cached if value.cache_parameters()["maxsize"]
    ]
