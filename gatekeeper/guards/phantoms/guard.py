"""Guard `phantoms`: imports, names, attributes and arguments that do not exist.

What a model makes up often lies on a path that no test takes. Only what is wholly known is
judged: modules that build their names, classes with foreign bases, guarded imports are free.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, Evidence, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.phantoms.calls import misfits
from gatekeeper.guards.phantoms.exports import missing_exports
from gatekeeper.guards.phantoms.symbols import World, unbound
from gatekeeper.intake.python_code import PythonCode
from gatekeeper.ports import Guard, Tree

_Missing = tuple[int, str, bool]
"""Line, what is missing (the rest of a sentence), and whether that is sure."""


def known_symbols(evidence: Evidence) -> Guard:
    """A guard on symbols in new code that exist neither in the tree nor in the image."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        world = World(after, evidence.modules or None)  # no image has none
        for file in changed_files(candidate, before, after):
            found = _python(file, world) if file.python else missing_exports(file, after)
            for line, what, sure in sorted(set(found)):
                message = f"line {line} of `{file.path}` {what}: use what exists, or add it."
                level = Level.BLOCK if sure else Level.WARN
                yield Finding("phantoms", level, message, file.path, line)

    return look


def _python(file: ChangedFile, world: World) -> Iterator[_Missing]:
    code = file.python
    if code is None:
        return
    guarded = {id(node) for node in _guarded(code.tree)}
    for node in file.new_nodes(ast.Import):
        if id(node) not in guarded:
            for alias in node.names:
                yield from _import(file, world, node.lineno, alias.name)
    for from_ in file.new_nodes(ast.ImportFrom):
        if id(from_) not in guarded:
            yield from _from(file, world, from_)
    yield from _names(file, code)
    yield from _module_attributes(file, code, world)
    yield from _own_attributes(file, code, world)
    yield from ((line, what, True) for line, what in misfits(file, code, world))


# --- imports -----------------------------------------------------------------------------


def _guarded(tree: ast.Module) -> Iterator[ast.AST]:
    """Imports that are for another Python, machine or package, or may fail."""
    for node in ast.walk(tree):
        handled = isinstance(node, ast.Try) and any(_catches(one) for one in node.handlers)
        suppressed = isinstance(node, ast.With) and "suppress" in ast.unparse(node.items[0])
        asked = isinstance(node, ast.If) and _ELSEWHERE.search(ast.unparse(node.test)) is not None
        if asked or handled or suppressed:
            yield from ast.walk(node)


_ELSEWHERE = re.compile(
    r"TYPE_CHECKING|version|platform|os\.name|implementation|\bPY\d|find_spec|modules|has_|have_|\b[A-Z_]*(?:HAS|HAVE|AVAILABLE|INSTALLED|ENABLED)[A-Z_]*\b|\btyping\b"
)
"""Conditions that ask for another Python, machine or package."""


def _catches(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "Exception"
    return (
        re.search(r"ImportError|ModuleNotFoundError|Exception|AttributeError", caught) is not None
    )


def _import(file: ChangedFile, world: World, line: int, module: str) -> Iterator[_Missing]:
    top = module.partition(".")[0]
    known = world.can_import(top)
    if not known:
        if not re.search(rf"\b{re.escape(top)}\b", file.before) and not world.mentions(
            top, file.path
        ):
            where = "installed in the image" if known is False else "declared anywhere"
            what = f"imports `{top}`, which is neither in the tree nor {where}"
            yield line, what, known is False
    elif world.module(file.path, module, 0) == "" and f"{module}" not in file.before:
        yield line, f"imports `{module}`, which the package `{top}` does not have", True


def _from(file: ChangedFile, world: World, node: ast.ImportFrom) -> Iterator[_Missing]:
    module = node.module or ""
    if node.level == 0:
        missing = list(_import(file, world, node.lineno, module))
        yield from missing
        if missing:
            return
    path = world.module(file.path, module, node.level)
    if path == "":
        if node.level:
            written = "." * node.level + module
            yield node.lineno, f"imports from `{written}`, which does not exist", True
        return
    there = file.python_before.imports.values() if file.python_before else ()
    old = {found.name for found in there}
    for alias in node.names if path else ():
        if alias.name not in ("*", *old) and path and world.lacks(path, alias.name):
            yield node.lineno, f"imports `{alias.name}`, which `{path}` does not define", True


# --- names -------------------------------------------------------------------------------


def _names(file: ChangedFile, code: PythonCode) -> Iterator[_Missing]:
    missing = unbound(file.after) - unbound(file.before)
    if not missing:
        return
    annotations = {id(node) for one in ast.walk(code.tree) for node in _annotated(one)}
    for name in file.new_nodes(ast.Name):
        used = isinstance(name.ctx, ast.Load) and id(name) not in annotations
        if name.id in missing and used and name.lineno in file.added:
            yield name.lineno, f"uses `{name.id}`, which nothing defines", True


def _annotated(node: ast.AST) -> Iterator[ast.AST]:
    for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if isinstance(part, ast.AST):
            yield from ast.walk(part)


def _rebound(code: PythonCode) -> set[str]:
    """Names that something else than an import binds somewhere in the file."""
    names = {node.arg for node in ast.walk(code.tree) if isinstance(node, ast.arg)}
    names |= {
        node.id for node in ast.walk(code.tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }  # fmt: skip
    return names


def _module_attributes(file: ChangedFile, code: PythonCode, world: World) -> Iterator[_Missing]:
    """`module.name` of a module of the tree that does not have the name."""
    rebound = _rebound(code)
    guarded = {id(node) for node in _guarded(code.tree)}
    for node in file.new_nodes(ast.Attribute):
        owner = node.value
        if not isinstance(owner, ast.Name) or owner.id in rebound or id(node) in guarded:
            continue
        found = code.imports.get(owner.id)
        if found is None or not isinstance(node.ctx, ast.Load) or "hasattr" in file.after:
            continue
        module = ".".join(part for part in (found.module, found.name) if part)
        if not found.name and module != owner.id and "." in module:
            continue  # `import a.b` binds `a`, and what `a.b.c` then is takes more
        path = world.module(file.path, module, found.level)
        if path and node.lineno in file.added and world.lacks(path, node.attr):
            yield (
                node.lineno,
                f"uses `{owner.id}.{node.attr}`, which `{path}` does not define",
                True,
            )


# --- attributes of a class ---------------------------------------------------------------

_MAGIC = re.compile(
    r"__getattr|__dict__|__slots__|setattr\(|vars\(|namedtuple|attrs?\b|locals\(|metaclass|__set_name__"
)


def _own_attributes(file: ChangedFile, code: PythonCode, world: World) -> Iterator[_Missing]:
    """`self.name` that no code of the tree ever sets or defines."""
    if _MAGIC.search(file.after):
        return
    new = {id(node) for node in file.new_nodes(ast.Attribute)}
    for class_ in (node for node in ast.walk(code.tree) if isinstance(node, ast.ClassDef)):
        if not _wholly_known(class_, code):
            continue
        for node in ast.walk(class_):
            if (
                id(node) in new
                and isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Load)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
                and not _said(node.attr, code)
                and not world.mentions(node.attr, file.path)
                and not hasattr(object, node.attr)
            ):
                what = f"uses `self.{node.attr}`, which `{class_.name}` never gets"
                yield node.lineno, what, True


def _wholly_known(class_: ast.ClassDef, code: PythonCode) -> bool:
    if class_.keywords or class_.decorator_list:
        return False
    for base in class_.bases:
        if not isinstance(base, ast.Name):
            return False
        parent = code.nodes.get(base.id)
        if base.id != "object" and not (
            isinstance(parent, ast.ClassDef)
            and parent is not class_
            and _wholly_known(parent, code)
        ):
            return False
    return True


def _said(name: str, code: PythonCode) -> bool:
    """Whether the file binds the name anywhere, or writes it as text."""
    for node in ast.walk(code.tree):
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Store() | ast.Del()) if attr == name:
                return True
            case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own) if own == name:
                return True
            case ast.ClassDef(name=own) | ast.Name(id=own) | ast.arg(arg=own) if own == name:
                return True
            case ast.Constant(value=str(text)) if name in text:
                return True
            case ast.keyword(arg=own) if own == name:
                return True
            case _:
                pass
    return False
