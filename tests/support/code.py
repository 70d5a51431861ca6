"""The source of a Python package as data, for tests of its structure."""

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Self


class Code:
    """Return parsed modules by dotted name; a folder is the module of its `__init__.py`."""

    def __init__(self, sources: Mapping[str, str], folders: frozenset[str] = frozenset()) -> None:
        self.sources = dict(sources)
        self.trees = {name: ast.parse(source) for name, source in sources.items()}
        self.folders = folders | {parent for name in sources if (parent := name.rpartition(".")[0])}

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read every module in a package's folder."""
        sources = {}
        folders = set()
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root.parent).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
                folders.add(".".join(parts))
            sources[".".join(parts)] = path.read_text(encoding="utf-8")
        return cls(sources, frozenset(folders))

    def imported_names(self, module: str) -> Iterator[str]:
        """Yield the full name of everything a module imports, wherever in the file."""
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module}: use absolute imports"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def imports(self, module: str) -> set[str]:
        """Return the modules of this package that a module imports."""
        found = {self._module_of(name) for name in self.imported_names(module)}
        return {name for name in found if name is not None and name != module}

    @cached_property
    def edges(self) -> set[tuple[str, str]]:
        """Every (importer, imported) pair of modules."""
        return {(module, other) for module in self.trees for other in self.imports(module)}

    def package_edges(self) -> set[tuple[str, str]]:
        """Return every (importer, imported) pair of different packages.

        A folder of modules is one package. In a folder that holds folders, each module is its own.
        """
        pairs = {(self.package(importer), self.package(imported)) for importer, imported in self.edges}
        return {pair for pair in pairs if pair[0] != pair[1]}

    def package(self, module: str) -> str:
        """Return the package of a module."""
        folder = module if module in self.folders else module.rpartition(".")[0]
        holds_folders = any(other.rpartition(".")[0] == folder for other in self.folders)
        return module if holds_folders else folder

    def _module_of(self, name: str) -> str | None:
        while name and name not in self.trees:
            name = name.rpartition(".")[0]
        return name or None


def cycles(edges: set[tuple[str, str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other, each sorted."""
    nodes = {node for edge in edges for node in edge}
    reach = {node: _reachable(node, edges) for node in nodes}
    groups = {
        tuple(sorted(other for other in reach[node] if node in reach[other]))
        for node in nodes
        if node in reach[node]
    }
    return [list(group) for group in sorted(groups)]


def _reachable(start: str, edges: set[tuple[str, str]]) -> set[str]:
    targets: dict[str, set[str]] = {}
    for importer, imported in edges:
        targets.setdefault(importer, set()).add(imported)
    seen: set[str] = set()
    stack = [start]
    while stack:
        for target in targets.get(stack.pop(), set()) - seen:
            seen.add(target)
            stack.append(target)
    return seen
