"""New calls of the tree's own functions that no such function can take."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.phantoms.symbols import World
from gatekeeper.intake.python_code import PythonCode

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def misfits(file: ChangedFile, code: PythonCode, world: World) -> Iterator[tuple[int, str]]:
    """(line, the rest of a sentence) of each new call with impossible arguments."""
    bound = _bound_elsewhere(code)
    for call in file.new_nodes(ast.Call):
        if call.lineno not in file.added and call.end_lineno not in file.added:
            continue
        function, first = None, 0
        if isinstance(call.func, ast.Name) and call.func.id not in bound:
            function, first = _named(call.func.id, file.path, code, world)
        elif isinstance(call.func, ast.Attribute) and _is_self(call.func.value):
            function, first = _method(call, call.func.attr, code), 1
        problem = _problem(call, function, first) if function else ""
        if problem:
            yield call.lineno, f"calls `{ast.unparse(call.func)}` {problem}"


def _bound_elsewhere(code: PythonCode) -> set[str]:
    """Names with more than one meaning in the file."""
    names: list[str] = []
    for node in ast.walk(code.tree):
        if isinstance(node, ast.arg):
            names.extend([node.arg] * 2)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.extend([node.id] * 2)
        elif isinstance(node, _Function | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.extend(alias.asname or alias.name for alias in node.names)
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _named(
    name: str, path: str, code: PythonCode, world: World, hops: int = 2
) -> tuple[_Function | None, int]:
    """The function that a name stands for, and how many of its parameters Python fills in."""
    node = code.nodes.get(name)
    if isinstance(node, _Function):
        return (None if node.decorator_list else node), 0
    if isinstance(node, ast.ClassDef):
        return _constructor(node), 1
    found = code.imports.get(name)
    if found is None or not found.name or not hops:
        return None, 0
    there = world.module(path, found.module, found.level)
    other = world.code(there) if there else None
    if other is None or not there or found.name in _bound_elsewhere(other):
        return None, 0
    return _named(found.name, there, other, world, hops - 1)


def _constructor(class_: ast.ClassDef) -> _Function | None:
    if class_.bases or class_.keywords or class_.decorator_list:
        return None
    methods = [one for one in class_.body if isinstance(one, _Function)]
    if any(one.name == "__new__" for one in methods):
        return None
    made = [one for one in methods if one.name == "__init__" and not one.decorator_list]
    return made[0] if len(made) == 1 else None


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _method(call: ast.Call, name: str, code: PythonCode) -> _Function | None:
    """The method of the class around the call, where it is its only definition."""
    around = [
        node for node in ast.walk(code.tree)
        if isinstance(node, ast.ClassDef)
        and node.lineno <= call.lineno <= (node.end_lineno or 0)
    ]  # fmt: skip
    if len(around) != 1:
        return None
    methods = [one for one in around[0].body if isinstance(one, _Function) and one.name == name]
    stored = any(
        isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(code.tree)
    )
    if len(methods) != 1 or methods[0].decorator_list or stored or _stub(methods[0]):
        return None
    return methods[0]


def _stub(function: _Function) -> bool:
    """A method that others are meant to override, maybe with other parameters."""
    last = function.body[-1]
    return isinstance(last, ast.Raise | ast.Pass) or (
        isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant)
    )


def _problem(call: ast.Call, function: _Function, first: int) -> str:
    """Why the call cannot succeed; "" where it may."""
    spec = function.args
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    ):
        return ""
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)][first:]
    if len(call.args) > len(positional) and not spec.vararg:
        return f"with {len(call.args)} positional arguments, and it takes {len(positional)}"
    given = {keyword.arg for keyword in call.keywords if keyword.arg}
    allowed = {arg.arg for arg in (*spec.args, *spec.kwonlyargs)}
    unknown = sorted(given - allowed)
    if unknown and not spec.kwarg:
        return f"with `{unknown[0]}=`, which it does not take"
    needed = positional[len(call.args) : len(positional) - len(spec.defaults)]
    needed += [a.arg for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is None]
    lacking = [name for name in needed if name not in given]
    return f"without `{lacking[0]}`, which it needs" if lacking else ""
