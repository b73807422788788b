"""Python sources by `ast`: where a name is defined, and what a piece of code refers to.

Code that does not parse yields nothing; nothing is imported or run.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Import:
    """What a local name stands for: a module, or a name in a module. `level` counts dots."""

    module: str
    name: str = ""  # "" where the module itself is bound
    level: int = 0


@dataclass(frozen=True, slots=True)
class PythonCode:
    """One parsed file. Lines are 1-based, ends included."""

    tree: ast.Module
    imports: dict[str, Import] = field(default_factory=dict)
    nodes: dict[str, ast.stmt] = field(default_factory=dict)

    def span(self, symbol: str) -> tuple[int, int] | None:
        """Lines of `function`, `Class`, `Class.method` or a module-level assignment."""
        node = self.nodes.get(symbol)
        return _span(node) if node else None

    def references(self, symbol: str) -> Iterator[tuple[str, str]]:
        """(name, attribute or "") of everything that the code of `symbol` refers to."""
        node = self.nodes.get(symbol) if symbol else self.tree
        dotted: set[ast.expr] = set()  # `sql` of `sql.Function` is no reference of its own
        for child in ast.walk(node) if node else ():
            if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
                dotted.add(child.value)
                yield child.value.id, child.attr
            elif isinstance(child, ast.Name) and child not in dotted:
                yield child.id, ""
            elif isinstance(child, ast.arg):  # pytest passes fixtures by name
                yield child.arg, ""


def parse(source: bytes) -> PythonCode | None:
    """The file, or None where it is not Python, or nested deeper than anybody can walk it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in the project's code are not ours
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if _too_deep(tree):
        return None
    nodes: dict[str, ast.stmt] = {}
    for name, node in _definitions(tree):
        nodes.setdefault(name, node)
    for statement in tree.body:
        for name in _assigned(statement):
            nodes.setdefault(name, statement)
    return PythonCode(tree, dict(_imports(tree)), nodes)


_DEEPEST = 200
"""Levels of syntax; what walks a tree by recursion (`ast.dump`) fails at some more."""


def _too_deep(tree: ast.Module) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, _Definition]]:
    """Dotted names and nodes, outer before inner."""
    open_: list[tuple[str, ast.AST]] = [("", tree)]
    while open_:
        prefix, node = open_.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Definition):
                name = f"{prefix}{child.name}"
                yield name, child
                open_.append((f"{name}.", child))
            elif isinstance(child, (ast.If, ast.Try, ast.With)):
                open_.append((prefix, child))


def _span(node: ast.stmt) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(one.lineno for one in decorators)])
    return start, node.end_lineno or node.lineno


def _assigned(statement: ast.stmt) -> set[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets = [statement.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _imports(tree: ast.Module) -> Iterator[tuple[str, Import]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, Import(alias.name)
                else:
                    yield alias.name.partition(".")[0], Import(alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found = Import(node.module or "", alias.name, node.level)
                yield alias.asname or alias.name, found
