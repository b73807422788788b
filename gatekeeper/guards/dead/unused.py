"""New Python imports, definitions, variables and parameters that nothing uses."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.plain_code import language
from gatekeeper.intake.python_code import PythonCode
from gatekeeper.ports import Tree

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_HOOK = re.compile(
    r"__\w+__|_|(?:visit|do|on|handle|depart|test|pytest|setup|teardown|before|after|get|set|is|has"
    r"|clean|validate|to|from|as)_\w+|main|setup|run|call|forward|ready|upgrade|downgrade"
)


def unused_imports(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """New imports whose name stands nowhere else in the file."""
    if file.path.endswith("__init__.py") or file.python is None:
        return
    words = Counter(re.findall(r"\w+", file.after))
    lines = file.after.splitlines()
    fresh: list[ast.Import | ast.ImportFrom] = [*file.new_nodes(ast.Import)]
    fresh += [one for one in file.new_nodes(ast.ImportFrom) if one.module != "__future__"]
    for node in fresh:
        for alias in node.names:
            name = (alias.asname or alias.name).partition(".")[0]
            usual = alias.asname == alias.name or name in ("*", "_")
            noted = "noqa" in lines[alias.lineno - 1] or "type: ignore" in lines[alias.lineno - 1]
            once = 2 if alias.name.split(".").count(name) and alias.asname else 1
            if not usual and not noted and words[name] <= once and alias.lineno in file.added:
                yield alias.lineno, f"imports `{name}`, which nothing here uses"


def unused_names(file: ChangedFile, after: Tree) -> Iterator[tuple[int, str]]:
    """New functions, methods and classes that no file names, and locals that nothing reads."""
    code = file.python
    if code is None:
        return
    old = set(file.python_before.nodes) if file.python_before else set()
    for name, node in code.nodes.items():
        if name in old or not isinstance(node, _Function | ast.ClassDef):
            continue
        if node.lineno in file.added and _free_standing(name, node, code):
            own = len(re.findall(rf"\b{re.escape(node.name)}\b", file.after))
            if own == 1 and not _named_elsewhere(node.name, file.path, after):
                yield node.lineno, f"defines `{name}`, which nothing uses"
    fresh = {id(node) for node in file.new_nodes(ast.Assign)}
    for function in (one for one in ast.walk(code.tree) if isinstance(one, _Function)):
        if any(id(node) in fresh for node in ast.walk(function)):
            yield from _unread(function, fresh)


def _free_standing(
    name: str, node: _Function | ast.ClassDef, code: PythonCode
) -> bool:  # fmt: skip
    """Whether nobody but the tree's own code would use it: no hook, override or decorator."""
    if node.decorator_list or _HOOK.fullmatch(node.name):
        return False
    parent = code.nodes.get(name.rpartition(".")[0])
    if isinstance(parent, ast.ClassDef):
        return not parent.bases and not parent.decorator_list
    return not (isinstance(node, ast.ClassDef) and node.bases)


def _named_elsewhere(name: str, path: str, tree: Tree) -> bool:
    wanted = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
    return any(
        wanted.search(tree.read(other) or b"")
        for other in tree.paths()
        if other != path and (language(other) or other.endswith(_SPEAKING))
    )


_SPEAKING = (".md", ".rst", ".txt", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".json", ".html")


def _unread(function: _Function, fresh: set[int]) -> Iterator[tuple[int, str]]:
    """Plain assignments to locals that nothing reads."""
    nodes = list(ast.walk(function))
    words = {node.id for node in nodes if isinstance(node, ast.Name)}
    if {"locals", "eval", "exec", "vars"} & words:
        return
    outer = {n for one in nodes if isinstance(one, ast.Global | ast.Nonlocal) for n in one.names}
    classes = {id(part) for one in nodes if isinstance(one, ast.ClassDef) for part in one.body}
    read = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
    for node in nodes:
        if not isinstance(node, ast.Assign) or id(node) not in fresh or id(node) in classes:
            continue
        for target in node.targets:
            name = target.id if isinstance(target, ast.Name) else "_"
            if not name.startswith("_") and name not in read | outer:
                yield node.lineno, f"sets `{name}`, which nothing reads"


def unused_parameters(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """Parameters that were added to a function and that its body does not use."""
    before, after = file.python_before, file.python
    for name, node in after.nodes.items() if after and before else ():
        old = before.nodes.get(name) if before else None
        if not isinstance(node, _Function) or not isinstance(old, _Function):
            continue
        parent = after.nodes.get(name.rpartition(".")[0]) if after else None
        overrides = isinstance(parent, ast.ClassDef) and parent.bases
        if node.decorator_list or overrides or _stub(node):
            continue
        words = {
            one.id for part in node.body for one in ast.walk(part) if isinstance(one, ast.Name)
        }
        there = {arg.arg for arg in _parameters(old)}
        for arg in _parameters(node):
            if arg.arg not in words | there | {"self", "cls"} and not arg.arg.startswith("_"):
                yield arg.lineno, f"adds the parameter `{arg.arg}`, which `{name}` does not use"


def _parameters(function: _Function) -> list[ast.arg]:
    spec = function.args
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]


def _stub(function: _Function) -> bool:
    """A body that does nothing is an interface; `locals()` uses every parameter."""
    last = function.body[-1]
    if any(isinstance(one, ast.Name) and one.id == "locals" for one in ast.walk(function)):
        return True
    return isinstance(last, ast.Raise | ast.Pass) or (
        isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant)
    )
