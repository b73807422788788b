"""Which side of a comparison in a Python test is computed, and which is what was expected."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

# Objects that are equal to many things by design; what a test expects is made of such.
_MATCHER = re.compile(
    r"ANY|[Aa]ny|[Aa]pprox|[Mm]atch|Is[A-Z]\w*|[Hh]as_?[A-Z]\w*|[Cc]ontains|[Ww]ildcard|dirty"
)
_TESTISH = re.compile(r"(^|\.)(tests?|testing|conftest|unittest|mock|hamcrest|dirty_equals)\b")
_DEPTH = 6


# Calls that only hold or sort what they are given.
_HOLDS = frozenset(("dict", "list", "tuple", "set", "frozenset", "str", "repr", "sorted", "len"))


@dataclass(frozen=True)
class Sides:
    """Knows what the test module makes itself, and what the names in one test stand for."""

    module: ast.Module
    values: dict[str, ast.expr] = field(default_factory=dict)

    @cached_property
    def made(self) -> frozenset[str]:
        """Classes of the test module, and what it imports from tests."""
        return frozenset(_made(self.module))

    @cached_property
    def helped(self) -> frozenset[str]:
        """Functions of the test module, and what its methods are called on."""
        kinds = ast.FunctionDef | ast.AsyncFunctionDef
        found = {node.name for node in ast.walk(self.module) if isinstance(node, kinds)}
        return frozenset(found | {"self", "cls"})

    @cached_property
    def _shared(self) -> frozenset[str]:
        """What the test module imports from other tests of the project."""
        return frozenset(
            name.asname or name.name
            for node in self.module.body
            if isinstance(node, ast.ImportFrom)
            if node.level
            or re.match(r"tests?(\.|$)|(.*\.)?(tests|conftest)(\.|$)", node.module or "")
            for name in node.names
        )

    def inside(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Sides:
        """The same, for one test."""
        values = dict(_values(self.module.body)) | dict(_values(ast.walk(function)))
        return replace(self, values=values)

    def wrapped(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a decorator of the tests' own stands around it, which may swallow its failure."""
        roots = {_root(decorator) for decorator in function.decorator_list}
        return not roots.isdisjoint(self.helped | self._shared)

    def computed(self, side: ast.expr, other: ast.expr) -> bool:
        """Whether `side` is surely something that the code under test computed.

        It must not be made of the test's own objects: these may be equal to much on purpose.
        """
        if literal(side):
            return False
        parts = list(self._parts(side, _DEPTH))
        words = {part for node in parts for part in _words(node)}
        if words & self.made or any(_MATCHER.match(word) for word in words):
            return False
        return literal(other) or any(self._calls(node) for node in parts)

    def _calls(self, node: ast.AST) -> bool:
        """Whether it calls something that is not the test's own, nor only holds what it gets."""
        if not isinstance(node, ast.Call):
            return False
        root = _root(node)
        return bool(root) and root not in self.helped | _HOLDS

    def _parts(self, node: ast.expr, depth: int) -> Iterator[ast.AST]:
        """Every node of an expression, and of what the names in it were given."""
        for part in ast.walk(node):
            yield part
            if isinstance(part, ast.Name) and part.id in self.values and depth:
                yield from self._parts(self.values[part.id], depth - 1)


def _values(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _root(node: ast.expr) -> str:
    """The name that an expression of attributes and calls begins with; "" where there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _words(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (name,)
        case _:
            return ()


def _made(module: ast.Module) -> Iterator[str]:
    """Classes that the test module defines, and names imported from what belongs to tests."""
    for node in module.body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.ImportFrom(module=source, names=names) if _TESTISH.search(source or ""):
                yield from (name.asname or name.name for name in names)
            case ast.Import(names=names):
                yield from (n.asname or n.name for n in names if _TESTISH.search(n.name))
            case _:
                pass


def literal(node: ast.expr) -> bool:
    """Whether it is written out: no name, no call."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
