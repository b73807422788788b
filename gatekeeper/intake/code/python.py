"""The outline of a Python file, by `ast`."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gatekeeper.intake.code.outline import LOOSE, Definition
from gatekeeper.intake.python_code import PythonCode

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef
_Block = ast.If | ast.Try | ast.With


def outline(code: PythonCode) -> tuple[Definition, ...]:
    """Functions, methods, headers of classes, and what stands between them; in order."""
    return tuple(sorted(_body(code.tree.body, ""), key=lambda one: (one.start, one.end)))


def _body(statements: Sequence[ast.stmt], owner: str) -> Iterator[Definition]:
    loose: list[ast.stmt] = []
    for statement in statements:
        if not _is_loose(statement):
            yield from _loose(loose, owner)
            loose = []
        if isinstance(statement, _Function):
            yield _function(statement, owner)
        elif isinstance(statement, ast.ClassDef):
            yield from _class(statement, owner)
        elif isinstance(statement, _Block) and _holds_definitions(statement):
            inner = [one for one in ast.iter_child_nodes(statement) if isinstance(one, ast.stmt)]
            for handler in getattr(statement, "handlers", ()):
                inner += handler.body
            yield from _body(inner, owner)
        elif not isinstance(statement, (ast.Import, ast.ImportFrom)) and not _is_prose(statement):
            if loose and statement.lineno - loose[0].lineno >= LOOSE:
                yield from _loose(loose, owner)
                loose = []
            loose.append(statement)
    yield from _loose(loose, owner)


def _is_prose(statement: ast.stmt) -> bool:
    """A docstring speaks of everything and does nothing."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_loose(statement: ast.stmt) -> bool:
    return not isinstance(statement, _Definition | ast.Import | ast.ImportFrom)


def _holds_definitions(statement: ast.stmt) -> bool:
    return any(isinstance(one, _Definition) for one in ast.walk(statement))


def _function(node: _Function, owner: str) -> Definition:
    name = f"{owner}.{node.name}" if owner else node.name
    return Definition(name, _first(node), node.end_lineno or node.lineno, (node.name,), _uses(node))


def _class(node: ast.ClassDef, owner: str) -> Iterator[Definition]:
    name = f"{owner}.{node.name}" if owner else node.name
    end = node.lineno
    before: list[ast.stmt] = []
    for position, statement in enumerate(node.body):
        if not _is_loose(statement) or statement.lineno - node.lineno > LOOSE:
            yield from _body(node.body[position:], name)
            break
        before.append(statement)
        end = statement.end_lineno or statement.lineno
    parts: list[ast.AST] = [*node.bases, *node.keywords, *node.decorator_list, *before]
    uses: Counter[str] = Counter()
    for part in parts:
        uses.update(_uses(part))
    yield Definition(name, _first(node), end, (node.name,), uses, header=True)


def _loose(statements: Sequence[ast.stmt], owner: str) -> Iterator[Definition]:
    if not statements:
        return
    binds: dict[str, None] = {}
    uses: Counter[str] = Counter()
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                binds[node.id] = None
        uses.update(_uses(statement))
    end = max(one.end_lineno or one.lineno for one in statements)
    name = next(iter(binds), "")
    dotted = f"{owner}.{name}" if owner and name else name or owner
    yield Definition(dotted, statements[0].lineno, end, tuple(binds), uses)


def _first(node: _Function | ast.ClassDef) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _uses(node: ast.AST) -> Counter[str]:
    """Names, attributes and parameters; `f"visit_{kind}"` as `visit_*`."""
    found: Counter[str] = Counter()
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute):
            found[child.attr] += 1
        elif isinstance(child, ast.Name):
            found[child.id] += 1
        elif isinstance(child, ast.arg):  # pytest passes fixtures by name
            found[child.arg] += 1
        elif isinstance(child, ast.JoinedStr) and (first := child.values[:1]):
            text = first[0].value if isinstance(first[0], ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[a-z]\w*_", text):
                found[f"{text}*"] += 1
    return found
