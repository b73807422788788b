"""What the failing tests say in literals: the inputs they give and the answers they want.

A group is what stands together: one row of a parametrized test, or the body of one test with
the constants and fixtures that it names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from gatekeeper.domain import CaseResult
from gatekeeper.guards.plain_code import language, uncommented
from gatekeeper.intake.places import is_test
from gatekeeper.intake.python_code import PythonCode, parse
from gatekeeper.intake.script_code import block, defining
from gatekeeper.ports import Tree

Literal = str | float | bool
"""A literal as tests and product code are compared: bytes as text, numbers as they count."""


@dataclass(frozen=True)
class Tested:
    """The literals of the failing tests; a literal belongs to its type (`1` is not `True`)."""

    groups: tuple[frozenset[tuple[str, Literal]], ...]

    @cached_property
    def _all(self) -> frozenset[tuple[str, Literal]]:
        return frozenset().union(*self.groups)

    def says(self, literal: Literal) -> bool:
        """Whether a failing test holds it."""
        return _key(literal) in self._all

    def together(self, one: Literal, other: Literal) -> bool:
        """Whether one row or test holds both."""
        return any({_key(one), _key(other)} <= group for group in self.groups)

    @cached_property
    def literals(self) -> tuple[Literal, ...]:
        """Every literal, each once."""
        return tuple(value for _, value in sorted(self._all, key=repr))


def literals_of(cases: Iterable[CaseResult], tree: Tree) -> Tested:
    """What the sources of these cases hold; cases whose source is not found say nothing."""
    groups: dict[frozenset[tuple[str, Literal]], None] = {}
    for path, own in _by_file(cases, tree).items():
        text = (tree.read(path) or b"").decode("utf-8", "replace")
        code = parse(text.encode()) if path.endswith(".py") else None
        found = _python(code, own) if code else _other(path, text, own)
        groups.update((frozenset(_key(one) for one in group), None) for group in found)
    return Tested(tuple(group for group in groups if group))


def _key(literal: Literal) -> tuple[str, Literal]:
    if isinstance(literal, bool):
        return "truth", literal
    return ("text", literal) if isinstance(literal, str) else ("number", float(literal))


# --- where the cases stand ---------------------------------------------------------------


def _by_file(cases: Iterable[CaseResult], tree: Tree) -> dict[str, list[CaseResult]]:
    tests = sorted(path for path in tree.paths() if is_test(path) or path.endswith(".py"))
    found: dict[str, list[CaseResult]] = {}
    lost: list[CaseResult] = []
    for case in cases:
        path = _path(case, tree, tests)
        found.setdefault(path, []).append(case) if path else lost.append(case)
    for path in tests if lost else ():  # Jest and others report names only
        named = [] if path.endswith(".py") else _titled(path, lost, tree)
        if named:
            found.setdefault(path, []).extend(named)
    return found


def _path(case: CaseResult, tree: Tree, tests: list[str]) -> str:
    """The workspace file of a case, by the report's file or by the dotted name of its class."""
    written = case.file.replace("\\", "/").removeprefix("./")
    if written:
        if written in tree.paths():
            return written
        return next((path for path in tests if written.endswith(f"/{path}")), "")
    parts = case.id.classname.split(".")
    for end in range(len(parts), 0, -1):
        stem = "/".join(parts[:end])
        for ending in (".py", ".java", ".kt", ".groovy"):
            for path in tests:
                if f"/{path}".endswith(f"/{stem}{ending}"):
                    return path
    return ""


def _titled(path: str, cases: Iterable[CaseResult], tree: Tree) -> list[CaseResult]:
    if language(path) not in ("script", "ruby", "go", "php", "rust", "csharp"):
        return []
    text = (tree.read(path) or b"").decode("utf-8", "replace")
    lines = text.split("\n")
    return [case for case in cases if next(_starts(lines, case), 0)]


# --- Python ------------------------------------------------------------------------------


def _python(code: PythonCode, cases: Iterable[CaseResult]) -> Iterator[list[Literal]]:
    for name in dict.fromkeys(_symbol(code, case) for case in cases):
        node = code.nodes.get(name)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        parts: list[ast.AST] = [*node.body]
        for word in {one for one, _ in code.references(name)}:
            other = code.nodes.get(word)
            if other and other is not node and not isinstance(other, ast.ClassDef):
                parts.append(other)
        yield [one for part in parts for one in _constants(part)]
        for decorator in node.decorator_list:
            yield from _rows(decorator)


def _symbol(code: PythonCode, case: CaseResult) -> str:
    name = case.id.name.partition("[")[0]
    inside = f"{case.id.classname.rpartition('.')[2]}.{name}"
    if inside in code.nodes or name in code.nodes:
        return inside if inside in code.nodes else name
    return next((one for one in code.nodes if one.endswith(f".{name}")), "")


def _rows(decorator: ast.expr) -> Iterator[list[Literal]]:
    """The rows of a table of cases, or the decorator as a whole."""
    tables = [
        node for node in ast.walk(decorator)
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1
        and all(isinstance(row, ast.Tuple | ast.List | ast.Call) for row in node.elts)
    ]  # fmt: skip
    for row in tables[0].elts if tables else [decorator]:
        yield list(_constants(row))


def _constants(node: ast.AST) -> Iterator[Literal]:
    for child in ast.walk(node):
        value = constant(child)
        if value is not None:
            yield value


def constant(node: ast.AST) -> Literal | None:
    """A text, number or truth value that is written as it is, put together of pieces at most."""
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str | int | float) and _finite(value) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant(node.operand)
        return -inner if isinstance(inner, int | float) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = constant(node.left), constant(node.right)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
    return None


def _finite(value: str | float) -> bool:
    return isinstance(value, str) or abs(value) < 1e300


# --- other languages ---------------------------------------------------------------------

_LITERAL = re.compile(
    r'"(?P<double>(?:\\.|[^"\\\n])*)"|\'(?P<single>(?:\\.|[^\'\\\n])*)\''
    r"|`(?P<back>(?:\\.|[^`\\])*)`|(?<![\w.$])(?P<number>-?\d[\d_]*(?:\.\d+)?)(?![\w.])"
    r"|\b(?P<truth>true|false)\b"
)


def literals_in(code: str) -> Iterator[Literal]:
    """The literals in a piece of code of any language, comments left out by the caller."""
    for found in _LITERAL.finditer(code):
        yield _value(found)


def _value(found: re.Match[str]) -> Literal:
    if found["number"]:
        return float(found["number"].replace("_", "")[:300])
    if found["truth"]:
        return found["truth"] == "true"
    text = found["double"] or found["single"] or found["back"] or ""
    return re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[1]), text)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def _other(path: str, text: str, cases: Iterable[CaseResult]) -> Iterator[list[Literal]]:
    lines = text.split("\n")
    code = uncommented(text, language(path)).split("\n")
    for case in cases:
        start = case.line or next(_starts(lines, case), 0)
        if start:
            first, last = block(lines, start)
            yield list(literals_in("\n".join(code[first - 1 : last])))


_TITLE = re.compile(r"\b(?:it|test|specify|scenario)\b[\w.]*\s*\(?\s*([\"'`])(?P<title>.+?)\1")


def _starts(lines: list[str], case: CaseResult) -> Iterator[int]:
    """The lines (1-based) where a test of this name may begin."""
    name = case.id.name
    bare = re.split(r"[\[({/]", name)[0].strip()
    yield from defining(lines, {bare})
    for number, line in enumerate(lines, 1):
        found = _TITLE.search(line[:500])
        if found and name.endswith(found["title"]):
            yield number
    method = re.compile(rf"\b{re.escape(bare or ' ')}\s*\(")
    yield from (n for n, line in enumerate(lines, 1) if method.search(line[:500]))
