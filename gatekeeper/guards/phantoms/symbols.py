"""What there is to import and to name in a tree: its Python modules and what they bind."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from gatekeeper.intake.python_code import PythonCode, parse
from gatekeeper.ports import Tree

_MODULE = re.compile(r"(?P<name>\w+)(?:\.[\w-]+)*\.(?:py|pyi|pyx|so|pyd|c|cpp|rs)")
_DYNAMIC = re.compile(
    r"\b(?:globals|vars|locals|exec|eval|setattr|__import__)\s*\(|sys\.modules|__getattr__|__path__"
    r"|\blazy_?\w*\s*\(|\bimport \*|\bextend_path\b"
)
_ROOTS = ("", "src", "lib", "python")


@dataclass(frozen=True)
class World:
    """The Python side of a tree. `installed`: top-level modules of the image, None if unknown."""

    tree: Tree
    installed: frozenset[str] | None = None
    _codes: dict[str, PythonCode | None] = field(default_factory=dict)

    @cached_property
    def own(self) -> frozenset[str]:
        """Every name under which a module or a folder of the tree might be imported."""
        names: set[str] = set()
        for path in self.tree.paths():
            *folders, name = path.split("/")
            found = _MODULE.fullmatch(name)
            if found:
                names.update((found["name"], *folders))
        return frozenset(names)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder of the tree."""
        return frozenset(
            path[:at] for path in self.tree.paths() for at, char in enumerate(path) if char == "/"
        )

    def code(self, path: str) -> PythonCode | None:
        """A file, parsed once."""
        if path not in self._codes:
            self._codes[path] = parse(self.tree.read(path) or b"")
        return self._codes[path]

    def can_import(self, top: str) -> bool | None:
        """Whether a top-level module exists; None where the image is not known."""
        if top in sys.stdlib_module_names or top in self.own or top == "__main__":
            return True
        return None if self.installed is None else top in self.installed

    def mentions(self, word: str, besides: str) -> bool:
        """Whether Python code or packaging in another file has this word."""
        wanted = re.compile(rb"(?<![\w])" + re.escape(word.encode()) + rb"(?![\w])")
        return any(
            wanted.search(self.tree.read(path) or b"")
            for path in self.tree.paths()
            if path != besides and path.endswith((".py", ".pyi", ".toml", ".cfg", ".txt", ".in"))
        )

    def module(self, importer: str, module: str, level: int) -> str | None:
        """The one file that an import means, or the package's `__init__.py`.

        "" if none is there where it must be; None where that cannot be said.
        """
        if level:
            folder = importer.split("/")[:-level]
            base = "/".join([*folders_of(module, folder)])
            return self._at(base) if len(importer.split("/")) > level else None
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names:
            return None
        for root in dict.fromkeys((*_ROOTS, self._root_of(importer))):
            start = f"{root}/{top}" if root else top
            if f"{start}/__init__.py" in self.tree.paths():
                return self._at("/".join(folders_of(module, root.split("/") if root else [])))
        return None

    def _root_of(self, path: str) -> str:
        """The folder from which the file's own package is imported."""
        folder = path.rpartition("/")[0]
        while folder and f"{folder}/__init__.py" in self.tree.paths():
            folder = folder.rpartition("/")[0]
        return folder

    def _at(self, base: str) -> str | None:
        for path in (f"{base}.py", f"{base}/__init__.py"):
            if path in self.tree.paths():
                return path
        if base in self.folders or not base or _generated(base):
            return None
        stem = f"{base}."
        return None if any(path.startswith(stem) for path in self.tree.paths()) else ""

    def lacks(self, path: str, name: str) -> bool:
        """Whether the module plainly does not have the name, not even as a submodule."""
        code = self.code(path)
        if code is None or name.startswith("__"):
            return False
        source = (self.tree.read(path) or b"").decode("utf-8", "replace")
        if _DYNAMIC.search(source) or name in bound(code.tree):
            return False
        folder = path.removesuffix("__init__.py")
        if folder != path:
            inside = f"{folder}{name}"
            return not _generated(inside) and inside not in self.folders and not any(
                one.startswith(f"{inside}.") for one in self.tree.paths()
            )  # fmt: skip
        return True


def folders_of(module: str, start: list[str]) -> Iterator[str]:
    """The parts of a module's path below a folder."""
    yield from start
    yield from (part for part in module.split(".") if part)


def _generated(base: str) -> bool:
    """Whether a file of this name is usually made by the build."""
    return re.search(r"(?:_pb2\w*|_?version|_build|_generated|parser|lexer)$", base) is not None


def bound(tree: ast.Module) -> frozenset[str]:
    """The names that the module itself binds, under whatever condition."""
    names: set[str] = set()
    open_: list[ast.AST] = [tree]
    while open_:
        node = open_.pop()
        names.update(_binds(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            inner = (one for one in ast.walk(node) if isinstance(one, ast.Global))
            names.update(name for one in inner for name in one.names)
        else:
            open_.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _binds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from ((one.asname or one.name).partition(".")[0] for one in node.names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case _:
            pass


_GIVEN = frozenset(dir(builtins)) | {
    "__file__", "__path__", "__builtins__", "__module__", "__qualname__", "__annotations__",
    "__class__", "__cached__", "WindowsError", "reveal_type", "_", "PythonFinalizationError",
    "__conditional_annotations__", "__annotate__", "__classdict__", "get_ipython",
}  # fmt: skip
_OTHER_PYTHONS = re.compile(
    r"\bPY[23]\b|version_info|\bNameError\b|\bimport \*|\bexec\(|globals\(\)|locals\(\)"
    r"|\bbuiltins\b"
)


def unbound(source: str) -> frozenset[str]:
    """Global names that the code uses and nothing binds; none where that cannot be told."""
    if _OTHER_PYTHONS.search(source):
        return frozenset()
    try:
        table = symtable.symtable(source, "module", "exec")
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    there = bound(tree) | _GIVEN
    return frozenset(name for name in _global_names(table) if name not in there)


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    module = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (module or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_names(child)
