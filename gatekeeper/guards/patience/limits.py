"""Limits of time and tries that a candidate raises: the same place, a larger number.

A place is a name (with its function or call, for Python) that stands once on each side. A limit
that is lowered, or new where there was none, makes nothing wait longer.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.plain_code import blanked, language
from gatekeeper.intake.python_code import PythonCode

_LIMIT = re.compile(
    r"time_?outs?(?:_?(?:ms|s|secs?|seconds|millis|minutes))?$|^timeout|time_?limit|deadline"
    r"|(?:^|_|[a-z])(?:retries|max_?(?:retry|tries|attempts|wait)|attempts)$"
    r"|^(?:retries|tries|attempts|reruns)$|retry_(?:delay|wait|limit|count)|retry(?:Delay|Limit|Count)",
    re.IGNORECASE,
)
_Places = dict[str, list[tuple[float, int]]]
"""Name of a place to the values that stand there, with their lines."""


def raised_limits(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """(line, what is raised, as the rest of a sentence) of each limit that grew."""
    if file.python and file.python_before:
        old, new = _python(file.python_before), _python(file.python)
    elif file.python:
        return
    else:
        old, new = (_text(side, language(file.path)) for side in (file.before, file.after))
    for place, values in new.items():
        if len(values) != 1 or len(old.get(place, ())) != 1:
            continue
        (value, line), (former, _) = values[0], old[place][0]
        if value > former:
            name = place.rpartition(" ")[2]
            now = "no limit" if value == math.inf else f"{value:g}"
            yield line, f"raises `{name}` from {former:g} to {now}"


# --- Python ------------------------------------------------------------------------------


def _python(code: PythonCode) -> _Places:
    places: _Places = {}
    _collect(code.tree, "", places)
    return places


def _collect(node: ast.AST, scope: str, places: _Places) -> None:
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{scope}{child.name}."
        for name, value in _settings(child):
            number = _number(value)
            if _LIMIT.search(name) and number is not None:
                places.setdefault(f"{inner} {name}", []).append((number, value.lineno))
        _collect(child, inner, places)


def _settings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of what one node sets: assignments, keywords, defaults, keys."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((_last(target), value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield _last(target), value
        case ast.Call():
            yield from _arguments(node)
        case ast.arguments():
            positional = [*node.posonlyargs, *node.args]
            named = (*positional[len(positional) - len(node.defaults) :], *node.kwonlyargs)
            defaults = zip(named, (*node.defaults, *node.kw_defaults), strict=True)
            yield from ((arg.arg, default) for arg, default in defaults if default)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case _:
            pass


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    name = _last(call.func)
    yield from ((f"{name}.{k.arg}" if k.arg else "", k.value) for k in call.keywords)
    if name in ("wait_for", "settimeout", "timeout", "fail_after", "move_on_after"):
        yield from ((f"{name}.timeout", value) for value in call.args[-1:])


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip


def _number(node: ast.expr) -> float | None:
    """A number as it is written, or a small sum or product; None, where a limit, is no limit."""
    if isinstance(node, ast.Constant):
        if node.value is None:
            return math.inf
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return None
        return float(node.value) if abs(node.value) < 1e15 else None
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = _number(node.left), _number(node.right)
        if left is not None and right is not None and math.inf not in (left, right):
            return _ARITHMETIC[type(node.op)](left, right)
    return None


# --- other languages ---------------------------------------------------------------------

_SETTING = re.compile(
    r"(?P<name>[A-Za-z_$][\w$.]*)\s*(?:[:=]|=>|:=|\()\s*(?P<value>\d[\d_]*(?:\.\d+)?"
    r"(?:\s*\*\s*\d[\d_]*)*)\s*(?:[*)\]},;.]|$)"
)


def _text(source: str, name: str) -> _Places:
    places: _Places = {}
    for number, line in enumerate(blanked(source, name).split("\n"), 1):
        for found in _SETTING.finditer(line) if len(line) < 1000 else ():
            last = found["name"].rpartition(".")[2]
            if _LIMIT.search(last):
                factors = re.findall(r"\d[\d_]*(?:\.\d+)?", found["value"])
                value = math.prod(float(one.replace("_", "")) for one in factors)
                places.setdefault(found["name"], []).append((value, number))
    return places
