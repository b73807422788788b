"""What a file has that may be right elsewhere in it: constants, conditions, statements, names."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Continue, ast.Break)
"""Statements without others inside."""


class Donors:
    """Read once for a file, when the first edit asks; `text` gives a node as it is written."""

    def __init__(self, tree: ast.Module, text: Callable[[ast.AST], str]) -> None:
        self._tree, self._text = tree, text

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the file: many edits look for what else there is."""
        return list(ast.walk(self._tree))

    @cached_property
    def short_constants(self) -> list[tuple[ast.Constant, str]]:
        """Constants of one line, as they are written."""
        known = [n for n in self.nodes if isinstance(n, ast.Constant) and n.lineno == n.end_lineno]
        found = [(node, self._text(node)) for node in known]
        return [(node, text) for node, text in found if len(text) <= 80]

    @cached_property
    def conditions(self) -> list[tuple[str, int, frozenset[str]]]:
        """Short conditions as they would be written beside another, with line and names."""
        found = []
        for test in (test for node in self.nodes for test in _tests_of(node)):
            text = self._text(test)
            if len(text) < 60 and "\n" not in text:
                wrapped = f"({text})" if isinstance(test, ast.BoolOp) else text
                found.append((wrapped, test.lineno, names_of(test)))
        return found

    @cached_property
    def short_statements(self) -> list[tuple[str, int, frozenset[str]]]:
        """Statements of one or two lines without their indentation, with line and names."""
        found = []
        for node in self.nodes:
            short = isinstance(node, SIMPLE) or (
                isinstance(node, ast.If) and len(node.body) == 1 and not node.orelse
            )
            if short and (node.end_lineno or 0) - node.lineno <= 1:  # type: ignore[attr-defined]
                pad = " " * node.col_offset  # type: ignore[attr-defined]
                text = self._text(node).replace(f"\n{pad}", "\n")
                if len(text) <= 120:
                    found.append((text, node.lineno, names_of(node)))  # type: ignore[attr-defined]
        return found

    @cached_property
    def attributes_of(self) -> dict[tuple[str, bool], list[str]]:
        """Names behind the dot by what stands before it, and whether they are called."""
        called = {id(n.func) for n in self.nodes if isinstance(n, ast.Call)}
        found: dict[tuple[str, bool], Counter[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Attribute):
                key = (self._text(node.value), id(node) in called)
                found.setdefault(key, Counter())[node.attr] += 1
        return {key: [name for name, _ in names.most_common()] for key, names in found.items()}

    @cached_property
    def methods(self) -> dict[int, list[str]]:
        """Names of methods by how many arguments the file gives them, the frequent ones first."""
        found: dict[int, Counter[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                count = len(node.args) + len(node.keywords)
                found.setdefault(count, Counter())[node.func.attr] += 1
        return {count: [name for name, _ in names.most_common()] for count, names in found.items()}

    def of_one_argument(self, line: int) -> list[str]:
        """Functions of the module that take one argument, those near a line first, ten at most."""
        found = []
        for node in self._tree.body:
            if isinstance(node, Function):
                args = node.args
                needed = len(args.posonlyargs) + len(args.args) - len(args.defaults)
                if needed == 1 and not any(d is None for d in args.kw_defaults):
                    found.append((abs(node.lineno - line), node.name))
        return [name for _, name in sorted(found)[:10]]

    @cached_property
    def attribute_names(self) -> list[str]:
        """Every name behind a dot, sorted."""
        return sorted({n.attr for n in self.nodes if isinstance(n, ast.Attribute)})


def names_of(node: ast.AST) -> frozenset[str]:
    """The names that a node uses."""
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _tests_of(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        return [node.test]
    return list(node.values) if isinstance(node, ast.BoolOp) else []
